//! What both saw, layer by layer.

use std::fmt;

use super::super::duration::seconds;
use super::super::history::{Happening, History};
use super::super::layer::Layer;
use super::super::run::Outcome;
use super::super::scenario::{Scenario, Sees};
use super::super::timeline::Timeline;
use super::placement::compared;

/// With the timers where Java's were, what is left is how long programs take and how often they are looked at.
const SAME_TIMERS_WITHIN_MS: i64 = 2_000;

/// What happened in a run, and what was seen.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) history: &'a History,
    pub(super) timeline: &'a Timeline,
}

impl<'a> From<&'a Outcome> for Seen<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        Self { history: &outcome.history, timeline: &outcome.timeline }
    }
}

/// One layer.
#[derive(Clone, Debug)]
pub struct Row {
    /// Whose layer, which, what it came to show.
    pub what: String,
    /// When, milliseconds since the step that the scenario counts from: Java, in real time. `None`: never.
    pub java_ms: Option<i64>,
    /// Ours in virtual time, timers as the scenario has them.
    pub ours_ms: Option<i64>,
    /// The interval at which this layer is brought up to date: what both may differ by.
    pub allowed_ms: i64,
    /// Ours in virtual time, timers where Java's were.
    pub same_timers_ms: Option<i64>,
    /// What both may differ by then.
    pub same_timers_allowed_ms: i64,
    /// Whether Java's timers could be placed close to the scenario's: else only the latter is compared.
    pub is_close: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The scenario's name.
    pub name: String,
    /// Whose timer, when the scenario starts it, where Java's was; milliseconds since the begin.
    pub timers: Vec<(String, i64, i64)>,
    /// Layer by layer.
    pub rows: Vec<Row>,
    /// The longest time for which Java's layers were not looked at, milliseconds.
    pub longest_pause_ms: i64,
    /// Real time, milliseconds.
    pub took_ms: i64,
}

impl Row {
    /// Whether both agree.
    pub fn agrees(&self) -> bool {
        let within = |ours_ms: Option<i64>, allowed_ms| {
            difference(self.java_ms, ours_ms).is_some_and(|ms: i64| ms.abs() <= allowed_ms)
        };
        (!self.is_close || within(self.ours_ms, self.allowed_ms))
            && within(self.same_timers_ms, self.same_timers_allowed_ms)
    }
}

impl Report {
    /// Whether every layer agrees.
    pub fn agrees(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(Row::agrees)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (took {} s)", self.name, self.took_ms / 1_000)?;
        for (node, ours_ms, java_ms) in &self.timers {
            writeln!(f, "  the timer of {node}: {} in the scenario, {} in Java", seconds(*ours_ms), seconds(*java_ms))?;
        }
        writeln!(f, "  the longest time between two looks at Java: {}", seconds(self.longest_pause_ms))?;
        let heads = ["Java", "ours", "differ", "allowed", "ours, Java's timers", "differ", "allowed"];
        write!(f, "{:<48}", "seen after")?;
        for (head, width) in heads.iter().zip(WIDTHS) {
            write!(f, "{head:>width$}")?;
        }
        writeln!(f)?;
        for row in &self.rows {
            write!(f, "{:<48}", row.what)?;
            let allowed = |ms: i64, counts: bool| if counts { seconds(ms) } else { "-".to_owned() };
            let cells = [
                words(row.java_ms),
                words(row.ours_ms),
                words(difference(row.java_ms, row.ours_ms)),
                allowed(row.allowed_ms, row.is_close),
                words(row.same_timers_ms),
                words(difference(row.java_ms, row.same_timers_ms)),
                allowed(row.same_timers_allowed_ms, true),
            ];
            for (cell, width) in cells.iter().zip(WIDTHS) {
                write!(f, "{cell:>width$}")?;
            }
            writeln!(f, "{}", if row.agrees() { "" } else { "   TOO MUCH" })?;
        }
        Ok(())
    }
}

const WIDTHS: [usize; 7] = [12, 12, 12, 10, 22, 12, 10];

