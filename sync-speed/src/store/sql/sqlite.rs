//! SQLite's connections and transactions.
//!
//! A connection is a thread of its own, and asking it costs more than most statements do: a transaction keeps what
//! nobody waits for and sends it with the next statement whose outcome is looked at, at the latest with its COMMIT.

use std::mem;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Either, Executor, Sqlite, SqlitePool};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use super::statement::{Statement, bound, sql};
use crate::store::StoreError;
use crate::store::dialect::{SQLITE_READ, SQLITE_WRITE};
use crate::store::place::WAIT_MAX;

/// Statements that are kept at most.
const LATER_MAX: usize = 32;

/// Connections to one file.
#[derive(Clone)]
pub(in crate::store) struct File {
    readers: SqlitePool,
    /// One connection, since it knows the pages that it has written; another one would read them anew.
    writer: SqlitePool,
    /// SQLite has one writer, and who finds another one there sleeps and looks again: here they queue. A mutex of tokio's,
    /// because it is held while the database works.
    queue: Arc<Mutex<()>>,
}

impl File {
    pub(in crate::store) fn new(readers: SqlitePool, writer: SqlitePool) -> Self {
        Self { readers, writer, queue: Arc::default() }
    }

    /// For what is not part of a transaction.
    pub(in crate::store) fn pool(&self) -> &SqlitePool {
        &self.readers
    }

    pub(super) async fn read(&self) -> Result<Batch, StoreError> {
        Batch::begin(&self.readers, &[SQLITE_READ], None).await
    }

    /// What it commits is on the disk.
    pub(super) async fn write(&self) -> Result<Batch, StoreError> {
        Batch::begin(&self.writer, &["PRAGMA synchronous = FULL", SQLITE_WRITE], Some(self.turn().await?)).await
    }

    /// What it commits survives the process, and is on the disk with the next commit of the other kind.
    pub(super) async fn note(&self) -> Result<Batch, StoreError> {
        Batch::begin(&self.writer, &["PRAGMA synchronous = NORMAL", SQLITE_WRITE], Some(self.turn().await?)).await
    }

    async fn turn(&self) -> Result<OwnedMutexGuard<()>, StoreError> {
        let turn = timeout(WAIT_MAX, Arc::clone(&self.queue).lock_owned()).await;
        turn.map_err(|_| StoreError::Sql(sqlx::Error::PoolTimedOut))
    }

    pub(super) async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

/// A transaction. Dropped without [`Batch::commit`], nothing of it happened.
pub(in crate::store) struct Batch {
    /// Until it is over.
    connection: Option<PoolConnection<Sqlite>>,
    /// In this order, before anything else.
    later: Vec<Statement>,
    /// Whether the connection has heard of it.
    is_begun: bool,
    /// Of a writer, until it is over.
    turn: Option<OwnedMutexGuard<()>>,
}

impl Batch {
    async fn begin(
        pool: &SqlitePool,
        how: &[&'static str],
        turn: Option<OwnedMutexGuard<()>>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            connection: Some(pool.acquire().await?),
            later: how.iter().map(|how| sql(how)).collect(),
            is_begun: false,
            turn,
        })
    }

    /// A statement whose outcome nobody looks at. If it fails, a later one says so.
    pub(super) async fn later(&mut self, statement: Statement) -> Result<(), StoreError> {
        if self.later.len() >= LATER_MAX {
            self.send(statement).await?;
        } else {
            self.later.push(statement);
        }
        Ok(())
    }

    /// How many rows the statement changed.
    pub(super) async fn execute(&mut self, statement: Statement) -> Result<u64, StoreError> {
        Ok(self.send(statement).await?.changed)
    }

    pub(super) async fn fetch_all(&mut self, statement: Statement) -> Result<Vec<SqliteRow>, StoreError> {
        Ok(self.send(statement).await?.rows)
    }

    /// The rows of each statement; that was all.
    pub(super) async fn fetch_each(mut self, statements: Vec<Statement>) -> Result<Vec<Vec<SqliteRow>>, StoreError> {
        let count = statements.len();
        self.later.extend(statements);
        let mut outcomes = self.send_all(sql("COMMIT")).await?;
        self.is_begun = false;
        // The last one is the COMMIT's.
        outcomes.pop();
        let before = outcomes.len().saturating_sub(count);
        Ok(outcomes.into_iter().skip(before).map(|outcome| outcome.rows).collect())
    }

    /// Without values, and not prepared.
    pub(super) async fn raw(&mut self, text: String) -> Result<(), StoreError> {
        if let Some(last) = self.later.pop() {
            self.send(last).await?;
        }
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **connection(&mut self.connection)?).await?;
        Ok(())
    }

    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        self.send(sql("COMMIT")).await?;
        self.is_begun = false;
        Ok(())
    }

    /// All that was kept, and this: its outcome.
    async fn send(&mut self, last: Statement) -> Result<Outcome, StoreError> {
        Ok(self.send_all(last).await?.pop().unwrap_or_default())
    }

    /// All that was kept, and this: what each came to.
    async fn send_all(&mut self, last: Statement) -> Result<Vec<Outcome>, StoreError> {
        self.later.push(last);
        let (mut text, mut values) = (String::new(), Vec::new());
        for statement in mem::take(&mut self.later) {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(statement.text);
            values.extend(statement.values);
        }
        self.is_begun = true;
        let query = bound(sqlx::query(AssertSqlSafe(text)), values);
        let mut sent = connection(&mut self.connection)?.fetch_many(query);
        let (mut outcomes, mut rows) = (Vec::new(), Vec::new());
        while let Some(part) = sent.try_next().await? {
            match part {
                Either::Left(done) => {
                    outcomes.push(Outcome { rows: mem::take(&mut rows), changed: done.rows_affected() });
                }
                Either::Right(row) => rows.push(row),
            }
        }
        Ok(outcomes)
    }
}

/// What a statement came to.
#[derive(Default)]
struct Outcome {
    rows: Vec<SqliteRow>,
    changed: u64,
}

fn connection(of: &mut Option<PoolConnection<Sqlite>>) -> Result<&mut PoolConnection<Sqlite>, StoreError> {
    of.as_mut().ok_or(StoreError::Sql(sqlx::Error::PoolClosed))
}

impl Drop for Batch {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take().filter(|_| self.is_begun) else { return };
        let Ok(runtime) = Handle::try_current() else {
            // Closing it takes back what it has begun.
            connection.close_on_drop();
            return;
        };
        let turn = self.turn.take();
        runtime.spawn(async move {
            if sqlx::query("ROLLBACK").execute(&mut *connection).await.is_err() {
                // It never began, or SQLite has taken it back by itself: a new connection knows nothing of it.
                connection.close_on_drop();
            }
            drop(turn);
        });
    }
}

#[cfg(test)]
mod tests;
