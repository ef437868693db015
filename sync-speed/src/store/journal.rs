//! Writing the journal. Each function is one transaction.

use sqlx::{Sqlite, Transaction};

use super::{Store, StoreError};
use crate::entry::{Ack, Entry, EntryState, InstanceRecord, NodeRecord};
use crate::request::Request;

/// How long a finished entry is kept: 30 days.
const KEEP_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How many old entries one new entry clears away, so that no request pays for all of them.
const CLEARED_PER_ENTRY_MAX: i64 = 10;

/// What is recorded before anything is sent.
pub struct NewEntry<'a> {
    /// What was asked.
    pub request: &'a Request,
    /// What will be dealt with, and what is left out.
    pub instances: Vec<InstanceRecord>,
    /// Now.
    pub now_ms: i64,
}

/// What is recorded once the registry has answered.
pub struct RegistryAnswer<'a> {
    /// The entry.
    pub number: i64,
    /// Its instances after the registry's answers.
    pub instances: &'a [InstanceRecord],
    /// The nodes to be told.
    pub nodes: &'a [NodeRecord],
    /// What this adds up to.
    pub state: EntryState,
    /// For a person.
    pub note: Option<&'a str>,
    /// Now.
    pub now_ms: i64,
}

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
    /// Records an entry and gives it the next number: above the last one, and never below the clock, so that it rises
    /// even when the file was lost.
    ///
    /// # Errors
    /// When the database fails; nothing may be sent then.
    pub async fn record(&self, new: NewEntry<'_>) -> Result<Entry, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let (last,): (Option<i64>,) =
            sqlx::query_as("SELECT max(number) FROM entries").fetch_one(&mut *transaction).await?;
        let number = new.now_ms.max(last.map_or(0, |last| last.saturating_add(1)));
        let entry = Entry {
            number,
            id: format!("{}-{number}", new.request.kind),
            kind: new.request.kind,
            request: new.request.body.clone(),
            caller: new.request.caller.to_string(),
            state: EntryState::Recorded,
            note: None,
            created_ms: new.now_ms,
            updated_ms: new.now_ms,
            instances: new.instances,
            nodes: Vec::new(),
        };
        insert_entry(&mut transaction, &entry).await?;
        for instance in &entry.instances {
            upsert_instance(&mut transaction, number, instance).await?;
        }
        clear_old(&mut transaction, new.now_ms).await?;
        transaction.commit().await?;
        Ok(entry)
    }

    /// Records what the registry did and which nodes are to be told.
    ///
    /// # Errors
    /// When the database fails; the entry is still `recorded` then and is finished after a restart.
    pub async fn registry_answered(&self, answer: RegistryAnswer<'_>) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for instance in answer.instances {
            upsert_instance(&mut transaction, answer.number, instance).await?;
        }
        for node in answer.nodes {
            insert_node(&mut transaction, answer.number, node).await?;
        }
        sqlx::query("UPDATE entries SET state = ?, note = ?, updated_ms = ? WHERE number = ?")
            .bind(answer.state.as_str())
            .bind(answer.note)
            .bind(answer.now_ms)
            .bind(answer.number)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Records nodes that have come up while their entry was open, before they are told.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn nodes_came(&self, came: &[(i64, NodeRecord)], now_ms: i64) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for (number, node) in came {
            insert_node(&mut transaction, *number, node).await?;
            touch(&mut transaction, *number, now_ms).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Records what calls came to, and the state of entries that are finished by it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn nodes_answered(
        &self,
        updates: &[NodeUpdate],
        finished: &[(i64, EntryState)],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for update in updates {
            update_node(&mut transaction, update, now_ms).await?;
        }
        for (number, state) in finished {
            sqlx::query("UPDATE entries SET state = ?, updated_ms = ? WHERE number = ?")
                .bind(state.as_str())
                .bind(now_ms)
                .bind(number)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

async fn insert_entry(transaction: &mut Transaction<'_, Sqlite>, entry: &Entry) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO entries (number, id, kind, request, caller, state, note, created_ms, updated_ms) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(entry.number)
    .bind(&entry.id)
    .bind(entry.kind.as_str())
    .bind(&entry.request)
    .bind(&entry.caller)
    .bind(entry.state.as_str())
    .bind(&entry.note)
    .bind(entry.created_ms)
    .bind(entry.updated_ms)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn upsert_instance(
    transaction: &mut Transaction<'_, Sqlite>,
    number: i64,
    instance: &InstanceRecord,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT OR REPLACE INTO entry_instances \
         (number, app, instance_id, ip, port, service_up_ms, status_before, status, step, detail) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(number)
    .bind(&instance.app)
    .bind(&instance.instance_id)
    .bind(&instance.registration.ip)
    .bind(instance.port)
    .bind(instance.registration.service_up_ms)
    .bind(instance.status_before.as_str())
    .bind(instance.status.as_str())
    .bind(instance.step.as_str())
    .bind(&instance.detail)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn insert_node(
    transaction: &mut Transaction<'_, Sqlite>,
    number: i64,
    node: &NodeRecord,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT OR REPLACE INTO entry_nodes \
         (number, node, group_name, app, instance_id, address, outcome, detail, attempts, latency_us) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(number)
    .bind(&node.node)
    .bind(&node.group)
    .bind(&node.app)
    .bind(&node.instance_id)
    .bind(node.address.map(|address| address.to_string()))
    .bind(node.ack.as_str())
    .bind(node.ack.detail())
    .bind(node.attempts)
    .bind(node.latency_us)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn update_node(
    transaction: &mut Transaction<'_, Sqlite>,
    update: &NodeUpdate,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE entry_nodes SET outcome = ?, detail = ?, attempts = ?, latency_us = ? \
         WHERE number = ? AND node = ? AND group_name = ? AND app = ? AND instance_id = ?",
    )
    .bind(update.ack.as_str())
    .bind(update.ack.detail())
    .bind(update.attempts)
    .bind(update.latency_us)
    .bind(update.number)
    .bind(&update.node)
    .bind(&update.group)
    .bind(&update.app)
    .bind(&update.instance_id)
    .execute(&mut **transaction)
    .await?;
    touch(transaction, update.number, now_ms).await
}

async fn touch(transaction: &mut Transaction<'_, Sqlite>, number: i64, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE entries SET updated_ms = ? WHERE number = ?")
        .bind(now_ms)
        .bind(number)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn clear_old(transaction: &mut Transaction<'_, Sqlite>, now_ms: i64) -> Result<(), StoreError> {
    // Numbers are epoch milliseconds or a little above: the primary key finds the oldest.
    sqlx::query(
        "DELETE FROM entries WHERE number IN (SELECT number FROM entries \
         WHERE number < ? AND state NOT IN ('recorded', 'notifying') ORDER BY number LIMIT ?)",
    )
    .bind(now_ms.saturating_sub(KEEP_MS))
    .bind(CLEARED_PER_ENTRY_MAX)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
