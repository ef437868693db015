//! What lies beyond a scenario's end, and what is expected of a step that cannot give it.

use super::super::duration::seconds;
use super::super::layer::Layer;
use super::super::reading::{Fields, Wrong};
use super::{Action, CacheFault, Expectation, Scenario, Sees, Step};

pub(super) fn fits(scenario: &Scenario, fields: &Fields<'_>) -> Result<(), Wrong> {
    let Scenario { length_ms, rest_ms, .. } = scenario;
    let late = |step: &Step| step.at_ms > *length_ms;
    if let Some((place, step)) = scenario.steps.iter().enumerate().find(|(_, step)| late(step)) {
        let words = format!("{} lies after the end, which is at {}", seconds(step.at_ms), seconds(*length_ms));
        return Err(fields.listed("steps", place)?.wrong(words));
    }
    for (place, expectation) in scenario.expectations.iter().enumerate() {
        let wrong = |words: String| fields.listed("expect", place).map(|item| item.wrong(words));
        match expectation {
            Expectation::Sees(sees) | Expectation::Never(sees) | Expectation::Always(sees) => {
                let end_ms = length_ms + rest_ms;
                if let Some(until_ms) = until_ms(scenario, sees).filter(|until_ms| *until_ms > end_ms) {
                    let words = format!("'by' is at {}, and the end at {}", seconds(until_ms), seconds(end_ms));
                    return Err(wrong(words)?);
                }
            }
            Expectation::Answer { step, .. } if !is_answered(scenario, step) => {
                let allowed = "offline, online, and refresh of a client-copy are";
                return Err(wrong(format!("the step '{step}' is answered by nobody ({allowed})"))?);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Since the begin, at the earliest: a step may take time.
fn until_ms(scenario: &Scenario, sees: &Sees) -> Option<i64> {
    let step = |name: &String| scenario.steps.iter().find(|step| step.name == *name);
    let base_ms = sees.after.as_ref().and_then(step).map_or(0, |step| step.at_ms);
    sees.by_ms.map(|by_ms| base_ms.saturating_add(by_ms))
}

fn is_answered(scenario: &Scenario, step: &str) -> bool {
    scenario.steps.iter().filter(|one| one.name == step).any(|one| {
        matches!(
            one.action,
            Action::Offline(..)
                | Action::OfflineAddress(..)
                | Action::Online(..)
                | Action::Cache(_, Layer::ClientCopy, CacheFault::Refresh)
        )
    })
}
