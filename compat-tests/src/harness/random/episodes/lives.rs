//! Instances that come, go, fall silent, and are set to another status by hand.

use super::super::super::scenario::{Action, Scenario, Step};
use super::super::dice::Dice;
use super::super::moments::soon;
use super::{any_instance, step};

pub(super) fn life(scenario: &Scenario, at_ms: i64, dice: &mut Dice) -> Vec<Step> {
    let Some(name) = any_instance(scenario, dice) else { return Vec::new() };
    let status = dice.one_of(["UP", "DOWN", "STARTING"]).to_owned();
    let later_ms = at_ms + soon(dice) + dice.between(0, 60_000);
    match dice.between(0, 9) {
        0..=2 => ends_and_begins(&name, at_ms, dice),
        3 => vec![step(at_ms, Action::Silence(name.clone())), step(later_ms, Action::Heartbeat(name, status, true))],
        4 => vec![step(at_ms, Action::Cancel(name.clone())), step(later_ms, Action::Register(name, status))],
        5 => vec![step(at_ms, Action::Register(name.clone(), status)), step(later_ms, Action::Register(name, up()))],
        6 => vec![step(at_ms, Action::Shutdown(name.clone())), step(at_ms + soon(dice), late(name, status, dice))],
        7 => vec![step(at_ms, Action::Start(name))],
        _ => by_hand(name, at_ms, later_ms, dice),
    }
}

/// Its process ends, in whatever way, and most often begins again.
pub(super) fn ends_and_begins(name: &str, at_ms: i64, dice: &mut Dice) -> Vec<Step> {
    let end = if dice.percent(50) { Action::Crash(name.to_owned()) } else { Action::Shutdown(name.to_owned()) };
    let mut steps = vec![step(at_ms, end)];
    if dice.percent(80) {
        steps.push(step(at_ms + soon(dice) + dice.between(1, 90_000), Action::Start(name.to_owned())));
    }
    steps
}

/// A message that was under way when its sender ended.
fn late(name: String, status: String, dice: &mut Dice) -> Action {
    if dice.percent(50) { Action::Register(name, "DOWN".to_owned()) } else { Action::Heartbeat(name, status, false) }
}

/// Somebody sets its status past sync-speed, and takes that back.
fn by_hand(name: String, at_ms: i64, later_ms: i64, dice: &mut Dice) -> Vec<Step> {
    let status = dice.one_of(["OUT_OF_SERVICE", "DOWN", "UP"]).to_owned();
    let mut steps = vec![step(at_ms, Action::SetStatus(name.clone(), status))];
    if dice.percent(70) {
        steps.push(step(later_ms, Action::RemoveStatus(name)));
    }
    steps
}

fn up() -> String {
    "UP".to_owned()
}
