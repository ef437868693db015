//! How it stands with self-preservation, for people and for metrics: what is kept, why, since when, until when.

use super::assessment::{Assessment, Tally};
use super::{Decision, SelfPreservationMode};

/// Everything there is to say at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SelfPreservationView {
    pub(crate) mode: SelfPreservationMode,
    pub(crate) leases: usize,
    /// Leases that are over, kept or not.
    pub(crate) over: usize,
    /// Those of them that self-preservation keeps.
    pub(crate) kept: usize,
    pub(crate) renewals_last_minute: u32,
    /// Netflix's mode: more renewals than this must come in a minute, or all leases that are over are kept.
    pub(crate) threshold: i64,
    /// Whether that many came. True in the other modes, which do not ask.
    pub(crate) enough_renewals: bool,
    /// Per-app mode: most applications are in trouble at once, so that every lost lease is kept.
    pub(crate) global: Option<GlobalGuard>,
    /// Applications of which leases are over, by name.
    pub(crate) apps: Vec<AppView>,
}

/// Most applications lost most of their leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GlobalGuard {
    pub(crate) apps_in_trouble: usize,
    pub(crate) apps: usize,
}

/// One application of which leases are over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppView {
    pub(crate) name: String,
    pub(crate) leases: usize,
    pub(crate) over: usize,
    pub(crate) kept: usize,
    /// Per-app mode: over for longer than anything is kept.
    pub(crate) given_up: usize,
    /// When the first of the kept leases ended.
    pub(crate) since_ms: Option<i64>,
    /// When the last of them is given up. `None` in Netflix's mode, which keeps without end.
    pub(crate) until_ms: Option<i64>,
}

impl SelfPreservationView {
    pub(crate) fn new(decision: Decision<'_>, preserved_ms_max: i64) -> Self {
        let Decision { mode, assessment, renewals_last_minute, threshold, enough_renewals } = decision;
        let is_bounded = mode == SelfPreservationMode::PerApp;
        let app = |(name, tally): (&String, &Tally)| {
            let kept = decision.kept_of(name, tally);
            let kept_ms = tally.lost_ms.filter(|_| kept > 0);
            AppView {
                name: name.clone(),
                leases: tally.leases,
                over: tally.over(),
                kept,
                given_up: if is_bounded { tally.given_up } else { 0 },
                since_ms: kept_ms.map(|(first_ms, _)| first_ms),
                until_ms: kept_ms.filter(|_| is_bounded).map(|(_, last_ms)| last_ms + preserved_ms_max),
            }
        };
        let apps: Vec<AppView> = assessment.apps.iter().map(app).collect();
        Self {
            mode,
            leases: assessment.leases,
            over: apps.iter().map(|app| app.over).sum(),
            kept: apps.iter().map(|app| app.kept).sum(),
            renewals_last_minute,
            threshold,
            enough_renewals,
            global: global(mode, assessment),
            apps,
        }
    }

    /// The state in a sentence.
    pub(crate) fn in_words(&self) -> String {
        let Self { leases, over, kept, renewals_last_minute: renewals, threshold, .. } = self;
        match (self.mode, &self.global) {
            (SelfPreservationMode::Netflix, _) => {
                let fate = if self.enough_renewals { "end" } else { "are kept (self-preservation)" };
                format!("{renewals} renewals in the last minute, threshold {threshold}: leases that are over {fate}.")
            }
            (SelfPreservationMode::Off, _) => format!(
                "{renewals} renewals in the last minute, threshold {threshold}: leases that are over end \
                 (self-preservation is off)."
            ),
            (SelfPreservationMode::PerApp, Some(guard)) => format!(
                "{} of {} applications lost most of their leases at once: {kept} of {leases} leases are over and kept \
                 (self-preservation), it is probably this registry's own network.",
                guard.apps_in_trouble, guard.apps
            ),
            (SelfPreservationMode::PerApp, None) => {
                let names: Vec<&str> =
                    self.apps.iter().filter(|app| app.kept > 0).map(|app| app.name.as_str()).collect();
                let kept_for = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
                format!(
                    "{over} of {leases} leases are over, {kept} of them kept (self-preservation per app){kept_for}."
                )
            }
        }
    }
}

fn global(mode: SelfPreservationMode, assessment: &Assessment) -> Option<GlobalGuard> {
    (mode == SelfPreservationMode::PerApp && assessment.is_global())
        .then_some(GlobalGuard { apps_in_trouble: assessment.apps_in_trouble, apps: assessment.apps_counted })
}
