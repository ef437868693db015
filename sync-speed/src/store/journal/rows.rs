//! The single rows of an entry.

use crate::entry::{Entry, InstanceRecord, NodeRecord};
use crate::store::StoreError;
use crate::store::journal::NodeUpdate;
use crate::store::sql::{Work, sql};

/// Whose an entry is.
pub(super) struct Claim<'a> {
    pub(super) owner: &'a str,
    pub(super) until_ms: i64,
}

pub(super) async fn insert_entry(
    work: &mut Work,
    entry: &Entry,
    claim: Claim<'_>,
    key: Option<&str>,
) -> Result<(), StoreError> {
    sql("INSERT INTO entries \
         (number, id, kind, request, caller, state, note, created_ms, updated_ms, owner, owned_until_ms, \
          idempotency_key, expires_ms, rolling, part_of, drain) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    .bind(entry.number)
    .bind(&entry.id)
    .bind(entry.kind.as_str())
    .bind(&entry.request)
    .bind(&entry.caller)
    .bind(entry.state.as_str())
    .bind(entry.note.as_deref())
    .bind(entry.created_ms)
    .bind(entry.updated_ms)
    .bind(claim.owner)
    .bind(claim.until_ms)
    .bind(key)
    .bind(entry.expires_ms)
    .bind(json(entry.plan.as_ref())?.as_deref())
    .bind(entry.part_of)
    .bind(json(entry.drain.as_ref())?.as_deref())
    .later(work)
    .await?;
    Ok(())
}

fn json<T: serde::Serialize>(value: Option<&T>) -> Result<Option<String>, StoreError> {
    value.map(|value| serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))).transpose()
}

pub(super) async fn insert_instance(work: &mut Work, number: i64, instance: &InstanceRecord) -> Result<(), StoreError> {
    sql("INSERT INTO entry_instances \
         (number, app, instance_id, ip, port, service_up_ms, status_before, status, step, detail) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    .bind(number)
    .bind(&instance.app)
    .bind(&instance.instance_id)
    .bind(&instance.registration.ip)
    .bind(i64::from(instance.port))
    .bind(instance.registration.service_up_ms)
    .bind(instance.status_before.as_str())
    .bind(instance.status.as_str())
    .bind(instance.step.as_str())
    .bind(instance.detail.as_deref())
    .later(work)
    .await?;
    Ok(())
}

pub(super) async fn update_instance(work: &mut Work, number: i64, instance: &InstanceRecord) -> Result<(), StoreError> {
    sql("UPDATE entry_instances SET ip = ?, service_up_ms = ?, status_before = ?, status = ?, step = ?, detail = ? \
         WHERE number = ? AND app = ? AND instance_id = ?")
    .bind(&instance.registration.ip)
    .bind(instance.registration.service_up_ms)
    .bind(instance.status_before.as_str())
    .bind(instance.status.as_str())
    .bind(instance.step.as_str())
    .bind(instance.detail.as_deref())
    .bind(number)
    .bind(&instance.app)
    .bind(&instance.instance_id)
    .later(work)
    .await?;
    Ok(())
}

/// A node that has left and comes again is there once.
pub(super) async fn insert_node(work: &mut Work, number: i64, node: &NodeRecord) -> Result<(), StoreError> {
    sql("DELETE FROM entry_nodes WHERE number = ? AND node = ? AND group_name = ? AND app = ? AND instance_id = ?")
        .bind(number)
        .bind(&node.node)
        .bind(&node.group)
        .bind(&node.app)
        .bind(&node.instance_id)
        .later(work)
        .await?;
    sql("INSERT INTO entry_nodes \
         (number, node, group_name, app, instance_id, address, outcome, detail, attempts, latency_us) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    .bind(number)
    .bind(&node.node)
    .bind(&node.group)
    .bind(&node.app)
    .bind(&node.instance_id)
    .bind(node.address.map(|address| address.to_string()).as_deref())
    .bind(node.ack.as_str())
    .bind(node.ack.detail())
    .bind(i64::from(node.attempts))
    .bind(node.latency_us)
    .later(work)
    .await?;
    Ok(())
}

pub(super) async fn update_node(work: &mut Work, update: &NodeUpdate) -> Result<(), StoreError> {
    sql("UPDATE entry_nodes SET outcome = ?, detail = ?, attempts = ?, latency_us = ? \
         WHERE number = ? AND node = ? AND group_name = ? AND app = ? AND instance_id = ?")
    .bind(update.ack.as_str())
    .bind(update.ack.detail())
    .bind(i64::from(update.attempts))
    .bind(update.latency_us)
    .bind(update.number)
    .bind(&update.node)
    .bind(&update.group)
    .bind(&update.app)
    .bind(&update.instance_id)
    .later(work)
    .await?;
    Ok(())
}
