//! The audit trail: written once, never changed, cleared away when it is old.

use super::sql::{Row, Work, sql};
use super::{Store, StoreError};
use crate::audit::Record;

/// How long a record is kept: 90 days.
pub(super) const KEEP_MS: i64 = 90 * 24 * 60 * 60 * 1_000;

impl Store {
    /// Writes one record.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, record: &Record) -> Result<(), StoreError> {
        // The log and the journal have the request too, should the power take this.
        let mut work = self.pool.note().await?;
        sql(
            "INSERT INTO audit (id, at_ms, caller, address, proxy, action, kind, target, reason, status, outcome, entry, \
             suppressed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&record.id)
        .bind(record.at_ms)
        .bind(record.caller.as_deref())
        .bind(&record.address)
        .bind(record.proxy.as_deref())
        .bind(&record.action)
        .bind(record.kind.as_deref())
        .bind(record.target.as_deref())
        .bind(record.reason.as_deref())
        .bind(record.status)
        .bind(&record.outcome)
        .bind(record.entry.as_deref())
        .bind(record.suppressed)
        .later(&mut work)
        .await?;
        clear_old(&mut work, record.at_ms).await?;
        work.commit().await
    }

    /// Records since a moment, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audited_since(&self, since_ms: i64, limit: i64) -> Result<Vec<Record>, StoreError> {
        let rows = sql("SELECT * FROM audit WHERE at_ms >= ? ORDER BY at_ms DESC, id DESC LIMIT ?")
            .bind(since_ms)
            .bind(limit)
            .read_all(&self.pool)
            .await?;
        rows.iter().map(record_of).collect()
    }
}

fn record_of(row: &Row) -> Result<Record, StoreError> {
    Ok(Record {
        id: row.text("id")?,
        at_ms: row.int("at_ms")?,
        caller: row.maybe_text("caller")?,
        address: row.text("address")?,
        proxy: row.maybe_text("proxy")?,
        action: row.text("action")?,
        kind: row.maybe_text("kind")?,
        target: row.maybe_text("target")?,
        reason: row.maybe_text("reason")?,
        status: row.int("status")?,
        outcome: row.text("outcome")?,
        entry: row.maybe_text("entry")?,
        suppressed: row.int("suppressed")?,
    })
}

async fn clear_old(work: &mut Work, now_ms: i64) -> Result<(), StoreError> {
    // Ten at a time, so that no request pays for all of them.
    sql("DELETE FROM audit WHERE id IN (SELECT id FROM (SELECT id FROM audit WHERE at_ms < ? ORDER BY at_ms LIMIT 10) old)")
        .bind(now_ms.saturating_sub(KEEP_MS))
        .later(work)
        .await
}
