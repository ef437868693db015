//! Heartbeats: the request that comes a thousand times for each change.

use std::sync::Arc;

use eurus_model::InstanceStatus;

use super::{Origin, State, Store, Touched};
use crate::instance_name::InstanceName;
use crate::registered::Registered;

/// What a heartbeat is answered.
#[derive(Debug)]
pub(crate) enum Renewal {
    /// The lease goes on.
    Renewed,
    /// No such lease: the client registers again.
    Unknown,
    /// The effective status is UNKNOWN, for example after an override was removed without a new status: not renewed,
    /// the client registers again.
    StatusUnknown,
    /// Renewed, but the client knows a newer state than we do: it registers again.
    ClientIsNewer,
    /// Renewed, but the other registry has an older state: it gets ours.
    ReplicaIsOlder(Arc<Registered>),
}

impl Store {
    /// Renews a lease. Takes no lock unless the override rules change the status.
    pub(crate) fn renew(
        &self,
        app: &str,
        instance_id: &str,
        dirty_ms: Option<i64>,
        origin: Origin,
        now_ms: i64,
    ) -> (Renewal, Option<Touched>) {
        let Some(mut held) = self.live.get(app, instance_id) else {
            return (Renewal::Unknown, None);
        };
        let effective = self.live.status_on_renewal(&held, origin, now_ms);
        if effective == InstanceStatus::Unknown {
            let name = InstanceName(app, instance_id);
            log::info!("{name} has status UNKNOWN (its override was removed): it must register again");
            return (Renewal::StatusUnknown, None);
        }
        held.lease().renew(now_ms);
        self.renewals.increment(now_ms);
        let mut touched = None;
        if held.status() != effective {
            let mut state = self.write();
            touched = state.follow_override(app, instance_id, origin, now_ms);
            if let Some(now_held) = state.get(app, instance_id) {
                held = Arc::clone(now_held);
            }
        }
        (compare_dirty(held, dirty_ms, origin), touched)
    }

    /// Takes over an override that another registry's heartbeat brought, if none is known here: one that was set
    /// here is never undone by a heartbeat. The status follows with the next renewal.
    pub(crate) fn adopt_override(
        &self,
        app: &str,
        instance_id: &str,
        status: InstanceStatus,
        now_ms: i64,
    ) -> Option<Touched> {
        let mut state = self.write();
        if state.live.overrides.get(instance_id, now_ms).is_some() {
            return None;
        }
        let held = Arc::clone(state.get(app, instance_id)?);
        log::info!("{}: another registry knows the override {status}; taken over", InstanceName(app, instance_id));
        state.live.overrides.set(instance_id, status, now_ms);
        let mut info = held.info().clone();
        info.overridden_status = status;
        let new = Registered::new(info, Arc::clone(held.lease()), &state.held);
        Some(state.replace(&new, now_ms))
    }
}

impl State {
    /// Sets the status that the rules demand, computed anew: it may have changed since the shared lock was let go.
    fn follow_override(&mut self, app: &str, instance_id: &str, origin: Origin, now_ms: i64) -> Option<Touched> {
        let held = Arc::clone(self.get(app, instance_id)?);
        let effective = self.live.status_on_renewal(&held, origin, now_ms);
        if effective == held.status() {
            return None;
        }
        let name = InstanceName(app, instance_id);
        log::info!("{name} has status {}, by the override rules it is {effective}", held.status());
        let mut info = held.info().clone();
        info.status = effective;
        Some(self.replace(&Registered::new(info, Arc::clone(held.lease()), &self.held), now_ms))
    }
}

fn compare_dirty(held: Arc<Registered>, dirty_ms: Option<i64>, origin: Origin) -> Renewal {
    let held_ms = held.info().last_dirty_ms;
    match dirty_ms {
        Some(dirty_ms) if dirty_ms > held_ms => Renewal::ClientIsNewer,
        Some(dirty_ms) if dirty_ms < held_ms && origin == Origin::Replica => Renewal::ReplicaIsOlder(held),
        _ => Renewal::Renewed,
    }
}
