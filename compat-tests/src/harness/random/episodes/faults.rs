//! Faults at points inside the services, most of them around an order: something is late, something fails, sync-speed
//! dies between two steps of a downline and is started again. Nothing is skipped: that would be a defect on purpose.

use eurus_service::faults::{About, Point, Possible};

use super::super::super::layer::Kind;
use super::super::super::scenario::{Action, FaultRule, Injection, NodePart, Scenario, Step, points_of};
use super::super::dice::Dice;
use super::super::moments::soon;
use super::{any_instance, orders, step};

/// All of them together stay below the virtual time after which an answer is given up.
const DELAYS_MS: [i64; 5] = [1, 200, 1_000, 3_000, 9_000];
const TIMES_MAX: u8 = 3;
/// A rule that has not come true by then is taken back.
const LASTS_MS_MAX: i64 = 30_000;
const DEAD_MS_MAX: i64 = 30_000;

pub(super) fn fault(scenario: &Scenario, at_ms: i64, dice: &mut Dice) -> Vec<Step> {
    let is_around_order = dice.percent(75);
    let chance = dice.between(0, 9);
    if is_around_order && chance <= 3 {
        return killed(scenario, at_ms, dice);
    }
    match chance {
        0..=2 => disturbed(scenario, Kind::Registry, &scenario.registries, is_around_order, at_ms, dice),
        3..=5 => disturbed(scenario, Kind::Gateway, &scenario.gateways, is_around_order, at_ms, dice),
        _ => disturbed(scenario, Kind::SyncSpeed, &scenario.sync_speeds, is_around_order, at_ms, dice),
    }
}

/// A sync-speed dies at a step of an order, or a little after it. The `kill` later is for the case that it never came to
/// that point: then too it is known to be dead before it is started.
fn killed(scenario: &Scenario, at_ms: i64, dice: &mut Dice) -> Vec<Step> {
    let (Some(part), Some(instance)) = (dice.pick(&scenario.sync_speeds), any_instance(scenario, dice)) else {
        return Vec::new();
    };
    let name = part.name.clone();
    let points = points_of(Kind::SyncSpeed);
    let Some(point) = dice.pick(&points) else { return Vec::new() };
    let ordered = if dice.percent(70) {
        Action::Offline(instance.clone(), name.clone(), orders::how(dice))
    } else {
        Action::Online(instance.clone(), name.clone())
    };
    let mut steps = Vec::new();
    if matches!(ordered, Action::Online(..)) {
        let before = Action::Offline(instance.clone(), name.clone(), orders::how(dice));
        steps.push(step(at_ms - soon(dice), before));
    }
    let dead_ms = at_ms + dice.one_of([1, 20, 400, 2_000, 6_000]);
    if dice.percent(75) {
        let rule = rule(&name, point, Injection::Kill, whom(scenario, point, &instance, dice), 1);
        steps.push(step(at_ms, Action::Fault(rule)));
        steps.push(step(at_ms, ordered));
        steps.push(step(dead_ms, Action::ClearFaults(name.clone())));
    } else {
        steps.push(step(at_ms, ordered));
    }
    let back_ms = dead_ms + dice.between(300, DEAD_MS_MAX);
    steps.push(step(dead_ms, Action::Kill(name.clone())));
    steps.push(step(back_ms, Action::Run(name.clone())));
    if dice.percent(40) {
        // Asked again, perhaps while it is still finishing what it had begun.
        let again_ms = back_ms + soon(dice);
        steps.push(step(again_ms, Action::Offline(instance, name, orders::how(dice))));
    }
    steps
}

/// Something is late or fails a few times at a point of a node.
fn disturbed(
    scenario: &Scenario,
    kind: Kind,
    nodes: &[NodePart],
    is_around_order: bool,
    at_ms: i64,
    dice: &mut Dice,
) -> Vec<Step> {
    let (Some(part), Some(instance)) = (dice.pick(nodes), any_instance(scenario, dice)) else { return Vec::new() };
    let points = points_of(kind);
    let Some(point) = dice.pick(&points) else { return Vec::new() };
    let injection = if matches!(point.possible, Possible::Failing | Possible::FailingOrSkipping) && dice.percent(60) {
        Injection::Fail
    } else {
        Injection::Delay(dice.one_of(DELAYS_MS))
    };
    let about = whom(scenario, point, &instance, dice);
    let rule = rule(&part.name, point, injection, about, dice.count(1, TIMES_MAX));
    let mut steps = vec![step(at_ms, Action::Fault(rule))];
    if is_around_order {
        steps.extend(orders::order(scenario, at_ms + dice.one_of([0, 1, 50, 1_000]), dice));
    }
    steps.push(step(at_ms + dice.between(500, LASTS_MS_MAX), Action::ClearFaults(part.name.clone())));
    steps
}

fn rule(node: &str, point: &'static Point, injection: Injection, about: Option<String>, times: usize) -> FaultRule {
    FaultRule { node: node.to_owned(), point, injection, about, from: 1, times: Some(times) }
}

/// About whom, half of the time.
fn whom(scenario: &Scenario, point: &Point, instance: &str, dice: &mut Dice) -> Option<String> {
    if dice.percent(50) {
        return None;
    }
    match point.about {
        About::Instance => Some(instance.to_owned()),
        About::Gateway => dice.pick(&scenario.gateways).map(|gateway| gateway.name.clone()),
        About::Nobody => None,
    }
}
