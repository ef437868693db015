//! Ending leases: by the instance's own call, or by eviction.

use std::sync::Arc;

use eurus_model::ActionType;

use super::{State, Store, Touched};
use crate::eviction::choose;
use crate::instance_name::InstanceName;
use crate::registered::Registered;

/// What one eviction run found and did.
#[derive(Debug, Default)]
pub(crate) struct Evicted {
    pub(crate) touched: Vec<Touched>,
    /// Leases that are over but stay because of self-preservation.
    pub(crate) kept: usize,
}

impl Store {
    /// Ends a lease and with it the override. `None`: there is no such instance.
    pub(crate) fn cancel(&self, app: &str, instance_id: &str, now_ms: i64) -> Option<Touched> {
        let touched = self.state.write().cancel(app, instance_id, now_ms);
        if touched.is_some() {
            log::info!("cancelled {}", InstanceName(app, instance_id));
        }
        touched
    }

    /// Ends leases that are over, at random, at most `1 - percent` of all in one run: when all seem gone at once,
    /// self-preservation gets the time to notice.
    pub(crate) fn evict(&self, percent_threshold: f64, additional_ms: i64, now_ms: i64) -> Evicted {
        let (expired, size) = {
            let state = self.state.read();
            (state.expired(additional_ms, now_ms), state.size())
        };
        let renewals = self.renewals.last_minute(now_ms);
        let mut evicted = Evicted::default();
        if !self.state.read().preservation.leases_expire(renewals) {
            evicted.kept = expired.len();
            return evicted;
        }
        for instance in choose(expired, size, percent_threshold, now_ms) {
            let (app, instance_id) = (&instance.info().app, &instance.info().instance_id);
            let mut state = self.state.write();
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
    fn expired(&self, additional_ms: i64, now_ms: i64) -> Vec<Arc<Registered>> {
        let instances = self.apps.values().flat_map(|app| app.instances.values());
        instances.filter(|instance| instance.lease().is_expired(now_ms, additional_ms)).cloned().collect()
    }

    fn cancel(&mut self, app: &str, instance_id: &str, now_ms: i64) -> Option<Touched> {
        let held = self.apps.get_mut(app)?;
        let cancelled = held.instances.remove(instance_id)?;
        self.census.went(cancelled.status());
        self.version += 1;
        held.version = self.version;
        if held.instances.is_empty() {
            self.apps.remove(app);
        }
        self.overrides.remove(instance_id, now_ms);
        self.preservation.left();
        cancelled.lease().cancel(now_ms);
        let mut info = cancelled.info().clone();
        info.action = Some(ActionType::Deleted);
        info.last_updated_ms = now_ms;
        let deleted = Registered::new(info, Arc::clone(cancelled.lease()));
        self.recent.push(Arc::clone(&deleted), now_ms);
        Some(Touched::by(app, [&*deleted]))
    }
}
