//! Taking an auto-scaling group out of traffic, and bringing it back.

use std::sync::Arc;

use eurus_model::{ActionType, InstanceInfo, InstanceStatus};

use super::{Origin, State, Store, Touched};
use crate::asg::{AsgRefusal, AsgStatus};
use crate::instance_name::InstanceName;
use crate::registered::Registered;

impl Store {
    /// Sets the status of a group. Its instances follow at once, those that register later as they come. The group
    /// need not be known: an order may come before its first instance.
    pub(crate) fn set_asg_status(
        &self,
        group: &str,
        status: AsgStatus,
        now_ms: i64,
    ) -> Result<Vec<Touched>, AsgRefusal> {
        self.write().live.asgs.set(group, status)?;
        // Whoever registers from here on meets the new status, so those that are here now are all that must follow.
        let members = self.state.read().members_of(group);
        // One short lock each: a group of thousands must not hold up everybody's heartbeats.
        let follow = |member: Arc<Registered>| self.write().follow_group(&member, status, now_ms);
        Ok(members.into_iter().filter_map(follow).collect())
    }
}

impl State {
    fn members_of(&self, group: &str) -> Vec<Arc<Registered>> {
        let instances = self.apps.values().flat_map(|app| app.instances.values());
        instances.filter(|instance| instance.info().asg_name.as_deref() == Some(group)).cloned().collect()
    }

    /// Gives an instance the status that the rules demand now that its group's has changed.
    fn follow_group(&mut self, member: &Registered, status: AsgStatus, now_ms: i64) -> Option<Touched> {
        let (app, instance_id) = (&member.info().app, &member.info().instance_id);
        let held = Arc::clone(self.get(app, instance_id)?);
        let own = match (held.status(), status) {
            // The group kept it out; as in Netflix's server an enabled group's instances are UP.
            (InstanceStatus::OutOfService, AsgStatus::Enabled) => InstanceStatus::Up,
            (status, _) => status,
        };
        let group = held.info().asg_name.as_deref();
        let effective = self.live.effective_status(instance_id, group, own, None, Origin::Client, now_ms);
        if effective == held.status() {
            return None;
        }
        if effective == InstanceStatus::Up {
            held.lease().service_up(now_ms);
        }
        let name = InstanceName(app, instance_id);
        log::info!("{name}: status {} becomes {effective}: its auto-scaling group is {status:?}", held.status());
        let info = InstanceInfo {
            status: effective,
            action: Some(ActionType::Modified),
            last_updated_ms: now_ms,
            ..held.info().clone()
        };
        Some(self.replace(&Registered::new(info, Arc::clone(held.lease()), &self.held), now_ms))
    }
}
