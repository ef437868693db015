//! What an entry has come to, as the journal has it too: kept for whoever waits for it, who need not read it back.

use eurus_service::Timer;

use crate::entry::{Entry, EntryState, NodeRecord};
use crate::store::NodeUpdate;

/// What one who waits for the gateways is told.
pub struct Told {
    /// How it ended; nothing where the journal is to be asked: it may not have all of it, or another node goes on with it.
    pub outcome: Option<Outcome>,
    /// On a manual clock no time passes until the one who waited goes on.
    pub timer: Timer,
}

/// An entry's nodes, and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    nodes: Vec<NodeRecord>,
    state: EntryState,
}

impl Outcome {
    /// Of an entry whose gateways are to be told.
    pub(super) fn begun(entry: &Entry) -> Self {
        Self { nodes: entry.nodes.clone(), state: entry.state }
    }

    /// A node came up meanwhile.
    pub(super) fn node_came(&mut self, node: &NodeRecord) {
        self.nodes.push(node.clone());
    }

    /// A call came to something.
    pub(super) fn answered(&mut self, update: &NodeUpdate) {
        let is_meant = |node: &&mut NodeRecord| {
            (&node.node, &node.group, &node.app, &node.instance_id)
                == (&update.node, &update.group, &update.app, &update.instance_id)
        };
        if let Some(node) = self.nodes.iter_mut().find(is_meant) {
            node.ack = update.ack.clone();
            node.attempts = update.attempts;
            node.latency_us = update.latency_us;
        }
    }

    pub(super) fn finished(&mut self, state: EntryState) {
        self.state = state;
    }

    /// The entry, as it is now.
    pub(crate) fn of(self, entry: Entry) -> Entry {
        Entry { nodes: self.nodes, state: self.state, ..entry }
    }
}
