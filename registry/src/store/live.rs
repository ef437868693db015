//! What heartbeats, reads of one instance, pages and the walk for leases that are over look at, without the store's lock:
//! they never wait for a change, and no change waits for them. Changes are made here by whoever holds the store's lock, so that they come one after another.

use std::sync::{Arc, Weak};

use eurus_model::InstanceStatus;
use papaya::{HashMap, HashSet};
use seize::Collector;

use super::Origin;
use crate::asg::DisabledGroups;
use crate::instance_key::{InstanceKey, KeyRef};
use crate::lease_history::LeaseHistory;
use crate::limit_hits::LimitHits;
use crate::overrides::{Candidate, Overrides, effective_status};
use crate::registered::Registered;

/// Entries that a thread replaced are let go so many at a time: each time all threads are interrupted, for longer than a
/// registration takes.
const RETIRED_MAX: usize = 512;

/// The instances by name, and what was decided about them.
#[derive(Debug)]
pub(super) struct Live {
    /// The store keeps them alive: what is removed here is let go only some time later, and must not be counted until
    /// then among what is held.
    instances: HashMap<InstanceKey, Weak<Registered>>,
    /// The applications that have instances.
    apps: HashSet<String>,
    pub(super) overrides: Overrides,
    pub(super) asgs: DisabledGroups,
    pub(super) history: LeaseHistory,
    /// Registrations with an older state than the one held.
    pub(super) older: LimitHits,
}

impl Default for Live {
    fn default() -> Self {
        let collector = Collector::new().batch_size(RETIRED_MAX);
        Self {
            instances: HashMap::builder().collector(collector).build(),
            apps: HashSet::new(),
            overrides: Overrides::default(),
            asgs: DisabledGroups::default(),
            history: LeaseHistory::default(),
            older: LimitHits::default(),
        }
    }
}

impl Live {
    pub(super) fn get(&self, app: &str, instance_id: &str) -> Option<Arc<Registered>> {
        let instances = self.instances.pin();
        let mut gone = None;
        loop {
            let found = instances.get(&KeyRef { app, instance_id })?;
            // A state that was let go between the two steps has a newer one in its place already, or none.
            match found.upgrade() {
                Some(held) => return Some(held),
                None if gone.is_some_and(|gone| Weak::ptr_eq(gone, found)) => return None,
                None => gone = Some(found),
            }
        }
    }

    /// Every instance once, in no order. What comes or goes meanwhile may be among them or not.
    pub(super) fn for_each(&self, mut look: impl FnMut(Arc<Registered>)) {
        for (key, held) in &self.instances.pin() {
            let KeyRef { app, instance_id } = key.as_ref();
            held.upgrade().or_else(|| self.get(app, instance_id)).into_iter().for_each(&mut look);
        }
    }

    /// The instance with this id in the first application, by name, in which it passes.
    pub(super) fn first_with_id(
        &self,
        instance_id: &str,
        passes: impl Fn(&Registered) -> bool,
    ) -> Option<Arc<Registered>> {
        let apps = self.apps.pin();
        let found = apps.iter().filter_map(|app| self.get(app, instance_id)).filter(|held| passes(held));
        found.min_by(|one, other| one.info().app.cmp(&other.info().app))
    }

    pub(super) fn put(&self, instance: &Arc<Registered>) {
        let (app, instance_id) = (instance.info().app.as_str(), instance.info().instance_id.as_str());
        self.instances.pin().insert(InstanceKey::new(app, instance_id), Arc::downgrade(instance));
    }

    pub(super) fn remove(&self, app: &str, instance_id: &str) {
        self.instances.pin().remove(&KeyRef { app, instance_id });
    }

    pub(super) fn app_came(&self, app: &str) {
        self.apps.pin().insert(app.to_owned());
    }

    pub(super) fn app_went(&self, app: &str) {
        self.apps.pin().remove(app);
    }
}

impl Live {
    /// The status that a heartbeat meets.
    pub(super) fn status_on_renewal(&self, held: &Registered, origin: Origin, now_ms: i64) -> InstanceStatus {
        let (info, status) = (held.info(), held.status());
        self.effective_status(&info.instance_id, info.asg_name.as_deref(), status, Some(status), origin, now_ms)
    }

    /// The outcome of the override rules for an instance of a `group` that says `own`.
    pub(super) fn effective_status(
        &self,
        instance_id: &str,
        group: Option<&str>,
        own: InstanceStatus,
        existing: Option<InstanceStatus>,
        origin: Origin,
        now_ms: i64,
    ) -> InstanceStatus {
        effective_status(Candidate {
            own,
            known_override: self.overrides.get(instance_id, now_ms),
            in_disabled_group: self.asgs.contains(group),
            existing,
            from_replica: origin == Origin::Replica,
        })
    }
}

#[cfg(test)]
mod tests {
    use eurus_model::InstanceInfo;

    use super::*;
    use crate::held_bytes::HeldBytes;
    use crate::lease::{Lease, LeaseDuration};

    fn instance(app: &str, id: &str, host: &str) -> Arc<Registered> {
        let lease = Arc::new(Lease::new(0, 1, 0, LeaseDuration::Netflix));
        Registered::new(InstanceInfo::new(app, id, host, "10.0.0.1"), lease, &HeldBytes::default())
    }

    #[test]
    fn an_instance_is_found_by_both_parts_of_its_name() {
        let live = Live::default();
        let held = [instance("A", "BC", "first"), instance("AB", "C", "second"), instance("A", "BC", "third")];
        held.iter().for_each(|one| live.put(one));
        let host = |app, id| live.get(app, id).map(|found| found.info().host_name.clone());
        assert_eq!(host("A", "BC").as_deref(), Some("third"));
        assert_eq!(host("AB", "C").as_deref(), Some("second"));
        assert_eq!(host("A", "C"), None);
        live.remove("A", "BC");
        assert_eq!(host("A", "BC"), None);
        drop(held);
        assert_eq!(host("AB", "C"), None, "nobody holds it any more");
    }
}
