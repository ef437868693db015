//! Status overrides: what a person or a platform decided about an instance, against what it says of itself.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use eurus_model::InstanceStatus;
use papaya::HashMap;

/// An override that nobody asked for this long is forgotten. Every heartbeat asks.
pub(crate) const OVERRIDE_LIFE_MS: i64 = 3_600_000;

/// The overrides in force, by instance id (across applications, as in Eureka). Heartbeats look without a lock;
/// whoever changes one holds the store's.
#[derive(Debug, Default)]
pub(crate) struct Overrides(HashMap<String, Override>);

#[derive(Debug)]
struct Override {
    status: InstanceStatus,
    /// Written under a shared reference: heartbeats read overrides without an exclusive lock.
    last_access_ms: AtomicI64,
}

impl Override {
    fn is_alive(&self, now_ms: i64) -> bool {
        now_ms - self.last_access_ms.load(Ordering::Acquire) < OVERRIDE_LIFE_MS
    }
}

impl Overrides {
    /// The override of an instance; asking keeps it alive.
    pub(crate) fn get(&self, instance_id: &str, now_ms: i64) -> Option<InstanceStatus> {
        let all = self.0.pin();
        let known = all.get(instance_id).filter(|known| known.is_alive(now_ms))?;
        known.last_access_ms.fetch_max(now_ms, Ordering::AcqRel);
        Some(known.status)
    }

    pub(crate) fn set(&self, instance_id: &str, status: InstanceStatus, now_ms: i64) {
        self.0.pin().insert(instance_id.to_owned(), Override { status, last_access_ms: AtomicI64::new(now_ms) });
    }

    /// Takes an override away; `None` when there was none.
    pub(crate) fn remove(&self, instance_id: &str, now_ms: i64) -> Option<InstanceStatus> {
        self.0.pin().remove(instance_id).filter(|known| known.is_alive(now_ms)).map(|known| known.status)
    }

    /// How many there are, with those that are over and not yet forgotten.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// All in force. Looking at them does not keep them alive.
    pub(crate) fn all(&self, now_ms: i64) -> BTreeMap<String, InstanceStatus> {
        let all = self.0.pin();
        let alive = all.iter().filter(|(_, known)| known.is_alive(now_ms));
        alive.map(|(instance_id, known)| (instance_id.clone(), known.status)).collect()
    }

    /// Forgets what nobody asked for.
    pub(crate) fn purge(&self, now_ms: i64) {
        self.0.pin().retain(|_, known| known.is_alive(now_ms));
    }
}

/// What the override rules look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// What the instance says of itself.
    pub(crate) own: InstanceStatus,
    /// The override known for its id.
    pub(crate) known_override: Option<InstanceStatus>,
    /// Whether its auto-scaling group is out of traffic.
    pub(crate) in_disabled_group: bool,
    /// The status of the lease that exists already.
    pub(crate) existing: Option<InstanceStatus>,
    /// Whether another registry says so, not the instance.
    pub(crate) from_replica: bool,
}

/// The override rules; the first that matches decides.
pub(crate) fn effective_status(candidate: Candidate) -> InstanceStatus {
    use InstanceStatus::{OutOfService, Up};
    // An instance that says it is not fit for traffic is believed. Only UP and OUT_OF_SERVICE are questioned.
    if !matches!(candidate.own, Up | OutOfService) {
        return candidate.own;
    }
    if let Some(status) = candidate.known_override {
        return status;
    }
    if candidate.in_disabled_group {
        return OutOfService;
    }
    match candidate.existing {
        // The registry's own view stands against a client that does not know of it.
        Some(status @ (Up | OutOfService)) if !candidate.from_replica => status,
        _ => candidate.own,
    }
}

#[cfg(test)]
mod tests {
    use InstanceStatus::{Down, OutOfService, Starting, Unknown, Up};

    use super::*;

    #[test]
    fn the_first_matching_rule_decides() {
        // own, override, in a disabled group, existing, from a replica -> effective
        let table = [
            (Down, Some(OutOfService), false, Some(OutOfService), false, Down),
            (Starting, Some(Up), false, None, false, Starting),
            (Unknown, Some(Up), false, Some(Up), false, Unknown),
            (Up, Some(OutOfService), false, Some(Up), false, OutOfService),
            (Up, Some(OutOfService), false, None, true, OutOfService),
            (OutOfService, Some(Up), false, None, false, Up),
            (Up, Some(Unknown), false, None, false, Unknown),
            (Up, None, false, Some(OutOfService), false, OutOfService),
            (Up, None, false, Some(OutOfService), true, Up),
            (OutOfService, None, false, Some(Up), false, Up),
            (Up, None, false, Some(Down), false, Up),
            (Up, None, false, Some(Unknown), false, Up),
            (OutOfService, None, false, None, false, OutOfService),
            (Up, None, false, None, false, Up),
            (Up, None, true, Some(Up), false, OutOfService),
            (Up, None, true, None, true, OutOfService),
            (Up, Some(Up), true, Some(OutOfService), false, Up),
            (Starting, None, true, Some(OutOfService), false, Starting),
        ];
        for (own, known_override, in_disabled_group, existing, from_replica, expected) in table {
            let candidate = Candidate { own, known_override, in_disabled_group, existing, from_replica };
            assert_eq!(effective_status(candidate), expected, "{candidate:?}");
        }
    }

    #[test]
    fn an_override_lives_an_hour_after_the_last_question() {
        let overrides = Overrides::default();
        overrides.set("a", OutOfService, 0);
        assert_eq!(overrides.get("a", OVERRIDE_LIFE_MS - 1), Some(OutOfService));
        assert_eq!(overrides.get("a", 2 * OVERRIDE_LIFE_MS - 2), Some(OutOfService), "asking kept it alive");
        overrides.purge(3 * OVERRIDE_LIFE_MS - 3);
        assert_eq!(overrides.get("a", 3 * OVERRIDE_LIFE_MS - 3), Some(OutOfService));
        assert_eq!(overrides.get("a", 4 * OVERRIDE_LIFE_MS - 3), None);
        assert_eq!(overrides.remove("a", 4 * OVERRIDE_LIFE_MS - 3), None, "it is over, so none is taken away");
    }

    #[test]
    fn an_override_is_taken_away_once() {
        let overrides = Overrides::default();
        overrides.set("a", Up, 0);
        assert_eq!(overrides.remove("a", 1), Some(Up));
        assert_eq!(overrides.remove("a", 1), None);
    }
}
