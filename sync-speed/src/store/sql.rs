//! One small way to speak SQL to SQLite, MySQL and PostgreSQL: statements with `?`, whole numbers and text, rows read
//! by column name. What differs between the databases is in here and in `dialect`; the rest of the store does not
//! know which one it has.
//!
//! | module | what |
//! |---|---|
//! | `statement` | a statement with its values, and where it runs |
//! | `row` | a row, read by column name |
//! | `sqlite` | SQLite's connections and transactions |

mod row;
mod sqlite;
mod statement;

#[cfg(any(feature = "mysql", feature = "postgres"))]
use sqlx::Transaction;

use super::StoreError;
#[cfg(any(feature = "mysql", feature = "postgres"))]
use super::dialect;
use super::dialect::Dialect;
pub(super) use row::Row;
pub(super) use sqlite::{Batch, File};
pub(super) use statement::{Statement, Value, raw, sql};

/// Connections to one database.
#[derive(Clone)]
pub(super) enum Pool {
    Sqlite(File),
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlPool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

/// A transaction. Dropped without [`Work::commit`], nothing of it happened.
pub(super) enum Work {
    Sqlite(Batch),
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
            Self::Sqlite(file) => Work::Sqlite(file.write().await?),
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => Work::MySql(begun(pool, dialect::MYSQL_WRITE).await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => Work::Postgres(begun(pool, dialect::POSTGRES_WRITE).await?),
        })
    }

    /// To write what is done already, and would be done again, or be missed by nobody, if the power went before the next
    /// [`Self::write`] is committed; the end of this process loses none of it. SQLite does not wait for the disk then.
    pub(super) async fn note(&self) -> Result<Work, StoreError> {
        match self {
            Self::Sqlite(file) => Ok(Work::Sqlite(file.note().await?)),
            #[cfg(any(feature = "mysql", feature = "postgres"))]
            _ => self.write().await,
        }
    }

    /// To read several things as they were at one moment.
    pub(super) async fn read(&self) -> Result<Work, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Work::Sqlite(file.read().await?),
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => Work::MySql(begun(pool, dialect::MYSQL_READ).await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => Work::Postgres(begun(pool, dialect::POSTGRES_READ).await?),
        })
    }

    /// The rows of each statement, as they were at one moment.
    pub(super) async fn read_each(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, StoreError> {
        match self.read().await? {
            Work::Sqlite(batch) => {
                let each = batch.fetch_each(statements).await?;
                Ok(each.into_iter().map(|rows| rows.into_iter().map(Row::Sqlite).collect()).collect())
            }
            #[cfg(any(feature = "mysql", feature = "postgres"))]
            mut work => {
                let mut each = Vec::with_capacity(statements.len());
                for statement in statements {
                    each.push(statement.fetch_all(&mut work).await?);
                }
                Ok(each)
            }
        }
    }

    /// Closes all connections; what is committed stays.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(file) => file.close().await,
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A transaction that has begun. In a task of its own: whoever gives up waiting does not break it off in the middle, where
/// sqlx takes it for one that has not begun, and hands the connection with the open transaction to the next one.
#[cfg(any(feature = "mysql", feature = "postgres"))]
async fn begun<D: sqlx::Database>(
    pool: &sqlx::Pool<D>,
    how: &'static str,
) -> Result<Transaction<'static, D>, StoreError> {
    let pool = pool.clone();
    match tokio::spawn(async move { pool.begin_with(how).await }).await {
        Ok(begun) => Ok(begun?),
        Err(_) => Err(StoreError::Sql(sqlx::Error::BeginFailed)),
    }
}

impl Work {
    /// From here on it is durable, as far as the database is.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(batch) => batch.commit().await?,
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => transaction.commit().await?,
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}
