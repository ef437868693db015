//! What happens: one disturbance with its end, one order with what comes soon after it, one life of an instance.

mod caches;
mod faults;
mod lives;
mod nodes;
mod orders;

use super::super::scenario::{Action, Scenario, Step};
use super::dice::Dice;

/// One episode that begins at a moment; empty where it needs somebody who is not there.
pub(super) fn episode(scenario: &Scenario, at_ms: i64, dice: &mut Dice) -> Vec<Step> {
    match dice.between(0, 99) {
        0..=24 => orders::order(scenario, at_ms, dice),
        25..=39 => lives::life(scenario, at_ms, dice),
        40..=52 => caches::cache(scenario, at_ms, dice),
        53..=63 => nodes::link(scenario, at_ms, dice),
        64..=90 => faults::fault(scenario, at_ms, dice),
        _ => nodes::node(scenario, at_ms, dice),
    }
}

fn step(at_ms: i64, action: Action) -> Step {
    Step { at_ms, name: action.in_words(), action }
}

fn any_instance(scenario: &Scenario, dice: &mut Dice) -> Option<String> {
    dice.pick(&scenario.producers).map(|one| one.name.clone())
}
