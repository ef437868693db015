//! What the journal is to be told of gateways, until it has taken it: again after a failure, with pauses that grow. Gateways
//! are not asked about it again. Synchronous, takes the time.

use std::collections::BTreeMap;

use crate::entry::{EntryState, NodeRecord};
use crate::pauses::Pauses;
use crate::store::NodeUpdate;

/// Entry, group and node, application and instance.
type Key = (i64, [String; 4]);

/// Calls by what they are about: only the last word of each counts. There are never more than open calls are allowed, and those
/// of the requests that were accepted before: what waits here takes up their room.
#[derive(Default)]
pub(super) struct Unwritten {
    came: BTreeMap<Key, NodeRecord>,
    updates: BTreeMap<Key, NodeUpdate>,
    finished: BTreeMap<i64, EntryState>,
    /// When it is written at the latest, if not at once; after a failure, when it is tried again.
    due_ms: Option<i64>,
    has_failed: bool,
    pauses: Pauses,
}

impl Unwritten {
    pub(super) fn add(&mut self, updates: &[NodeUpdate], finished: Vec<(i64, EntryState)>) {
        for update in updates {
            let NodeUpdate { group, node, app, instance_id, .. } = update;
            self.updates.insert(key(update.number, [group, node, app, instance_id]), update.clone());
        }
        self.finished.extend(finished);
    }

    pub(super) fn add_nodes(&mut self, came: Vec<(i64, NodeRecord)>) {
        if !came.is_empty() {
            // They are told as soon as they are written down.
            self.gather_no_longer();
        }
        for (number, record) in came {
            let NodeRecord { group, node, app, instance_id, .. } = &record;
            self.came.insert(key(number, [group, node, app, instance_id]), record);
        }
    }

    /// What takes up the room of open calls.
    pub(super) fn calls(&self) -> usize {
        self.updates.len()
    }

    /// Whether something of an entry is to be written.
    pub(super) fn is_about(&self, number: i64) -> bool {
        self.finished.contains_key(&number) || self.updates.keys().any(|(of, _)| *of == number)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.came.is_empty() && self.updates.is_empty() && self.finished.is_empty()
    }

    /// More is expected by then, to be written with what is here. A pause after a failure stays.
    pub(super) fn gather_until(&mut self, by_ms: i64) {
        if !self.has_failed {
            self.due_ms = Some(self.due_ms.map_or(by_ms, |due_ms| due_ms.min(by_ms)));
        }
    }

    /// Nothing more is waited for.
    pub(super) fn gather_no_longer(&mut self) {
        if !self.has_failed {
            self.due_ms = None;
        }
    }

    /// When it is to be written, if that is not at once.
    pub(super) fn due_ms(&self) -> Option<i64> {
        self.due_ms.filter(|_| !self.is_empty())
    }

    pub(super) fn is_due(&self, now_ms: i64) -> bool {
        !self.is_empty() && self.due_ms.is_none_or(|due_ms| due_ms <= now_ms)
    }

    /// Nodes, which come before what they answered.
    pub(super) fn nodes(&self) -> Vec<(i64, NodeRecord)> {
        self.came.iter().map(|((number, _), record)| (*number, record.clone())).collect()
    }

    pub(super) fn updates(&self) -> Vec<NodeUpdate> {
        self.updates.values().cloned().collect()
    }

    pub(super) fn finished(&self) -> Vec<(i64, EntryState)> {
        self.finished.iter().map(|(number, state)| (*number, *state)).collect()
    }

    /// The journal has all of it. Whether it had failed before.
    pub(super) fn is_written(&mut self) -> bool {
        let had_failed = self.has_failed;
        *self = Self::default();
        had_failed
    }

    /// The journal failed: after how long it is tried again.
    pub(super) fn failed(&mut self, now_ms: i64) -> i64 {
        let pause_ms = self.pauses.next_ms();
        self.due_ms = Some(now_ms.saturating_add(pause_ms));
        self.has_failed = true;
        pause_ms
    }
}

fn key(number: i64, names: [&String; 4]) -> Key {
    (number, names.map(Clone::clone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Ack;

    fn update(node: &str, ack: Ack) -> NodeUpdate {
        NodeUpdate {
            number: 7,
            node: node.to_owned(),
            group: "GW".to_owned(),
            app: "A".to_owned(),
            instance_id: "a".to_owned(),
            ack,
            attempts: 1,
            latency_us: None,
        }
    }

    #[test]
    fn the_last_word_of_each_is_kept_until_it_is_written() {
        let mut unwritten = Unwritten::default();
        assert!(!unwritten.is_due(0) && unwritten.due_ms().is_none());
        unwritten.add(&[update("g", Ack::Pending), update("h", Ack::Applied)], vec![]);
        assert!(unwritten.is_due(0));
        assert_eq!(unwritten.failed(1_000), 500);
        unwritten.add(&[update("g", Ack::Applied)], vec![(7, EntryState::Done)]);
        assert!(!unwritten.is_due(1_499) && unwritten.is_due(1_500));
        assert_eq!((unwritten.due_ms(), unwritten.calls()), (Some(1_500), 2));
        assert!(unwritten.updates().iter().all(|update| update.ack == Ack::Applied));
        assert_eq!(unwritten.finished(), [(7, EntryState::Done)]);
        assert!(unwritten.is_about(7) && !unwritten.is_about(8));
        assert_eq!(unwritten.failed(1_500), 1_000, "pauses grow");
        assert!(unwritten.is_written() && unwritten.is_empty());
        unwritten.add(&[update("g", Ack::Applied)], vec![]);
        assert!(unwritten.is_due(0) && !unwritten.is_written(), "and begin anew");
    }

    #[test]
    fn what_is_gathered_waits_for_its_first_moment_and_a_pause_for_nobody() {
        let mut unwritten = Unwritten::default();
        unwritten.add(&[update("g", Ack::Applied)], vec![]);
        unwritten.gather_until(10);
        unwritten.gather_until(15);
        assert!(!unwritten.is_due(9) && unwritten.is_due(10));
        unwritten.gather_no_longer();
        assert!(unwritten.is_due(0));
        unwritten.failed(1_000);
        unwritten.gather_until(1_001);
        unwritten.gather_no_longer();
        assert_eq!(unwritten.due_ms(), Some(1_500));
        assert!(unwritten.is_written());
        assert_eq!(unwritten.due_ms(), None);
    }
}
