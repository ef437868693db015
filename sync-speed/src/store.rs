//! The SQL store: gateway groups and the journal. SQLite, one file, written ahead and synced: what was acknowledged
//! survives a power cut.
//!
//! | module | what |
//! |---|---|
//! | `schema` | migrations, embedded |
//! | `groups` | application → gateway groups |
//! | `journal` | entries: recorded, answered by the registry, acknowledged by nodes |
//! | `journal_read` | reading them back |

mod groups;
mod journal;
mod journal_read;
mod schema;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

pub use journal::{NewEntry, NodeUpdate, RegistryAnswer};

/// Connections to the file. SQLite has one writer; the others read beside it.
const CONNECTIONS_MAX: u32 = 4;
/// How long a request waits for a connection, or for the writer before it.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// The file in the data directory.
const FILE: &str = "sync-speed.db";

/// Handle on the store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: SqlitePool,
}

/// The store did not do it.
#[derive(Debug)]
pub enum StoreError {
    /// The file cannot be opened or made.
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A statement failed.
    Sql(sqlx::Error),
    /// A row holds what this version never writes.
    Corrupt(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { path, reason } => write!(
                f,
                "sync-speed cannot open its database {}: {reason}; is the folder there and writable? (--data-dir)",
                path.display()
            ),
            Self::Sql(error) => write!(f, "sync-speed's database failed: {error}"),
            Self::Corrupt(what) => write!(f, "sync-speed's database holds what it should not: {what}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl Store {
    /// Opens the file in the data directory; makes both when they are missing.
    ///
    /// # Errors
    /// [`StoreError::Open`] in one line for a person.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let path = data_dir.join(FILE);
        let cannot = |reason: &dyn fmt::Display| StoreError::Open { path: path.clone(), reason: reason.to_string() };
        // At start-up, before anything is served: blocking here delays nobody.
        std::fs::create_dir_all(data_dir).map_err(|error| cannot(&error))?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(WAIT_MAX);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(WAIT_MAX)
            .connect_with(options)
            .await
            .map_err(|error| cannot(&error))?;
        schema::migrate(&pool).await.map_err(|error| cannot(&error))?;
        Ok(Self { pool })
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1 FROM entries LIMIT 1").fetch_optional(&self.pool).await?;
        Ok(())
    }

    /// Closes all connections; what is written stays.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
