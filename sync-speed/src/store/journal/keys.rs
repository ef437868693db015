//! Names of requests: one that was sent before under the same name is the same.

use crate::entry::Entry;
use crate::store::sql::{Work, sql};
use crate::store::{Store, StoreError};

/// How long a request may be repeated under its name: a day.
const KEY_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;

impl Store {
    /// The entry of a request that was sent before under the same name, and not too long ago. One that failed has let go
    /// of its name: nothing of it holds, and who asks again means it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entry_by_key(&self, key: &str, now_ms: i64) -> Result<Option<Entry>, StoreError> {
        let row = sql("SELECT number FROM entries WHERE idempotency_key = ? AND created_ms >= ? AND state <> 'failed'")
            .bind(key)
            .bind(now_ms.saturating_sub(KEY_KEPT_MS))
            .read_optional(&self.pool)
            .await?;
        match row {
            Some(row) => self.entry_by_number(row.int("number")?).await,
            None => Ok(None),
        }
    }
}

/// The same name may be used again after a while, and after a failure.
pub(super) async fn forget_old_key(work: &mut Work, key: &str, now_ms: i64) -> Result<(), StoreError> {
    sql("UPDATE entries SET idempotency_key = NULL WHERE idempotency_key = ? AND (created_ms < ? OR state = 'failed')")
        .bind(key)
        .bind(now_ms.saturating_sub(KEY_KEPT_MS))
        .later(work)
        .await?;
    Ok(())
}
