//! What every database must do, run on each: SQLite always, MariaDB and PostgreSQL where their servers are installed
//! (`./test` sees to that).

mod audit;
mod cases;
mod nodes;
mod servers;

use super::Store;
use crate::config::DatabaseServer;

/// Stores of one kind: each call opens another node's on the same database.
pub(super) struct Database {
    folder: tempfile::TempDir,
    server: Option<DatabaseServer>,
}

impl Database {
    async fn node(&self, owner: &str) -> Store {
        match &self.server {
            None => Store::open(self.folder.path()).await.unwrap(),
            Some(server) => {
                let pool = super::place::server(server).await.unwrap();
                Store::ready(pool, "test", owner).await.unwrap()
            }
        }
    }
}

impl Database {
    /// The file, as if nodes shared it: statements about claims are the same on all databases.
    async fn owned_by(&self, owner: &str) -> Store {
        let pool = super::place::file(self.folder.path()).await.unwrap();
        Store::ready(pool, "test", owner).await.unwrap()
    }
}

/// A new database each time it is called.
pub(super) trait Databases {
    async fn fresh(&mut self) -> Database;
}

struct Sqlite;

impl Databases for Sqlite {
    async fn fresh(&mut self) -> Database {
        Database { folder: tempfile::tempdir().unwrap(), server: None }
    }
}

#[tokio::test]
async fn sqlite() {
    cases::all(&mut Sqlite).await;
    let database = Sqlite.fresh().await;
    let (a, b) = (database.owned_by("a").await, database.owned_by("b").await);
    nodes::a_drain_does_not_die_with_its_node(&a, &b).await;
}

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs mariadbd (apt: mariadb-server); ./test runs it"]
async fn mariadb() {
    let mut databases = servers::MariaDb::start().await;
    cases::all(&mut databases).await;
    nodes::all(&mut databases).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's initdb and postgres (apt: postgresql); ./test runs it"]
async fn postgresql() {
    let mut databases = servers::Postgres::start().await;
    cases::all(&mut databases).await;
    nodes::all(&mut databases).await;
}
