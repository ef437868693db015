//! One small way to speak SQL to SQLite, MySQL and PostgreSQL: statements with `?`, whole numbers and text, rows read
//! by column name. What differs between the databases is in here and in `dialect`; the rest of the store does not
//! know which one it has.
//!
//! | module | what |
//! |---|---|
//! | `statement` | a statement with its values, and where it runs |
//! | `row` | a row, read by column name |

mod row;
mod statement;

use sqlx::{SqlitePool, Transaction};

use super::dialect::Dialect;
use super::{StoreError, dialect};
pub(super) use row::Row;
pub(super) use statement::{Value, raw, sql};

/// Connections to one database.
#[derive(Clone)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlPool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

/// A transaction. Dropped without [`Work::commit`], nothing of it happened.
pub(super) enum Work {
    Sqlite(Transaction<'static, sqlx::Sqlite>),
    #[cfg(feature = "mysql")]
    MySql(Transaction<'static, sqlx::MySql>),
    #[cfg(feature = "postgres")]
    Postgres(Transaction<'static, sqlx::Postgres>),
}

impl Pool {
    /// Which SQL it speaks.
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Dialect::MySql,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// To write: it sees what is committed when each statement begins.
    pub(super) async fn write(&self) -> Result<Work, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Work::Sqlite(pool.begin_with(dialect::SQLITE_WRITE).await?),
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => Work::MySql(pool.begin().await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => Work::Postgres(pool.begin_with(dialect::POSTGRES_WRITE).await?),
        })
    }

    /// To read several things as they were at one moment.
    pub(super) async fn read(&self) -> Result<Work, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Work::Sqlite(pool.begin().await?),
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => Work::MySql(pool.begin_with(dialect::MYSQL_READ).await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => Work::Postgres(pool.begin_with(dialect::POSTGRES_READ).await?),
        })
    }

    /// Closes all connections; what is committed stays.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Work {
    /// From here on it is durable, as far as the database is.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => transaction.commit().await?,
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}
