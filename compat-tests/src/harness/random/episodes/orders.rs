//! An order to sync-speed, and what may cross it.

use super::super::super::scenario::{Action, How, LinkFault, Scenario, Step};
use super::super::dice::Dice;
use super::super::moments::soon;
use super::{any_instance, lives, step};

pub(super) fn order(scenario: &Scenario, at_ms: i64, dice: &mut Dice) -> Vec<Step> {
    let (Some(by), Some(instance)) = (dice.pick(&scenario.sync_speeds), any_instance(scenario, dice)) else {
        return Vec::new();
    };
    let by = by.name.clone();
    let mut steps = vec![step(at_ms, Action::Offline(instance.clone(), by.clone(), how(dice)))];
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
            steps.push(step(back_ms + soon(dice), Action::Offline(instance, by, how(dice))));
        }
    }
    if let Some(link) = dice.pick(&calls(scenario)).filter(|_| dice.percent(35)) {
        // What a gateway was told comes once more, after whatever else it was told.
        for _ in 0..dice.count(1, 2) {
            let again_ms = at_ms + soon(dice) + dice.between(0, 60_000);
            steps.push(step(again_ms, Action::Link(link.clone(), LinkFault::DeliverAgain)));
        }
    }
    steps
}

/// Links over which gateways are told.
pub(super) fn calls(scenario: &Scenario) -> Vec<String> {
    scenario.links.iter().filter(|link| link.starts_with("sync-speed -> ")).cloned().collect()
}

/// Most often an answer is waited for, and it holds until somebody asks for the way back.
pub(super) fn how(dice: &mut Dice) -> How {
    How {
        force: dice.percent(60),
        is_async: dice.percent(15),
        rolling: dice.percent(12).then(|| dice.one_of([20, 50, 100])),
        expires_after_ms: dice.percent(15).then(|| dice.one_of([1_000, 10_000, 40_000, 90_000])),
    }
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
