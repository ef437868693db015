//! Which node works on an entry that is not finished. A claim holds for a while and is renewed; a node that is gone
//! loses its entries to another one. Times are by the nodes' clocks: they must agree to within a few seconds, as the
//! numbers of entries rise with them too.

use super::sql::{Work, sql};
use super::{Store, StoreError};

/// How long a claim holds without being renewed.
pub(crate) const CLAIM_MS: i64 = 15_000;
/// How often claims are renewed, and others' looked at.
pub(crate) const RENEW_EVERY_MS: i64 = 5_000;
/// For how long somebody may want to hear what waiting for requests under way came to: longer than any such wait.
const DRAINS_WITHIN_MS: i64 = 24 * 60 * 60 * 1_000;
/// Entries that one look takes over, so that nodes share them.
const TAKEN_AT_ONCE_MAX: usize = 16; // As many as the statements below ask for.

impl Store {
    /// Goes on owning what this node works on.
    ///
    /// # Errors
    /// When the database fails: the claims end when they were not renewed in time.
    pub(crate) async fn renew_claims(&self, now_ms: i64) -> Result<u64, StoreError> {
        let mut work = self.pool.write().await?;
        let renewed =
            sql("UPDATE entries SET owned_until_ms = ? WHERE owner = ? AND state IN ('recorded', 'notifying')")
                .bind(now_ms.saturating_add(CLAIM_MS))
                .bind(&*self.owner)
                .execute(&mut work)
                .await?;
        // Those that are done, and whose requests under way are waited for. By number, which is the time or a little more: so
        // the whole journal need not be looked through.
        let drains = sql("UPDATE entries SET owned_until_ms = ? WHERE number > ? AND owner = ? \
             AND state IN ('done', 'partial') AND drain LIKE '%\"waiting\"%'")
        .bind(now_ms.saturating_add(CLAIM_MS))
        .bind(now_ms.saturating_sub(DRAINS_WITHIN_MS))
        .bind(&*self.owner)
        .execute(&mut work)
        .await?;
        work.commit().await?;
        Ok(renewed + drains)
    }

    /// Whether an entry is this node's still. It may have stood still for longer than its claim held.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn owns(&self, number: i64) -> Result<bool, StoreError> {
        let owned = sql("SELECT number FROM entries WHERE number = ? AND owner = ?").bind(number).bind(&*self.owner);
        Ok(owned.read_optional(&self.pool).await?.is_some())
    }

    /// Something of an entry changes; whether it is this node's. Its row is locked until the commit: whoever takes it over
    /// waits for that.
    pub(super) async fn touch(&self, work: &mut Work, number: i64, now_ms: i64) -> Result<bool, StoreError> {
        let touched = sql("UPDATE entries SET updated_ms = ? WHERE number = ? AND owner = ?")
            .bind(now_ms)
            .bind(number)
            .bind(&*self.owner);
        if !self.is_shared() {
            // Everything is: nobody need wait for an answer.
            touched.later(work).await?;
            return Ok(true);
        }
        Ok(touched.execute(work).await? > 0)
    }

    /// Takes over entries whose node has not renewed its claim: that are not finished, or whose requests under way were
    /// waited for. Adds their numbers, oldest first.
    ///
    /// # Errors
    /// When the database fails; what was taken until then is this node's.
    pub(crate) async fn take_over(&self, now_ms: i64, room: usize, taken: &mut Vec<i64>) -> Result<(), StoreError> {
        let open = sql("SELECT number FROM entries WHERE state IN ('recorded', 'notifying') AND owner <> ? \
             AND owned_until_ms < ? ORDER BY number LIMIT 16")
        .bind(&*self.owner)
        .bind(now_ms)
        .read_all(&self.pool)
        .await?;
        let drains = sql("SELECT number FROM entries WHERE number > ? AND state IN ('done', 'partial') \
             AND drain LIKE '%\"waiting\"%' AND owner <> ? AND owned_until_ms < ? ORDER BY number LIMIT 16")
        .bind(now_ms.saturating_sub(DRAINS_WITHIN_MS))
        .bind(&*self.owner)
        .bind(now_ms)
        .read_all(&self.pool)
        .await?;
        for row in open.iter().chain(&drains).take(TAKEN_AT_ONCE_MAX.min(room)) {
            let number = row.int("number")?;
            if self.take(number, now_ms).await? {
                taken.push(number);
            }
        }
        Ok(())
    }

    /// Again with its condition: another node may have been quicker.
    async fn take(&self, number: i64, now_ms: i64) -> Result<bool, StoreError> {
        let mut work = self.pool.write().await?;
        let mine = sql("UPDATE entries SET owner = ?, owned_until_ms = ? WHERE number = ? AND owned_until_ms < ? \
             AND (state IN ('recorded', 'notifying') OR drain LIKE '%\"waiting\"%') AND state <> 'failed'")
        .bind(&*self.owner)
        .bind(now_ms.saturating_add(CLAIM_MS))
        .bind(number)
        .bind(now_ms)
        .execute(&mut work)
        .await?;
        work.commit().await?;
        Ok(mine == 1)
    }
}
