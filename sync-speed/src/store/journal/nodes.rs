//! What becomes of the gateways' nodes: those that come up, and what their calls came to.

use std::collections::BTreeSet;

use super::TRIES_MAX;
use super::rows::{insert_node, update_node};
use crate::entry::{Ack, EntryState, NodeRecord};
use crate::store::sql::sql;
use crate::store::{Store, StoreError};

/// What one node's call came to.
#[derive(Clone, Debug)]
pub struct NodeUpdate {
    /// The entry.
    pub number: i64,
    /// Instance id of the gateway.
    pub node: String,
    /// Its group.
    pub group: String,
    /// Application of the instance.
    pub app: String,
    /// The instance.
    pub instance_id: String,
    /// What became of it.
    pub ack: Ack,
    /// Calls so far.
    pub attempts: u32,
    /// Set with an acknowledgement.
    pub latency_us: Option<i64>,
}

impl Store {
    /// Records nodes that have come up while their entry was open, before they are told. Of an entry that another node
    /// has taken over nothing is recorded: that one finds them too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn nodes_came(&self, came: &[(i64, NodeRecord)], now_ms: i64) -> Result<(), StoreError> {
        let mut work = self.pool.write().await?;
        for (number, node) in came {
            if self.touch(&mut work, *number, now_ms).await? {
                insert_node(&mut work, *number, node).await?;
            }
        }
        work.commit().await?;
        came.iter().for_each(|(number, _)| self.changed(*number));
        Ok(())
    }

    /// Records what calls came to, and the state of entries that are finished by it. Of an entry that another node has
    /// taken over nothing is recorded: that one asks the gateways itself.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn nodes_answered(
        &self,
        updates: &[NodeUpdate],
        finished: &[(i64, EntryState)],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut tries = 0;
        loop {
            match self.try_nodes_answered(updates, finished, now_ms).await {
                Err(error) if error.is_conflict() && tries < TRIES_MAX => tries += 1,
                written => return written,
            }
        }
    }

    async fn try_nodes_answered(
        &self,
        updates: &[NodeUpdate],
        finished: &[(i64, EntryState)],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        // What gateways have done is done: should the power take this, they are told again. What is answered as the
        // entry's state stays.
        let mut work = match finished.is_empty() {
            true => self.pool.note().await?,
            false => self.pool.write().await?,
        };
        let mut mine = BTreeSet::new();
        for number in updates.iter().map(|update| update.number).collect::<BTreeSet<i64>>() {
            if self.touch(&mut work, number, now_ms).await? {
                mine.insert(number);
            }
        }
        for update in updates.iter().filter(|update| mine.contains(&update.number)) {
            update_node(&mut work, update).await?;
        }
        for (number, state) in finished {
            sql("UPDATE entries SET state = ?, updated_ms = ? WHERE number = ? AND owner = ?")
                .bind(state.as_str())
                .bind(now_ms)
                .bind(*number)
                .bind(&*self.owner)
                .later(&mut work)
                .await?;
        }
        work.commit().await?;
        updates.iter().for_each(|update| self.changed(update.number));
        finished.iter().for_each(|(number, _)| self.changed(*number));
        Ok(())
    }
}
