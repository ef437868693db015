//! What came of it.

use std::collections::BTreeMap;
use std::fmt;

use super::kind::Kind;
use super::ledger::Counts;
use super::level::Level;

/// See the module.
#[derive(Debug, Default)]
pub struct Verdict {
    pub(super) seed: u64,
    pub(super) counts: Counts,
    /// How often each fate came.
    pub(super) fates: BTreeMap<&'static str, u64>,
    pub(super) memory: Level,
    /// File descriptors before and after the load.
    pub(super) descriptors: [usize; 2],
    /// Tries after the first of a request, as the gateway counts them.
    pub(super) retries: u64,
    pub(super) took_ms: i64,
}

impl Verdict {
    /// Whether nothing was wrong.
    pub fn holds(&self) -> bool {
        self.counts.violations == 0
    }

    /// How many things were.
    pub fn violations(&self) -> u64 {
        self.counts.violations
    }

    /// How many requests ended.
    pub fn requests(&self) -> u64 {
        self.counts.requests()
    }

    /// The kinds of requests of which at least one was answered as it must be.
    pub fn kinds_answered(&self) -> usize {
        let is_right = |outcome: &str| outcome == "whole" || outcome == "abandoned";
        Kind::ALL
            .iter()
            .filter(|kind| self.counts.outcomes.keys().any(|(of, outcome)| of == *kind && is_right(outcome)))
            .count()
    }

    /// How many different fates came.
    pub fn fates_met(&self) -> usize {
        self.fates.len()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, counts, fates, memory, descriptors: [before, after], retries, took_ms } = self;
        let mib = counts.bytes / 1024 / 1024;
        writeln!(
            f,
            "{} requests, {mib} MiB of bodies in {} s; the gateway tried {retries} times more",
            counts.requests(),
            took_ms / 1_000
        )?;
        for kind in Kind::ALL {
            let outcomes: Vec<String> = counts
                .outcomes
                .iter()
                .filter(|((of, _), _)| *of == kind)
                .map(|((_, outcome), count)| format!("{count} {outcome}"))
                .collect();
            writeln!(f, "  {:<20} {}", kind.word(), outcomes.join(", "))?;
        }
        for (fate, times) in fates {
            let excused: Vec<String> = counts
                .excused
                .iter()
                .filter(|((by, _), _)| by == fate)
                .map(|((_, kind), count)| format!("{count} {}", kind.word()))
                .collect();
            let excused = if excused.is_empty() { "nothing".to_owned() } else { excused.join(", ") };
            writeln!(f, "  {fate:<20} {times} times; failed by it: {excused}")?;
        }
        writeln!(f, "memory: {memory}; file descriptors: {before} before, {after} after")?;
        counts.words.iter().try_for_each(|words| writeln!(f, "VIOLATION (seed {seed}): {words}"))?;
        match counts.violations {
            0 => f.write_str("every answer was right, and nothing failed that need not"),
            count => write!(f, "{count} violations"),
        }
    }
}
