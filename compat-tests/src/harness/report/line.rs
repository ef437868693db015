//! One line for each scenario, with what was seen and when; what is wrong below it.

use super::super::duration::seconds;
use super::super::run::Outcome;
use super::super::scenario::{Expectation, Time};

/// How a line is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// As terminals show it.
    On,
    /// Plain text.
    Off,
}

impl Colours {
    /// On for a terminal, unless `NO_COLOR` is set to anything.
    pub fn for_terminal(is_terminal: bool) -> Self {
        let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if is_terminal && !is_unwanted { Self::On } else { Self::Off }
    }

    /// A word that says that something is wrong.
    pub fn failed(self, word: &str) -> String {
        self.paint("31;1", word)
    }

    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::On => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Off => text.to_owned(),
        }
    }
}

/// The line, and what is not as expected.
pub fn of(outcome: &Outcome, colours: Colours) -> String {
    let word = if outcome.is_passed() { colours.paint("32", "ok    ") } else { colours.failed("FAILED") };
    let time = if outcome.scenario.time == Time::Real { "real" } else { "virtual" };
    let (seen, lasted) = match &outcome.failure {
        None => (seen(outcome), format!("{} s", (outcome.scenario.length_ms + outcome.scenario.rest_ms) / 1_000)),
        Some(_) => {
            let lasted_ms = outcome.history.events.last().map_or(0, |event| event.at_ms);
            ("it broke off".to_owned(), format!("after {}", seconds(lasted_ms)))
        }
    };
    let mut text =
        format!("{word} {}: {seen} ({lasted} of {time} time in {} ms)", outcome.scenario.name, outcome.took_ms);
    if let Some(failure) = &outcome.failure {
        text.push_str(&format!("\n       {failure}"));
    }
    if outcome.failure.is_none() {
        outcome.not_checked().iter().for_each(|words| text.push_str(&format!("\n       {words}")));
    }
    for verdict in outcome.verdicts.iter().filter(|verdict| !verdict.is_met) {
        text.push_str(&format!("\n       expected: {}\n       seen:     {}", verdict.expected, verdict.seen));
    }
    text
}

/// What was seen, shortly: the moments of the layers, then everything else.
pub fn seen(outcome: &Outcome) -> String {
    let mut parts = Vec::new();
    for (expectation, verdict) in outcome.scenario.expectations.iter().zip(&outcome.verdicts) {
        match expectation {
            Expectation::Sees(sees) => {
                parts.push(format!("{} {} {}", sees.layer, sees.is, verdict.seen.trim_start_matches("after ")));
            }
            Expectation::Violation(rule) => parts.push(format!("'{rule}' broken: {}", verdict.seen)),
            Expectation::Failed { .. } | Expectation::Begun { .. } => parts.push(verdict.seen.clone()),
            Expectation::Answer { step, .. } => parts.push(format!("'{step}' {}", verdict.seen)),
            Expectation::Never(_) | Expectation::Always(_) => {}
        }
    }
    if parts.is_empty() {
        parts.push(format!("as expected for {}", seconds(outcome.scenario.length_ms)));
    }
    parts.join(", ")
}
