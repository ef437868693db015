//! Which database, and how it is opened.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::StoreError;
use super::sql::{File, Pool};
use crate::config::{DatabaseServer, ServerKind};

/// Connections to the file that read, beside the one that writes.
const READERS_MAX: u32 = 4;
/// Pages that SQLite's log may have before a commit takes them over into the file, which holds it up: far more than come
/// together between two [`checkpoints`](crate::store::Store::checkpoint).
const LOG_PAGES_MAX: &str = "8000";
/// Connections of one node to a database server.
#[cfg(any(feature = "mysql", feature = "postgres"))]
const SERVER_CONNECTIONS_MAX: u32 = 16;
/// How long a request waits for a connection, for the writer before it, or for a server's answer.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(5);
/// How long a server keeps the locks of a transaction of which it hears nothing: of a node that stands still in the middle of
/// one. Shorter than anybody [waits](WAIT_MAX) for them, so that another node can do its work. What was begun is taken back.
#[cfg(any(feature = "mysql", feature = "postgres"))]
const IN_TRANSACTION_IDLE_MAX: Duration = Duration::from_secs(3);
/// MySQL has no time-out for that: any silence ends the connection. Longer than one is kept that nobody uses.
#[cfg(feature = "mysql")]
const SILENT_MAX: Duration = Duration::from_secs(30);
#[cfg(feature = "mysql")]
const UNUSED_MAX: Duration = Duration::from_secs(20);
/// The file in the data directory.
const FILE: &str = "sync-speed.db";

/// SQLite: what is committed is synced to the disk, each time; but for what is only [noted](Pool::note), which the next
/// commit takes along.
pub(super) async fn file(data_dir: &Path) -> Result<Pool, StoreError> {
    let path = data_dir.join(FILE);
    let cannot = |reason: &dyn fmt::Display| cannot(&path.display(), reason);
    // At start-up, before anything is served: blocking here delays nobody.
    std::fs::create_dir_all(data_dir).map_err(|error| cannot(&error))?;
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", LOG_PAGES_MAX)
        .busy_timeout(WAIT_MAX);
    let writer = connections(options.clone(), 1).await.map_err(|error| cannot(&error))?;
    let readers = connections(options, READERS_MAX).await.map_err(|error| cannot(&error))?;
    Ok(Pool::Sqlite(File::new(readers, writer)))
}

async fn connections(options: SqliteConnectOptions, most: u32) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
        .max_connections(most)
        .acquire_timeout(WAIT_MAX)
        // It is a thread of this process: it is there.
        .test_before_acquire(false)
        .connect_with(options)
        .await
}

/// A database server.
pub(super) async fn server(server: &DatabaseServer) -> Result<Pool, StoreError> {
    match server.kind {
        ServerKind::MySql => mysql(server).await,
        ServerKind::Postgres => postgres(server).await,
    }
}

#[cfg(feature = "mysql")]
async fn mysql(server: &DatabaseServer) -> Result<Pool, StoreError> {
    use sqlx::ConnectOptions as _;
    let mut options: sqlx::mysql::MySqlConnectOptions =
        server.url().parse().map_err(|error: sqlx::Error| cannot(server, &error))?;
    if let Some(username) = &server.username {
        options = options.username(username);
    }
    if let Some(password) = &server.password {
        options = options.password(password.expose());
    }
    let options = options.log_slow_statements(log::LevelFilter::Warn, WAIT_MAX);
    let pool = sqlx::mysql::MySqlPoolOptions::new()
        .max_connections(SERVER_CONNECTIONS_MAX)
        .acquire_timeout(WAIT_MAX)
        .idle_timeout(UNUSED_MAX)
        // Nobody waits for a row's lock for longer than for anything else here.
        .after_connect(|connection, _| {
            Box::pin(async move {
                use sqlx::Executor as _;
                connection.execute("SET SESSION innodb_lock_wait_timeout = 5").await?;
                connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
                let idle = format!("SET SESSION idle_transaction_timeout = {}", IN_TRANSACTION_IDLE_MAX.as_secs());
                if connection.execute(sqlx::AssertSqlSafe(idle)).await.is_err() {
                    // Only MariaDB has it.
                    let silent = format!("SET SESSION wait_timeout = {}", SILENT_MAX.as_secs());
                    connection.execute(sqlx::AssertSqlSafe(silent)).await?;
                }
                Ok(())
            })
        })
        .connect_with(options)
        .await
        .map_err(|error| cannot(server, &error))?;
    Ok(Pool::MySql(pool))
}

#[cfg(not(feature = "mysql"))]
async fn mysql(server: &DatabaseServer) -> Result<Pool, StoreError> {
    Err(cannot(server, &"this program is built without MySQL (cargo feature 'mysql')"))
}

#[cfg(feature = "postgres")]
async fn postgres(server: &DatabaseServer) -> Result<Pool, StoreError> {
    use sqlx::ConnectOptions as _;
    let mut options: sqlx::postgres::PgConnectOptions =
        server.url().parse().map_err(|error: sqlx::Error| cannot(server, &error))?;
    if let Some(username) = &server.username {
        options = options.username(username);
    }
    if let Some(password) = &server.password {
        options = options.password(password.expose());
    }
    let (wait_ms, idle_ms) = (WAIT_MAX.as_millis().to_string(), IN_TRANSACTION_IDLE_MAX.as_millis().to_string());
    let options = options
        .options([
            ("statement_timeout", wait_ms.as_str()),
            ("lock_timeout", wait_ms.as_str()),
            ("idle_in_transaction_session_timeout", idle_ms.as_str()),
        ])
        .log_slow_statements(log::LevelFilter::Warn, WAIT_MAX);
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(SERVER_CONNECTIONS_MAX)
        .acquire_timeout(WAIT_MAX)
        .connect_with(options)
        .await
        .map_err(|error| cannot(server, &error))?;
    Ok(Pool::Postgres(pool))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(server: &DatabaseServer) -> Result<Pool, StoreError> {
    Err(cannot(server, &"this program is built without PostgreSQL (cargo feature 'postgres')"))
}

fn cannot(at: &dyn fmt::Display, reason: &dyn fmt::Display) -> StoreError {
    StoreError::Open { at: at.to_string(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sql::sql;

    /// `PRAGMA synchronous`: 1 NORMAL, 2 FULL.
    #[tokio::test]
    async fn orders_wait_for_the_disk_and_notes_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let pool = file(folder.path()).await.unwrap();
        let mut order = pool.write().await.unwrap();
        let level = sql("PRAGMA synchronous").fetch_optional(&mut order).await.unwrap().unwrap();
        assert_eq!(level.int("synchronous").unwrap(), 2);
        drop(order);
        let mut note = pool.note().await.unwrap();
        let level = sql("PRAGMA synchronous").fetch_optional(&mut note).await.unwrap().unwrap();
        assert_eq!(level.int("synchronous").unwrap(), 1);
    }
}
