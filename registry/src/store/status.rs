//! Overriding an instance's status, and taking the override back.

use std::net::IpAddr;
use std::sync::Arc;

use eurus_model::{ActionType, InstanceInfo, InstanceStatus};

use super::{Origin, State, Store, Touched};
use crate::instance_name::InstanceName;
use crate::registered::Registered;

/// A status for one instance, and by whose clock and when it was decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusChange {
    pub(crate) status: InstanceStatus,
    /// The dirty timestamp that came along; a later one than ours is taken over.
    pub(crate) dirty_ms: Option<i64>,
    pub(crate) origin: Origin,
    /// From where it came, for the log.
    pub(crate) peer: Option<IpAddr>,
}

impl StatusChange {
    fn by(&self) -> String {
        match self.peer {
            Some(peer) => format!("{} at {peer}", self.origin.in_words()),
            None => self.origin.in_words().to_owned(),
        }
    }
}

impl Store {
    /// Overrides the status. `None`: there is no such instance. `Some(None)`: nothing changed.
    pub(crate) fn set_status(
        &self,
        app: &str,
        instance_id: &str,
        change: StatusChange,
        now_ms: i64,
    ) -> Option<Option<Touched>> {
        let mut state = self.write();
        let held = state.get(app, instance_id).filter(|held| self.is_visible(held, now_ms)).cloned()?;
        held.lease().renew(now_ms);
        if held.status() == change.status {
            return Some(state.pin(&held, change.status, &change.by(), now_ms));
        }
        if change.status == InstanceStatus::Up {
            held.lease().service_up(now_ms);
        }
        let name = InstanceName(app, instance_id);
        log::info!("{name}: status {} is set to {} by {}", held.status(), change.status, change.by());
        state.live.overrides.set(instance_id, change.status, now_ms);
        Some(Some(state.modify(&held, change, change.status, now_ms)))
    }

    /// Takes the override back and sets the given status. `None`: there is no such instance. `Some(None)`: there was
    /// no override.
    pub(crate) fn remove_override(
        &self,
        app: &str,
        instance_id: &str,
        change: StatusChange,
        now_ms: i64,
    ) -> Option<Option<Touched>> {
        let mut state = self.write();
        let held = state.get(app, instance_id).filter(|held| self.is_visible(held, now_ms)).cloned()?;
        held.lease().renew(now_ms);
        let Some(removed) = state.live.overrides.remove(instance_id, now_ms) else {
            return Some(None);
        };
        let name = InstanceName(app, instance_id);
        log::info!("{name}: override {removed} is removed by {}, status {}", change.by(), change.status);
        Some(Some(state.modify(&held, change, InstanceStatus::Unknown, now_ms)))
    }
}

impl State {
    /// The instance has the status already, perhaps by its own word only: what was asked for here must hold against
    /// what it says next. UNKNOWN is no decision to hold on to.
    fn pin(&mut self, held: &Registered, status: InstanceStatus, by: &str, now_ms: i64) -> Option<Touched> {
        let (app, instance_id) = (&held.info().app, &held.info().instance_id);
        if status == InstanceStatus::Unknown || self.live.overrides.get(instance_id, now_ms) == Some(status) {
            return None;
        }
        let name = InstanceName(app, instance_id);
        log::info!("{name}: status {status} is its own already, from now on by order of {by}");
        self.live.overrides.set(instance_id, status, now_ms);
        let info = InstanceInfo { overridden_status: status, ..held.info().clone() };
        Some(self.replace(&Registered::new(info, Arc::clone(held.lease()), &self.held), now_ms))
    }

    fn modify(
        &mut self,
        held: &Registered,
        change: StatusChange,
        overridden_status: InstanceStatus,
        now_ms: i64,
    ) -> Touched {
        let info = InstanceInfo {
            status: change.status,
            overridden_status,
            last_dirty_ms: held.info().last_dirty_ms.max(change.dirty_ms.unwrap_or(0)),
            action: Some(ActionType::Modified),
            last_updated_ms: now_ms,
            ..held.info().clone()
        };
        self.replace(&Registered::new(info, Arc::clone(held.lease()), &self.held), now_ms)
    }
}
