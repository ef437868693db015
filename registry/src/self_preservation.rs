//! Self-preservation: whether a lease that is over ends, or stays because its heartbeats were probably lost on the
//! way. Netflix's rule counts heartbeats ([`expected_renewals`]); the per-app rule reads the leases of the moment
//! ([`assessment`]). What is kept is seen in a [`view`] and said by a [`report`].

mod assessment;
mod expected_renewals;
mod mode;
mod report;
mod view;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;

pub(crate) use assessment::{Assessment, Condition, Tally};
pub(crate) use expected_renewals::{Expectation, ExpectedRenewals};
pub use mode::SelfPreservationMode;
pub(crate) use report::Report;
pub(crate) use view::SelfPreservationView;

/// How old an assessment may be that a single read is decided by. Reads of leases that are over are rare, and an
/// assessment looks at every lease.
const ASSESSMENT_AGE_MS_MAX: u64 = 1_000;

/// Fixed for the life of the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PreservationRules {
    pub(crate) mode: SelfPreservationMode,
    pub(crate) expectation: Expectation,
    /// Per-app mode: how long after its end a lease is kept at most.
    pub(crate) preserved_ms_max: i64,
}

/// The rule and what it needs to know.
#[derive(Debug)]
pub(crate) struct SelfPreservation {
    pub(crate) rules: PreservationRules,
    recent: ArcSwap<Assessment>,
    recent_at_ms: AtomicI64,
}

impl SelfPreservation {
    pub(crate) fn new(rules: PreservationRules) -> Self {
        Self { rules, recent: ArcSwap::default(), recent_at_ms: AtomicI64::new(i64::MIN) }
    }

    /// A recent assessment; made anew when it has become too old. While one caller makes it, others take the old one.
    pub(crate) fn recent(&self, now_ms: i64, assess: impl FnOnce() -> Assessment) -> Arc<Assessment> {
        let made_ms = self.recent_at_ms.load(Ordering::Acquire);
        let is_old = now_ms.abs_diff(made_ms) >= ASSESSMENT_AGE_MS_MAX;
        if is_old && self.recent_at_ms.compare_exchange(made_ms, now_ms, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            self.recent.store(Arc::new(assess()));
        }
        self.recent.load_full()
    }

    /// What is to be decided by, given the moment's leases and heartbeats.
    pub(crate) fn decision<'a>(
        &self,
        assessment: &'a Assessment,
        expected: &ExpectedRenewals,
        renewals_last_minute: u32,
    ) -> Decision<'a> {
        Decision {
            mode: self.rules.mode,
            assessment,
            renewals_last_minute,
            threshold: expected.threshold(),
            enough_renewals: expected.leases_expire(renewals_last_minute),
        }
    }
}

/// The rule at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decision<'a> {
    mode: SelfPreservationMode,
    assessment: &'a Assessment,
    renewals_last_minute: u32,
    threshold: i64,
    /// By Netflix's rule; also when it is not in force.
    enough_renewals: bool,
}

impl Decision<'_> {
    /// Whether a lease of an application in this condition stays although it is over.
    pub(crate) fn keeps(&self, app: &str, condition: Condition) -> bool {
        match self.mode {
            SelfPreservationMode::Netflix => condition.is_over() && !self.enough_renewals,
            SelfPreservationMode::PerApp => self.assessment.keeps(app, condition),
            SelfPreservationMode::Off => false,
        }
    }

    /// How many leases of an application stay.
    fn kept_of(&self, app: &str, tally: &Tally) -> usize {
        let lost = if self.keeps(app, Condition::Lost { ended_ms: 0 }) { tally.lost } else { 0 };
        let given_up = if self.keeps(app, Condition::GivenUp) { tally.given_up } else { 0 };
        lost + given_up
    }
}
