//! One request at a time for an application, also between nodes that share a database: what is asked first has the
//! lower number, and reaches the registry first. An embedded database has one process, whose own order suffices.

use std::collections::BTreeSet;

use super::sql::sql;
use super::{Store, StoreError};

/// A turn that was given by the database.
#[derive(Debug)]
pub struct SharedTurn {
    holder: String,
    apps: BTreeSet<String>,
}

impl Store {
    /// Takes the turn for all of these applications, or none of them. `holder` is this request's alone; it ends by
    /// itself, so that a node that is gone holds nobody up for long.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn take_turn(
        &self,
        apps: &BTreeSet<String>,
        holder: &str,
        (now_ms, until_ms): (i64, i64),
    ) -> Result<Option<SharedTurn>, StoreError> {
        match self.try_take_turn(apps, holder, (now_ms, until_ms)).await {
            // Two nodes met at the same row: the other one has it.
            Err(error) if error.is_conflict() || error.is_duplicate() => Ok(None),
            taken => taken,
        }
    }

    async fn try_take_turn(
        &self,
        apps: &BTreeSet<String>,
        holder: &str,
        (now_ms, until_ms): (i64, i64),
    ) -> Result<Option<SharedTurn>, StoreError> {
        let mut work = self.pool.write().await?;
        for app in apps {
            let taken = sql("UPDATE turns SET holder = ?, until_ms = ? WHERE app = ? AND until_ms < ?")
                .bind(holder)
                .bind(until_ms)
                .bind(app)
                .bind(now_ms)
                .execute(&mut work)
                .await?;
            if taken == 1 {
                continue;
            }
            if sql("SELECT app FROM turns WHERE app = ?").bind(app).fetch_optional(&mut work).await?.is_some() {
                return Ok(None);
            }
            sql("INSERT INTO turns (app, holder, until_ms) VALUES (?, ?, ?)")
                .bind(app)
                .bind(holder)
                .bind(until_ms)
                .execute(&mut work)
                .await?;
        }
        work.commit().await?;
        Ok(Some(SharedTurn { holder: holder.to_owned(), apps: apps.clone() }))
    }

    /// Lets the next one have it.
    ///
    /// # Errors
    /// When the database fails: it ends by itself then.
    pub(crate) async fn give_turn_back(&self, turn: &SharedTurn) -> Result<(), StoreError> {
        let mut work = self.pool.write().await?;
        for app in &turn.apps {
            sql("UPDATE turns SET until_ms = 0 WHERE app = ? AND holder = ?")
                .bind(app)
                .bind(&turn.holder)
                .execute(&mut work)
                .await?;
        }
        work.commit().await
    }
}
