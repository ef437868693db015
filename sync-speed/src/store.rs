//! The SQL store: gateway groups and the journal. SQLite embedded, one file, written ahead, and synced before anything is
//! sent; or MySQL, MariaDB or PostgreSQL by URL, shared by several sync-speed nodes. What was acknowledged survives a
//! power cut, as far as the database's own settings keep what it has committed.
//!
//! | module | what |
//! |---|---|
//! | `place` | which database, and how it is opened |
//! | `sql`, `dialect` | one way to speak to all of them, and what differs |
//! | `schema` | migrations, embedded |
//! | `groups` | application → gateway groups |
//! | `journal` | entries: recorded, answered by the registry, acknowledged by nodes |
//! | `journal_read` | reading them back |
//! | `holding` | offlines that hold, and what ends them |
//! | `audit` | the audit trail |
//! | `claims` | which node works on an entry, and until when |
//! | `turns` | one request at a time for an application, also between nodes |
//! | `announced` | gateways that announced themselves |
//! | `read_last` | a small table as it was read last |
//! | `live` | what holds now, for a gateway that starts |
//! | `error` | why the store did not do it |

mod announced;
mod audit;
mod claims;
mod dialect;
mod error;
mod facts;
mod groups;
mod holding;
mod journal;
mod journal_read;
mod live;
mod place;
mod read_last;
mod schema;
mod sql;
#[cfg(test)]
mod tests;
mod turns;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::broadcast;

use crate::config::DatabaseConfig;
use crate::nodes::Announced;
pub use announced::Remembered;
pub(crate) use claims::RENEW_EVERY_MS;
pub use error::StoreError;
pub use holding::Held;
pub(crate) use holding::KeptOut;
pub use journal::{NewEntry, NodeUpdate, RegistryAnswer};
pub use live::{LIVE_MARKS_MAX, LiveMark};
use read_last::ReadLast;
use sql::Pool;
pub use turns::SharedTurn;

/// Changes that a slow listener may be behind.
const CHANGES_KEPT: usize = 1_024;

/// Handle on the store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    /// Under which name this process claims entries.
    owner: Arc<str>,
    known_groups: ReadLast<groups::Groups>,
    known_announced: ReadLast<Vec<(Announced, i64)>>,
    /// Numbers of entries that this process has changed.
    changes: broadcast::Sender<i64>,
}

impl Store {
    /// SQLite, in the data directory; makes folder and file when they are missing.
    ///
    /// # Errors
    /// [`StoreError::Open`] in one line for a person.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        Self::ready(place::file(data_dir).await?, &data_dir.display().to_string(), "").await
    }

    /// The database that is configured. `owner`: this node's name among those that share it; the same after a restart,
    /// so that a node finds its own entries again.
    ///
    /// # Errors
    /// [`StoreError::Open`] in one line for a person.
    pub async fn configured(config: &DatabaseConfig, data_dir: &Path, owner: &str) -> Result<Self, StoreError> {
        match config {
            DatabaseConfig::Embedded => Self::open(data_dir).await,
            DatabaseConfig::Server(server) => {
                Self::ready(place::server(server).await?, &server.to_string(), owner).await
            }
        }
    }

    async fn ready(pool: Pool, at: &str, owner: &str) -> Result<Self, StoreError> {
        if let Err(error) = schema::migrate(&pool).await {
            return Err(StoreError::Open { at: at.to_owned(), reason: error.to_string() });
        }
        Ok(Self {
            pool,
            owner: Arc::from(owner),
            known_groups: ReadLast::default(),
            known_announced: ReadLast::default(),
            changes: broadcast::Sender::new(CHANGES_KEPT),
        })
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sql::sql("SELECT id FROM entries WHERE number = 0").read_optional(&self.pool).await?;
        Ok(())
    }

    /// Takes SQLite's log over into its file, beside requests. A database server does that by itself.
    ///
    /// # Errors
    /// When the database fails: the log grows until it succeeds, or until a commit has to do it.
    pub(crate) async fn checkpoint(&self) -> Result<(), StoreError> {
        if !self.is_shared() {
            sql::sql("PRAGMA wal_checkpoint(PASSIVE)").read_all(&self.pool).await?;
        }
        Ok(())
    }

    /// Whether other nodes may work on the same journal.
    pub fn is_shared(&self) -> bool {
        self.pool.dialect().is_shared()
    }

    /// Numbers of entries as this process changes them. Whoever falls behind looks at the entry itself.
    pub fn changes(&self) -> broadcast::Receiver<i64> {
        self.changes.subscribe()
    }

    fn changed(&self, number: i64) {
        // Nobody need listen.
        let _ = self.changes.send(number);
    }

    /// Under which name this process claims entries.
    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// Closes all connections; what is written stays.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
