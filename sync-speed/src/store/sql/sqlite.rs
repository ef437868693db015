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
    /// What they commit is on the disk.
    synced: SqlitePool,
    /// What they commit survives the process, and is on the disk with the next commit of the others.
    written: SqlitePool,
    /// SQLite has one writer, and who finds another one there sleeps and looks again: here they queue. A mutex of tokio's,
    /// because it is held while the database works.
    writer: Arc<Mutex<()>>,
}

impl File {
    pub(in crate::store) fn new(synced: SqlitePool, written: SqlitePool) -> Self {
        Self { synced, written, writer: Arc::default() }
    }

    /// For what is not part of a transaction.
    pub(in crate::store) fn pool(&self) -> &SqlitePool {
        &self.synced
    }

    pub(super) async fn read(&self) -> Result<Batch, StoreError> {
        Batch::begin(&self.synced, SQLITE_READ, None).await
    }

    /// Its commit waits for the disk.
    pub(super) async fn write(&self) -> Result<Batch, StoreError> {
        Batch::begin(&self.synced, SQLITE_WRITE, Some(self.turn().await?)).await
    }

    /// Its commit does not.
    pub(super) async fn note(&self) -> Result<Batch, StoreError> {
        Batch::begin(&self.written, SQLITE_WRITE, Some(self.turn().await?)).await
    }

    async fn turn(&self) -> Result<OwnedMutexGuard<()>, StoreError> {
        let turn = timeout(WAIT_MAX, Arc::clone(&self.writer).lock_owned()).await;
        turn.map_err(|_| StoreError::Sql(sqlx::Error::PoolTimedOut))
    }

    pub(super) async fn close(&self) {
        self.written.close().await;
        self.synced.close().await;
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
        how: &'static str,
        turn: Option<OwnedMutexGuard<()>>,
    ) -> Result<Self, StoreError> {
        Ok(Self { connection: Some(pool.acquire().await?), later: vec![sql(how)], is_begun: false, turn })
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
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    use super::*;

    async fn file() -> File {
        let options = SqliteConnectOptions::new().in_memory(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        sqlx::raw_sql("CREATE TABLE t (n INTEGER PRIMARY KEY)").execute(&pool).await.unwrap();
        File::new(pool.clone(), pool)
    }

    async fn numbers(file: &File) -> Vec<i64> {
        sqlx::query_scalar("SELECT n FROM t ORDER BY n").fetch_all(file.pool()).await.unwrap()
    }

    fn insert(n: i64) -> Statement {
        sql("INSERT INTO t (n) VALUES (?)").bind(n)
    }

    #[tokio::test]
    async fn what_is_kept_comes_before_what_follows_and_with_the_commit() {
        let file = file().await;
        let mut batch = file.write().await.unwrap();
        for n in 0..100 {
            batch.later(insert(n)).await.unwrap();
        }
        let seen = batch.fetch_all(sql("SELECT n FROM t WHERE n < ?").bind(7)).await.unwrap();
        assert_eq!(seen.len(), 7);
        batch.later(insert(200)).await.unwrap();
        let changed = batch.execute(sql("UPDATE t SET n = n + ? WHERE n < ?").bind(1_000).bind(3)).await.unwrap();
        assert_eq!(changed, 3, "of the last statement alone");
        batch.later(insert(201)).await.unwrap();
        batch.commit().await.unwrap();
        let numbers = numbers(&file).await;
        assert_eq!((numbers.len(), numbers.contains(&201), numbers.contains(&2)), (102, true, false));
    }

    #[tokio::test]
    async fn rows_are_those_of_their_statement() {
        let file = file().await;
        let mut batch = file.write().await.unwrap();
        for n in 0..3 {
            batch.later(insert(n)).await.unwrap();
        }
        batch.commit().await.unwrap();
        let below = |n| sql("SELECT n FROM t WHERE n < ?").bind(n);
        let batch = file.read().await.unwrap();
        let each = batch.fetch_each(vec![below(2), below(0), below(9)]).await.unwrap();
        assert_eq!(each.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0, 3]);
    }

    #[tokio::test]
    async fn without_a_commit_nothing_happened_and_the_connection_serves_on() {
        let file = file().await;
        let mut dropped = file.write().await.unwrap();
        dropped.execute(insert(1)).await.unwrap();
        drop(dropped);
        let mut kept = file.write().await.unwrap();
        kept.later(insert(2)).await.unwrap();
        drop(kept);
        let mut committed = file.write().await.unwrap();
        committed.later(insert(3)).await.unwrap();
        committed.commit().await.unwrap();
        assert_eq!(numbers(&file).await, [3]);
    }

    #[tokio::test]
    async fn writers_queue() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new().filename(folder.path().join("t.db")).create_if_missing(true);
        // Who does not wait here fails at once.
        let options = options.busy_timeout(std::time::Duration::ZERO);
        let pool = || SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
        let file = File::new(pool(), pool());
        sqlx::raw_sql("CREATE TABLE t (n INTEGER PRIMARY KEY)").execute(file.pool()).await.unwrap();
        // Both connections stand.
        file.note().await.unwrap().commit().await.unwrap();
        let mut first = file.write().await.unwrap();
        first.execute(insert(1)).await.unwrap();
        let second = tokio::spawn({
            let file = file.clone();
            async move {
                let mut second = file.note().await?;
                second.later(insert(2)).await?;
                second.commit().await
            }
        });
        for n in 100..200 {
            first.execute(insert(n)).await.unwrap();
        }
        assert!(!second.is_finished(), "the first one is not over");
        drop(first);
        second.await.unwrap().unwrap();
        assert_eq!(numbers(&file).await, [2]);
    }

    #[tokio::test]
    async fn a_statement_that_fails_fails_the_commit() {
        let file = file().await;
        let mut batch = file.write().await.unwrap();
        batch.later(insert(1)).await.unwrap();
        batch.later(insert(1)).await.unwrap();
        assert!(batch.commit().await.unwrap_err().is_duplicate());
        assert!(numbers(&file).await.is_empty());
    }
}
