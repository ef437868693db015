//! Which leases may end: the store's leases and heartbeats, put to self-preservation.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Store;
use crate::eviction::{choose, limit};
use crate::lease::Lease;
use crate::registered::Registered;
use crate::self_preservation::{Assessment, Condition, Decision, SelfPreservationMode, SelfPreservationView, Tally};

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
        let expected = self.standing.load().expected;
        RenewalHealth {
            renewals_last_minute,
            threshold: expected.threshold(),
            leases_expire: expected.leases_expire(renewals_last_minute),
            expected_clients: expected.expected_clients(),
        }
    }

    /// How it stands with self-preservation.
    pub(crate) fn self_preservation(&self, now_ms: i64) -> SelfPreservationView {
        let assessment = self.recent_assessment(now_ms);
        SelfPreservationView::new(self.decision(&assessment, now_ms), self.preservation.rules.preserved_ms_max)
    }

    /// An instance whose lease is over is hidden from single reads before it is evicted, unless it is kept.
    pub(super) fn is_visible(&self, held: &Registered, now_ms: i64) -> bool {
        if !held.lease().is_expired(now_ms, 0) {
            return true;
        }
        match self.preservation.rules.mode {
            SelfPreservationMode::PerApp => {
                let condition = self.condition(held.lease(), 0, now_ms);
                self.recent_assessment(now_ms).keeps(&held.info().app, condition)
            }
            // They do not look at the leases of others.
            SelfPreservationMode::Netflix => !self.renewal_health(now_ms).leases_expire,
            SelfPreservationMode::Off => false,
        }
    }

    /// Whose leases one run ends, and how it stands with self-preservation before it. The lock is not taken: whoever
    /// ends one of them looks again under it.
    pub(super) fn ending(
        &self,
        percent_threshold: f64,
        additional_ms: i64,
        now_ms: i64,
    ) -> (SelfPreservationView, Vec<Arc<Registered>>) {
        let mut over: BTreeMap<String, Vec<(Condition, Arc<Registered>)>> = BTreeMap::new();
        let assessment = self.assess(additional_ms, now_ms, |condition, held| {
            if condition.is_over() {
                over.entry(held.info().app.clone()).or_default().push((condition, held));
            }
        });
        let decision = self.decision(&assessment, now_ms);
        let is_per_app = self.preservation.rules.mode == SelfPreservationMode::PerApp;
        let mut ending = Vec::new();
        for (seed, (name, over)) in (now_ms..).zip(over) {
            let may_end = |(condition, held)| (!decision.keeps(&name, condition)).then_some(held);
            let mut over: Vec<Arc<Registered>> = over.into_iter().filter_map(may_end).collect();
            // The choice hangs on the seed alone, not on the order in which they were met.
            over.sort_unstable_by(|one, other| one.info().instance_id.cmp(&other.info().instance_id));
            let leases = assessment.apps.get(&name).map_or(over.len(), |tally| tally.leases);
            // When a run comes while an application is just losing its leases, it must not lose half of them to it.
            let limit = if is_per_app { at_least_one(leases, percent_threshold) } else { over.len() };
            ending.extend(choose(over, limit, seed));
        }
        // With a threshold of 1 Netflix's limit is 0; per app a lease that is over ends some day.
        let limit = if is_per_app {
            at_least_one(assessment.leases, percent_threshold)
        } else {
            limit(assessment.leases, percent_threshold)
        };
        let view = SelfPreservationView::new(decision, self.preservation.rules.preserved_ms_max);
        (view, choose(ending, limit, now_ms))
    }

    fn decision<'a>(&self, assessment: &'a Assessment, now_ms: i64) -> Decision<'a> {
        let renewals = self.renewals.last_minute(now_ms);
        self.preservation.decision(assessment, &self.standing.load().expected, renewals)
    }

    fn recent_assessment(&self, now_ms: i64) -> Arc<Assessment> {
        self.preservation.recent(now_ms, || self.assess(0, now_ms, |_, _| ()))
    }

    /// Looks at every lease, and shows each to `look`.
    fn assess(&self, additional_ms: i64, now_ms: i64, mut look: impl FnMut(Condition, Arc<Registered>)) -> Assessment {
        let mut tallies: HashMap<String, Tally> = HashMap::new();
        self.live.for_each(|held| {
            let condition = self.condition(held.lease(), additional_ms, now_ms);
            match tallies.get_mut(&held.info().app) {
                Some(tally) => tally.note(condition),
                None => drop(tallies.insert(held.info().app.clone(), Tally::of([condition]))),
            }
            look(condition, held);
        });
        Assessment::of(tallies)
    }

    fn condition(&self, lease: &Lease, additional_ms: i64, now_ms: i64) -> Condition {
        Condition::of(lease, self.preservation.rules.preserved_ms_max, additional_ms, now_ms)
    }
}

fn at_least_one(size: usize, percent_threshold: f64) -> usize {
    limit(size, percent_threshold).max(1)
}
