//! Which leases may end: the store's leases and heartbeats, put to self-preservation.

use std::sync::Arc;

use super::{App, State, Store};
use crate::eviction::{choose, limit};
use crate::lease::Lease;
use crate::registered::Registered;
use crate::self_preservation::{Assessment, Condition, SelfPreservationMode, SelfPreservationView, Tally};

/// Whether enough instances renew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RenewalHealth {
    pub(crate) renewals_last_minute: u32,
    /// In Netflix's mode: more renewals than this must come in a minute for leases to end.
    pub(crate) threshold: i64,
    /// By that rule; the other modes do not look at it.
    pub(crate) leases_expire: bool,
    pub(crate) expected_clients: i64,
}

impl Store {
    /// How many renewals come, and how many Netflix's rule expects: cheap, where [`Self::self_preservation`] looks at the leases.
    pub(crate) fn renewal_health(&self, now_ms: i64) -> RenewalHealth {
        let renewals_last_minute = self.renewals.last_minute(now_ms);
        let expected = &self.state.read().preservation.expected;
        RenewalHealth {
            renewals_last_minute,
            threshold: expected.threshold(),
            leases_expire: expected.leases_expire(renewals_last_minute),
            expected_clients: expected.expected_clients(),
        }
    }

    /// How it stands with self-preservation.
    pub(crate) fn self_preservation(&self, now_ms: i64) -> SelfPreservationView {
        let renewals = self.renewals.last_minute(now_ms);
        let state = self.state.read();
        let assessment = state.recent_assessment(now_ms);
        let decision = state.preservation.decision(&assessment, renewals);
        SelfPreservationView::new(decision, state.preservation.rules.preserved_ms_max)
    }
}

impl State {
    /// An instance whose lease is over is hidden from single reads before it is evicted, unless it is kept.
    pub(super) fn visible(
        &self,
        app: &str,
        instance_id: &str,
        renewals_last_minute: u32,
        now_ms: i64,
    ) -> Option<&Arc<Registered>> {
        let is_kept = |lease: &Lease| {
            let condition = self.condition(lease, 0, now_ms);
            match self.preservation.rules.mode {
                SelfPreservationMode::PerApp => self.recent_assessment(now_ms).keeps(app, condition),
                // They do not look at the leases of others.
                SelfPreservationMode::Netflix => !self.preservation.expected.leases_expire(renewals_last_minute),
                SelfPreservationMode::Off => false,
            }
        };
        self.get(app, instance_id)
            .filter(|instance| !instance.lease().is_expired(now_ms, 0) || is_kept(instance.lease()))
    }

    /// Whose leases one run ends, and how it stands with self-preservation before it.
    pub(super) fn ending(
        &self,
        percent_threshold: f64,
        additional_ms: i64,
        renewals_last_minute: u32,
        now_ms: i64,
    ) -> (SelfPreservationView, Vec<Arc<Registered>>) {
        let assessment = self.assess(additional_ms, now_ms);
        let decision = self.preservation.decision(&assessment, renewals_last_minute);
        let is_per_app = self.preservation.rules.mode == SelfPreservationMode::PerApp;
        let mut ending = Vec::new();
        for (seed, name) in (now_ms..).zip(assessment.apps.keys()) {
            let Some(app) = self.apps.get(name) else { continue };
            let may_end = |instance: &&Arc<Registered>| {
                let condition = self.condition(instance.lease(), additional_ms, now_ms);
                condition.is_over() && !decision.keeps(name, condition)
            };
            let over: Vec<Arc<Registered>> = app.instances.values().filter(may_end).cloned().collect();
            // When a run comes while an application is just losing its leases, it must not lose half of them to it.
            let limit = if is_per_app { at_least_one(app.instances.len(), percent_threshold) } else { over.len() };
            ending.extend(choose(over, limit, seed));
        }
        // With a threshold of 1 Netflix's limit is 0; per app a lease that is over ends some day.
        let limit = if is_per_app {
            at_least_one(self.size(), percent_threshold)
        } else {
            limit(self.size(), percent_threshold)
        };
        let view = SelfPreservationView::new(decision, self.preservation.rules.preserved_ms_max);
        (view, choose(ending, limit, now_ms))
    }

    fn recent_assessment(&self, now_ms: i64) -> Arc<Assessment> {
        self.preservation.recent(now_ms, || self.assess(0, now_ms))
    }

    fn assess(&self, additional_ms: i64, now_ms: i64) -> Assessment {
        let tally =
            |app: &App| Tally::of(app.instances.values().map(|one| self.condition(one.lease(), additional_ms, now_ms)));
        Assessment::of(self.apps.iter().map(|(name, app)| (name.as_str(), tally(app))))
    }

    fn condition(&self, lease: &Lease, additional_ms: i64, now_ms: i64) -> Condition {
        Condition::of(lease, self.preservation.rules.preserved_ms_max, additional_ms, now_ms)
    }
}

fn at_least_one(size: usize, percent_threshold: f64) -> usize {
    limit(size, percent_threshold).max(1)
}
