//! The audit trail: written once, never changed, cleared away when it is old.

use super::sql::{Row, Work, sql};
use super::{Store, StoreError};
use crate::audit::Record;

/// How long a record is kept: 90 days.
const KEEP_MS: i64 = 90 * 24 * 60 * 60 * 1_000;
/// How many old records one new record clears away, so that no request pays for all of them.
const CLEARED_PER_RECORD_MAX: usize = 10;

impl Store {
    /// Writes one record.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, record: &Record) -> Result<(), StoreError> {
        let mut work = self.pool.write().await?;
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
        .execute(&mut work)
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
    let old = sql("SELECT id FROM audit WHERE at_ms < ? ORDER BY at_ms LIMIT 10")
        .bind(now_ms.saturating_sub(KEEP_MS))
        .fetch_all(work)
        .await?;
    for row in old.iter().take(CLEARED_PER_RECORD_MAX) {
        sql("DELETE FROM audit WHERE id = ?").bind(&row.text("id")?).execute(work).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, at_ms: i64) -> Record {
        Record {
            id: id.to_owned(),
            at_ms,
            caller: Some("ci".to_owned()),
            address: "10.0.0.1".to_owned(),
            proxy: None,
            action: "POST /offline".to_owned(),
            kind: Some("offline".to_owned()),
            target: Some("IP 10.0.0.2".to_owned()),
            reason: None,
            status: 200,
            outcome: "done".to_owned(),
            entry: Some("offline-1".to_owned()),
            suppressed: 0,
        }
    }

    #[tokio::test]
    async fn records_are_read_as_written_and_old_ones_go_some_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        for n in 0..25 {
            store.audit(&record(&format!("old-{n:02}"), n)).await.unwrap();
        }
        assert_eq!(store.audited_since(24, 5).await.unwrap(), [record("old-24", 24)]);
        let newest = store.audited_since(0, 2).await.unwrap();
        assert_eq!(newest, [record("old-24", 24), record("old-23", 23)]);
        for (n, left) in [(1, 16), (2, 7), (3, 3), (4, 4)] {
            store.audit(&record(&format!("new-{n}"), KEEP_MS + 25)).await.unwrap();
            assert_eq!(store.audited_since(0, 500).await.unwrap().len(), left);
        }
        store.close().await;
    }
}
