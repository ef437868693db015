//! An entry as JSON: the same for `POST /offline`, `POST /online` and `GET /offline/{id}`. Structs, not maps: the
//! order of the fields is the one in which a person reads them.

use std::collections::BTreeMap;

use eurus_model::InstanceStatus;
use serde::Serialize;

use crate::entry::{Ack, Drain, Entry, EntryState, InstanceRecord, NodeRecord, Planned, Step};

#[derive(Serialize)]
pub(super) struct Answer<'a> {
    id: &'a str,
    kind: &'static str,
    state: &'static str,
    /// Some gateway is still being told: the state may become `done`. Or it failed, and is still being undone.
    #[serde(skip_serializing_if = "is_false")]
    retrying: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    instances: Vec<Instance<'a>>,
    gateways: Vec<Gateway<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped: Vec<Skipped<'a>>,
    /// How waiting for requests under way stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    drain: Option<&'a Drain>,
    /// When the instances are brought back by themselves.
    #[serde(skip_serializing_if = "Option::is_none", rename = "expiresAt")]
    expires_ms: Option<i64>,
    /// The rolling offline that this is a share of.
    #[serde(skip_serializing_if = "Option::is_none", rename = "partOf")]
    part_of: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Instance<'a> {
    app: &'a str,
    instance_id: &'a str,
    ip: &'a str,
    port: i32,
    /// As the registry showed it last.
    status: &'static str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

#[derive(Serialize)]
struct Gateway<'a> {
    node: &'a str,
    outcome: String,
    attempts: u32,
    latency_ms: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Skipped<'a> {
    app: &'a str,
    instance_id: &'a str,
    reason: Option<&'a str>,
}

/// Among others: also when it was asked, from where and why.
#[derive(Serialize)]
pub(super) struct Listed<'a> {
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(flatten)]
    entry: Answer<'a>,
}

/// Where it was asked from is for who may read the audit trail.
pub(super) fn listed(one: &Entry, says_from_where: bool) -> Listed<'_> {
    let caller = says_from_where.then_some(one.caller.as_str());
    Listed { at: one.created_ms, caller, reason: reason(&one.request), entry: entry(one) }
}

/// Of the body as it was sent.
fn reason(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.get("reason")?.as_str().map(str::to_owned)
}

pub(super) fn entry(entry: &Entry) -> Answer<'_> {
    Answer {
        id: &entry.id,
        kind: entry.kind.as_str(),
        state: entry.state_in_words(),
        retrying: entry.state == EntryState::Notifying || entry.is_uncertain() || entry.is_rolling(),
        note: entry.note.as_deref(),
        instances: instances(entry),
        gateways: gateways(entry),
        skipped: entry.instances.iter().filter(|instance| instance.step == Step::Skipped).map(skipped).collect(),
        drain: entry.drain.as_ref(),
        expires_ms: entry.expires_ms,
        part_of: entry.part_of.map(|number| format!("{}-{number}", entry.kind)),
    }
}

/// Of a rolling one: what the last share did that dealt with an instance, and those whose turn has not come.
pub(super) fn instances(entry: &Entry) -> Vec<Instance<'_>> {
    let mut by_name = BTreeMap::new();
    for planned in entry.plan.iter().flat_map(|plan| &plan.instances) {
        by_name.insert((planned.app.as_str(), planned.instance_id.as_str()), to_come(planned));
    }
    for one in entry.instances.iter().filter(|instance| instance.step != Step::Skipped) {
        by_name.insert((one.app.as_str(), one.instance_id.as_str()), instance(one));
    }
    by_name.into_values().collect()
}

fn to_come(planned: &Planned) -> Instance<'_> {
    Instance {
        app: &planned.app,
        instance_id: &planned.instance_id,
        ip: &planned.registration.ip,
        port: planned.port,
        status: InstanceStatus::Unknown.as_str(),
        outcome: Step::Pending.as_str(),
        detail: None,
    }
}

fn instance(instance: &InstanceRecord) -> Instance<'_> {
    Instance {
        app: &instance.app,
        instance_id: &instance.instance_id,
        ip: &instance.registration.ip,
        port: instance.port,
        status: instance.status.as_str(),
        outcome: instance.step.as_str(),
        detail: instance.detail.as_deref(),
    }
}

pub(super) fn skipped(instance: &InstanceRecord) -> Skipped<'_> {
    Skipped { app: &instance.app, instance_id: &instance.instance_id, reason: instance.detail.as_deref() }
}

/// One line per node, whatever the number of instances: the worst outcome, the longest latency.
fn gateways(entry: &Entry) -> Vec<Gateway<'_>> {
    let mut by_node: BTreeMap<&str, Vec<&NodeRecord>> = BTreeMap::new();
    for record in &entry.nodes {
        by_node.entry(&record.node).or_default().push(record);
    }
    by_node.into_iter().filter_map(|(node, records)| gateway(node, &records)).collect()
}

/// `None` only without a record.
fn gateway<'a>(node: &'a str, records: &[&NodeRecord]) -> Option<Gateway<'a>> {
    let worst = records.iter().map(|record| &record.ack).max_by_key(|ack| ack.severity())?;
    let all_acknowledged = records.iter().all(|record| record.latency_us.is_some());
    let longest_us = records.iter().filter_map(|record| record.latency_us).max().filter(|_| all_acknowledged);
    Some(Gateway {
        node,
        outcome: Ack::to_string(worst),
        attempts: records.iter().map(|record| record.attempts).max()?,
        latency_ms: longest_us.map(milliseconds),
    })
}

/// With microseconds as decimals.
#[allow(clippy::cast_precision_loss)] // A latency is far below 2^52 microseconds.
fn milliseconds(latency_us: i64) -> f64 {
    latency_us as f64 / 1_000.0
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(node: &str, ack: Ack, attempts: u32, latency_us: Option<i64>) -> NodeRecord {
        NodeRecord {
            node: node.to_owned(),
            group: "GW".to_owned(),
            app: "A".to_owned(),
            instance_id: "a".to_owned(),
            address: None,
            ack,
            attempts,
            latency_us,
        }
    }

    #[test]
    fn one_line_per_node_with_the_worst() {
        let quick = record("g", Ack::Applied, 1, Some(1_250));
        let slow = record("g", Ack::Applied, 2, Some(2_000));
        let failing = record("g", Ack::Retrying("connection refused".to_owned()), 3, None);
        let line = |records: &[&NodeRecord]| serde_json::to_string(&gateway("g", records)).unwrap();
        assert_eq!(line(&[&quick, &slow]), r#"{"node":"g","outcome":"applied","attempts":2,"latency_ms":2.0}"#);
        assert_eq!(
            line(&[&quick, &failing, &slow]),
            r#"{"node":"g","outcome":"retrying: connection refused","attempts":3,"latency_ms":null}"#
        );
    }
}
