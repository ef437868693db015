//! One run, and what it found.

use std::time::Duration;

use super::super::checker::Rule;
use super::super::run::{Outcome, run};
use super::super::scenario::Scenario;

/// Real time that a run of minutes may take: it takes seconds.
const RUN_WITHIN: Duration = Duration::from_secs(180);

/// The first thing that went wrong in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule is broken; `None`: the run broke off.
    pub rule: Option<Rule>,
    /// When, since the scenario's begin, milliseconds; 0 where it broke off.
    pub at_ms: i64,
    /// What the checker says.
    pub words: String,
}

impl Finding {
    /// What is wrong, shortly.
    pub fn title(&self) -> String {
        self.rule.map_or_else(|| "it broke off".to_owned(), |rule| format!("the rule '{rule}' is broken"))
    }
}

/// Runs it. `rule`: what is looked for, where something was found before; else whatever comes first.
pub(super) async fn look_for(scenario: Scenario, wanted: Option<&Finding>) -> Option<Finding> {
    let Ok(outcome) = tokio::time::timeout(RUN_WITHIN, run(scenario)).await else {
        let words = format!("it was not over after {} s of real time", RUN_WITHIN.as_secs());
        return Some(Finding { rule: None, at_ms: 0, words })
            .filter(|found| wanted.is_none_or(|one| one.rule == found.rule));
    };
    findings(&outcome).into_iter().find(|found| wanted.is_none_or(|wanted| wanted.rule == found.rule))
}

fn findings(outcome: &Outcome) -> Vec<Finding> {
    if let Some(failure) = &outcome.failure {
        return vec![Finding { rule: None, at_ms: 0, words: failure.clone() }];
    }
    let found = |one: &super::super::checker::Violation| Finding {
        rule: Some(one.rule),
        at_ms: one.at_ms,
        words: one.words.clone(),
    };
    outcome.violations.iter().map(found).collect()
}
