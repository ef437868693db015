//! What heartbeats and reads of one instance look at, without any lock: they never wait for a change, and no change
//! waits for them. Changes are made here by whoever holds the store's lock, so that they come one after another.

use std::sync::{Arc, Weak};

use eurus_model::InstanceStatus;
use papaya::HashMap;

use super::Origin;
use crate::asg::DisabledGroups;
use crate::instance_key::{InstanceKey, KeyRef};
use crate::overrides::{Candidate, Overrides, effective_status};
use crate::registered::Registered;

/// The instances by name, and what was decided about them.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// The store keeps them alive: what is removed here is let go only some time later, and must not be counted until
    /// then among what is held.
    instances: HashMap<InstanceKey, Weak<Registered>>,
    pub(super) overrides: Overrides,
    pub(super) asgs: DisabledGroups,
}

impl Live {
    pub(super) fn get(&self, app: &str, instance_id: &str) -> Option<Arc<Registered>> {
        self.instances.pin().get(&KeyRef { app, instance_id })?.upgrade()
    }

    pub(super) fn put(&self, instance: &Arc<Registered>) {
        let (app, instance_id) = (instance.info().app.as_str(), instance.info().instance_id.as_str());
        self.instances.pin().insert(InstanceKey::new(app, instance_id), Arc::downgrade(instance));
    }

    pub(super) fn remove(&self, app: &str, instance_id: &str) {
        self.instances.pin().remove(&KeyRef { app, instance_id });
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
    }
}