fn words(ms: Option<i64>) -> String {
    ms.map_or_else(|| "never".to_owned(), seconds)
}

fn difference(java_ms: Option<i64>, ours_ms: Option<i64>) -> Option<i64> {
    Some(java_ms? - ours_ms?)
}

/// A row for each layer that the scenario expects to see something.
pub(super) fn rows(scenario: &Scenario, java: Seen<'_>, ours: Seen<'_>, same: Seen<'_>, is_close: bool) -> Vec<Row> {
    let row = |sees: &Sees| {
        let allowed_ms = interval_ms(scenario, sees);
        let same_timers_allowed_ms = if is_close { SAME_TIMERS_WITHIN_MS.min(allowed_ms) } else { allowed_ms };
        Row {
            what: format!("{}, {}: {} {}", sees.node, sees.layer, sees.instance, sees.is),
            java_ms: seen_after(sees, java),
            ours_ms: seen_after(sees, ours),
            allowed_ms,
            same_timers_ms: seen_after(sees, same),
            same_timers_allowed_ms,
            is_close,
        }
    };
    scenario.expectations.iter().filter_map(compared).map(row).collect()
}

/// How long after its step a layer came to show something.
fn seen_after(sees: &Sees, seen: Seen<'_>) -> Option<i64> {
    let is_step = |what: &Happening| matches!(what, Happening::Step { name, .. } if Some(name) == sees.after.as_ref());
    let base_ms = match &sees.after {
        None => 0,
        Some(_) => seen.history.events.iter().find(|event| is_step(&event.what))?.at_ms,
    };
    let states = seen.timeline.states(&sees.node, sees.layer, &sees.instance, base_ms);
    let shows = |(_, state): &&(i64, Option<&str>)| state.unwrap_or("absent") == sees.is;
    states.iter().skip(1).find(shows).map(|(at_ms, _)| at_ms - base_ms)
}

/// How often a layer is brought up to date; a registry's record and what follows it at once, by evictions.
fn interval_ms(scenario: &Scenario, sees: &Sees) -> i64 {
    let part = scenario.services().find(|part| part.name == sees.node);
    let of_part = |name: &str, stock: i64| part.map_or(stock, |part| part.interval_ms(name, stock));
    match sees.layer {
        Layer::Store | Layer::ReadWrite => of_part("eviction-interval-timer-in-ms", 60_000),
        Layer::ReadOnly => of_part("response-cache-update-interval-ms", 30_000),
        Layer::ClientCopy | Layer::Routable => of_part("registry-fetch-interval-seconds", 30) * 1_000,
        Layer::ServerList => {
            scenario.callers.iter().find(|caller| caller.name == sees.node).map_or(30_000, |caller| caller.refresh_ms)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(java_ms: Option<i64>, ours_ms: Option<i64>, same_timers_ms: Option<i64>, is_close: bool) -> Row {
        let what = "registry-1, store: a absent".to_owned();
        Row { what, java_ms, ours_ms, allowed_ms: 30_000, same_timers_ms, same_timers_allowed_ms: 2_000, is_close }
    }

    #[test]
    fn both_columns_must_agree() {
        for (java_ms, ours_ms, same_timers_ms, is_close, expected) in [
            (Some(150_400), Some(150_000), Some(150_100), true, true),
            (Some(150_400), Some(150_000), Some(155_000), true, false),
            (Some(150_400), Some(110_000), Some(150_100), true, false),
            (Some(150_400), Some(110_000), Some(150_100), false, true),
            (None, Some(150_000), Some(150_000), true, false),
            (Some(150_000), None, None, true, false),
        ] {
            let row = row(java_ms, ours_ms, same_timers_ms, is_close);
            assert_eq!(row.agrees(), expected, "{row:?}");
        }
        let report =
            Report { name: "x".to_owned(), timers: Vec::new(), rows: Vec::new(), longest_pause_ms: 0, took_ms: 0 };
        assert!(!report.agrees(), "nothing was compared");
    }
}
