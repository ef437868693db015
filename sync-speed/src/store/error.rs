//! Why the store did not do it.

use std::fmt;

/// The store did not do it.
#[derive(Debug)]
pub enum StoreError {
    /// The database cannot be opened or made.
    Open {
        /// Where it is, without credentials.
        at: String,
        /// What the system or the server said.
        reason: String,
    },
    /// A statement failed.
    Sql(sqlx::Error),
    /// The database did not answer in time. What it was asked may have been done.
    TooLate,
    /// A row holds what this version never writes.
    Corrupt(String),
    /// Another node changes the tables, and did not come to an end in time.
    SchemaLocked,
    /// Another node works on the entry: this one was away for longer than its claim held.
    TakenOver(i64),
}

impl StoreError {
    /// Whether another transaction wrote the same row first.
    pub(crate) fn is_duplicate(&self) -> bool {
        matches!(self, Self::Sql(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// Whether two transactions met, one was given up, and it may be tried again at once.
    pub(super) fn is_conflict(&self) -> bool {
        let Self::Sql(sqlx::Error::Database(error)) = self else { return false };
        // SQLSTATE: serialization failure, deadlock.
        matches!(error.code().as_deref(), Some("40001" | "40P01"))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { at, reason } => write!(
                f,
                "sync-speed cannot open its database {at}: {reason}; is it there, and may it be written? \
                 (--data-dir for the embedded one, eurus.sync-speed.database.url for a server)"
            ),
            Self::Sql(error) => write!(f, "sync-speed's database failed: {error}"),
            Self::TooLate => f.write_str("sync-speed's database did not answer in time"),
            Self::Corrupt(what) => write!(f, "sync-speed's database holds what it should not: {what}"),
            Self::SchemaLocked => f.write_str(
                "another node changes the tables, for 30 s now (lock 'eurus-sync-speed-schema'): start again when it is done",
            ),
            Self::TakenOver(number) => {
                write!(f, "another sync-speed works on entry {number} now: this one was away for too long")
            }
        }
    }
}

impl std::error::Error for StoreError {}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}
