//! Everything as JSON, for programs.

use serde_json::{Value, json};

use super::super::history::Happening;
use super::super::run::Outcome;

/// All outcomes.
pub fn of(outcomes: &[Outcome]) -> Value {
    let passed = outcomes.iter().filter(|outcome| outcome.is_passed()).count();
    json!({
        "scenarios": outcomes.iter().map(scenario).collect::<Vec<_>>(),
        "passed": passed,
        "failed": outcomes.len() - passed,
    })
}

/// One outcome: what was expected and seen, the timeline, steps, and requests by who answered.
pub fn scenario(outcome: &Outcome) -> Value {
    let expectations = outcome
        .verdicts
        .iter()
        .map(|verdict| json!({"expected": verdict.expected, "seen": verdict.seen, "met": verdict.is_met}));
    let violations = outcome
        .violations
        .iter()
        .map(|violation| json!({"rule": violation.rule.name(), "at_ms": violation.at_ms, "words": violation.words}));
    json!({
        "file": outcome.scenario.file,
        "name": outcome.scenario.name,
        "about": outcome.scenario.about,
        "passed": outcome.is_passed(),
        "failure": outcome.failure,
        "took_ms": outcome.took_ms,
        "virtual_ms": outcome.scenario.length_ms + outcome.scenario.rest_ms,
        "expectations": expectations.collect::<Vec<_>>(),
        "violations": violations.collect::<Vec<_>>(),
        "not_checked": outcome.not_checked(),
        "timeline": timeline(outcome),
        "steps": steps(outcome),
        "requests": requests(outcome),
    })
}

fn timeline(outcome: &Outcome) -> Vec<Value> {
    let change = |change: &super::super::timeline::Change| {
        json!({
            "at_ms": change.at_ms, "node": change.node, "layer": change.layer.name(),
            "simulated": change.layer.is_simulated(), "instance": change.instance,
            "from": change.from, "to": change.to,
        })
    };
    outcome.timeline.changes().iter().map(change).collect()
}

fn steps(outcome: &Outcome) -> Vec<Value> {
    let step = |event: &super::super::history::Event| match &event.what {
        Happening::Step { name, outcome } => Some(json!({"at_ms": event.at_ms, "name": name, "outcome": outcome})),
        _ => None,
    };
    outcome.history.events.iter().filter_map(step).collect()
}

fn requests(outcome: &Outcome) -> Value {
    let mut answered = std::collections::BTreeMap::<&str, usize>::new();
    let mut failed = Vec::new();
    for event in &outcome.history.events {
        if let Happening::Ended { through, started_ms, outcome } = &event.what {
            match outcome {
                Ok(instance) => *answered.entry(instance).or_default() += 1,
                Err(why) => failed.push(json!({"at_ms": started_ms, "through": through, "why": why})),
            }
        }
    }
    json!({"answered_by": answered, "failed": failed})
}
