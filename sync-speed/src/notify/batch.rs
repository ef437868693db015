//! All that one entry has to tell: to whom now, and about what to nodes that come up later.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::gateway::Order;
use crate::entry::{Entry, InstanceRecord, NodeRecord, Step};
use crate::request::Kind;

/// Gateway groups by application, upper case.
pub type GroupsByApp = BTreeMap<String, BTreeSet<String>>;

/// One node to be told about one instance.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) node: String,
    pub(super) group: String,
    pub(super) address: SocketAddr,
    pub(super) kind: Kind,
    pub(super) order: Order,
    pub(super) attempts: u32,
}

/// One instance, and who knows of it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) order: Order,
    pub(super) groups: BTreeSet<String>,
    /// Group and node; without those that have left.
    pub(super) known: BTreeSet<(String, String)>,
    /// Whether there was ever somebody to be told.
    pub(super) had_node: bool,
}

/// All calls of one entry.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) number: i64,
    pub(super) kind: Kind,
    /// Something else of this entry did not succeed: it cannot become `done`.
    pub(super) incomplete: bool,
    /// Until when calls are repeated, and nodes that come up are told.
    pub(super) deadline_ms: i64,
    pub(super) targets: Vec<Target>,
    pub(super) calls: Vec<Call>,
}

impl Target {
    /// It has gateway groups, and none of them had a node.
    pub(super) fn is_untold(&self) -> bool {
        !self.groups.is_empty() && !self.had_node
    }

    pub(super) fn call(&self, kind: Kind, node: &NodeRecord) -> Option<Call> {
        Some(Call {
            node: node.node.clone(),
            group: node.group.clone(),
            address: node.address?,
            kind,
            order: self.order.clone(),
            attempts: node.attempts,
        })
    }
}

impl Batch {
    /// What is left to be told of an entry.
    pub(super) fn of(entry: &Entry, groups: &GroupsByApp, deadline_ms: i64) -> Self {
        let done = entry.instances.iter().filter(|instance| instance.step == Step::Done);
        let targets: Vec<Target> = done.map(|instance| target_of(entry, instance, groups)).collect();
        let calls = targets.iter().flat_map(|target| calls_of(entry, target)).collect();
        let incomplete =
            entry.instances.iter().any(|instance| matches!(instance.step, Step::Refused | Step::Uncertain))
                || entry.nodes.iter().any(|node| node.ack.is_failed());
        Self { number: entry.number, kind: entry.kind, incomplete, deadline_ms, targets, calls }
    }

    /// Whether it deals with the instance of an order.
    pub(super) fn is_about(&self, order: &Order) -> bool {
        self.targets.iter().any(|target| target.order.is_about_the_instance_of(order))
    }
}

fn target_of(entry: &Entry, instance: &InstanceRecord, groups: &GroupsByApp) -> Target {
    let known: BTreeSet<(String, String)> =
        nodes_of(entry, instance).map(|node| (node.group.clone(), node.node.clone())).collect();
    Target {
        order: Order {
            entry: entry.id.clone(),
            number: entry.number,
            application: instance.app.clone(),
            instance_id: instance.instance_id.clone(),
            registration: instance.registration.clone(),
        },
        groups: groups.get(&instance.app).cloned().unwrap_or_default(),
        had_node: !known.is_empty(),
        known,
    }
}

fn nodes_of<'a>(entry: &'a Entry, instance: &'a InstanceRecord) -> impl Iterator<Item = &'a NodeRecord> {
    entry.nodes.iter().filter(|node| node.app == instance.app && node.instance_id == instance.instance_id)
}

fn calls_of<'a>(entry: &'a Entry, target: &'a Target) -> impl Iterator<Item = Call> + 'a {
    entry
        .nodes
        .iter()
        .filter(|node| node.app == target.order.application && node.instance_id == target.order.instance_id)
        .filter(|node| node.ack.is_open())
        .filter_map(|node| target.call(entry.kind, node))
}
