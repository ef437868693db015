//! The delta queue: what changed within the retention time.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::registered::Registered;

/// Changed instances that are kept at most. Beyond it the oldest changes are dropped: clients that miss one see it
/// by the hash and fetch the full list.
pub(crate) const RECENT_CHANGES_MAX: usize = 500_000;

/// The last change of each instance that changed lately, oldest first. Of several changes of one instance only the
/// last is kept: that is all a delta shows.
#[derive(Debug, Default)]
pub(crate) struct RecentlyChanged {
    in_order: BTreeMap<u64, Change>,
    place: HashMap<(String, String), u64>,
    next_place: u64,
    dropped: u64,
    /// Of `dropped`, those that the log has told of.
    reported: u64,
}

#[derive(Debug)]
struct Change {
    at_ms: i64,
    instance: Arc<Registered>,
}

fn key(instance: &Registered) -> (String, String) {
    (instance.info().app.clone(), instance.info().instance_id.clone())
}

impl RecentlyChanged {
    pub(crate) fn push(&mut self, instance: Arc<Registered>, now_ms: i64) {
        if let Some(earlier) = self.place.insert(key(&instance), self.next_place) {
            self.in_order.remove(&earlier);
        }
        self.in_order.insert(self.next_place, Change { at_ms: now_ms, instance });
        self.next_place += 1;
        if self.in_order.len() > RECENT_CHANGES_MAX {
            self.drop_oldest();
            self.dropped += 1;
        }
    }

    /// Forgets what is older than the retention time.
    pub(crate) fn purge(&mut self, now_ms: i64, retention_ms: i64) {
        while self.in_order.first_key_value().is_some_and(|(_, change)| change.at_ms < now_ms - retention_ms) {
            self.drop_oldest();
        }
        if self.dropped > self.reported {
            log::warn!(
                "{} changes were dropped from the delta queue, which holds {RECENT_CHANGES_MAX}: clients that miss \
                 them fetch the full list. Something registers and cancels instances in a loop",
                self.dropped - self.reported
            );
            self.reported = self.dropped;
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, oldest)) = self.in_order.pop_first() {
            self.place.remove(&key(&oldest.instance));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.in_order.len()
    }

    /// Changes that were dropped since the start because there were too many.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The changed instances, oldest change first.
    pub(crate) fn instances(&self) -> impl Iterator<Item = &Arc<Registered>> {
        self.in_order.values().map(|change| &change.instance)
    }
}

#[cfg(test)]
mod tests {
    use eurus_model::InstanceInfo;

    use super::*;
    use crate::held_bytes::HeldBytes;
    use crate::lease::{Lease, LeaseDuration};

    fn instance(id: &str, host: &str) -> Arc<Registered> {
        Registered::new(
            InstanceInfo::new("a", id, host, "10.0.0.1"),
            Arc::new(Lease::new(0, 1, 0, LeaseDuration::Netflix)),
            &HeldBytes::default(),
        )
    }

    fn hosts(changed: &RecentlyChanged) -> Vec<&str> {
        changed.instances().map(|instance| instance.info().host_name.as_str()).collect()
    }

    #[test]
    fn only_the_last_change_of_an_instance_is_kept() {
        let mut changed = RecentlyChanged::default();
        changed.push(instance("1", "first"), 0);
        changed.push(instance("2", "other"), 1);
        changed.push(instance("1", "second"), 2);
        assert_eq!(hosts(&changed), ["other", "second"]);
    }

    #[test]
    fn a_change_leaves_after_its_retention() {
        let mut changed = RecentlyChanged::default();
        changed.push(instance("1", "one"), 0);
        changed.push(instance("2", "two"), 10);
        for (now_ms, left) in [(180_000, vec!["one", "two"]), (180_001, vec!["two"]), (180_011, vec![])] {
            changed.purge(now_ms, 180_000);
            assert_eq!(hosts(&changed), left, "at {now_ms}");
        }
        assert!(changed.place.is_empty());
    }
}
