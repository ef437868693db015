//! Ending leases: by the instance's own call, or by eviction.

use std::sync::Arc;

use eurus_model::ActionType;

use super::{State, Store, Touched};
use crate::instance_name::InstanceName;
use crate::registered::Registered;
use crate::self_preservation::SelfPreservationView;

/// What one eviction run found and did.
#[derive(Debug)]
pub(crate) struct Evicted {
    pub(crate) touched: Vec<Touched>,
    /// How it stood with self-preservation when the run began.
    pub(crate) view: SelfPreservationView,
}

impl Store {
    /// Ends a lease and with it the override. `None`: there is no such instance.
    pub(crate) fn cancel(&self, app: &str, instance_id: &str, now_ms: i64) -> Option<Touched> {
        let touched = self.write().cancel(app, instance_id, now_ms);
        if touched.is_some() {
            log::info!("cancelled {}", InstanceName(app, instance_id));
        }
        touched
    }

    /// Ends leases that are over and not kept by self-preservation, at random, at most `1 - percent` of all in one run:
    /// when all seem gone at once, self-preservation gets the time to notice.
    pub(crate) fn evict(&self, percent_threshold: f64, additional_ms: i64, now_ms: i64) -> Evicted {
        let (view, ending) = self.ending(percent_threshold, additional_ms, now_ms);
        let mut evicted = Evicted { touched: Vec::new(), view };
        for instance in ending {
            let (app, instance_id) = (&instance.info().app, &instance.info().instance_id);
            let mut state = self.write();
            // A heartbeat or a new registration may have come in between.
            let still_expired =
                state.get(app, instance_id).is_some_and(|held| held.lease().is_expired(now_ms, additional_ms));
            if still_expired {
                let name = InstanceName(app, instance_id);
                log::warn!("evicted {name}: its lease is over, no heartbeat came");
                evicted.touched.extend(state.cancel(app, instance_id, now_ms));
            }
        }
        evicted
    }
}

impl State {
    fn cancel(&mut self, app: &str, instance_id: &str, now_ms: i64) -> Option<Touched> {
        let held = self.apps.get_mut(app)?;
        let cancelled = held.instances.remove(instance_id)?;
        self.census.went(cancelled.status());
        self.version += 1;
        held.version = self.version;
        if held.instances.is_empty() {
            self.apps.remove(app);
            self.live.app_went(app);
        }
        self.live.remove(app, instance_id);
        self.live.overrides.remove(instance_id, now_ms);
        self.expected.left();
        self.live.history.cancelled(app, instance_id, now_ms);
        cancelled.lease().cancel(now_ms);
        let mut info = cancelled.info().clone();
        info.action = Some(ActionType::Deleted);
        info.last_updated_ms = now_ms;
        let deleted = Registered::new(info, Arc::clone(cancelled.lease()), &self.held);
        self.recent.push(Arc::clone(&deleted), now_ms);
        Some(Touched::by(app, None, &deleted))
    }
}
