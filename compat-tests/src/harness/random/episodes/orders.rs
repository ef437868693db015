//! An order to sync-speed, and what may cross it.

use super::super::super::scenario::{Action, Scenario, Step};
use super::super::dice::Dice;
use super::super::moments::soon;
use super::{any_instance, lives, step};

pub(super) fn order(scenario: &Scenario, at_ms: i64, dice: &mut Dice) -> Vec<Step> {
    let (Some(by), Some(instance)) = (dice.pick(&scenario.sync_speeds), any_instance(scenario, dice)) else {
        return Vec::new();
    };
    let by = by.name.clone();
    let mut steps = vec![step(at_ms, Action::Offline(instance.clone(), by.clone(), dice.percent(60)))];
    for _ in 0..dice.count(0, 2) {
        steps.push(step(at_ms + soon(dice), crossing(&instance, dice)));
    }
    if dice.percent(30) {
        // The same process again under its old id, or a new life of it.
        steps.extend(lives::ends_and_begins(&instance, at_ms + soon(dice), dice));
    }
    if dice.percent(45) {
        let back_ms = at_ms + soon(dice) + dice.between(1, 60_000);
        steps.push(step(back_ms, Action::Online(instance.clone(), by.clone())));
        if dice.percent(40) {
            steps.push(step(back_ms + soon(dice), Action::Offline(instance, by, dice.percent(60))));
        }
    }
    steps
}

/// What an instance says that does not know of the order.
fn crossing(instance: &str, dice: &mut Dice) -> Action {
    let status = dice.one_of(["UP", "UP", "UP", "DOWN", "STARTING"]).to_owned();
    match dice.between(0, 4) {
        0 => Action::Register(instance.to_owned(), status),
        1 => Action::Heartbeat(instance.to_owned(), status, true),
        2 => Action::StaleReplica(instance.to_owned()),
        _ => Action::Heartbeat(instance.to_owned(), status, false),
    }
}
