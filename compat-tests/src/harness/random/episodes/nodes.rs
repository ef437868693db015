//! Nodes that stop, are killed and start, links that break.

use super::super::super::layer::Layer;
use super::super::super::scenario::{Action, CacheFault, LinkFault, Scenario, Step};
use super::super::dice::Dice;
use super::step;

const STOPPED_MS_MAX: i64 = 60_000;
/// An own heartbeat may be missed, not the lease: see the gaps.
const LINK_DOWN_MS_MAX: i64 = 55_000;

pub(super) fn node(scenario: &Scenario, at_ms: i64, dice: &mut Dice) -> Vec<Step> {
    let nodes = match dice.between(0, 9) {
        0..=2 => &scenario.registries,
        3..=5 => &scenario.gateways,
        _ => &scenario.sync_speeds,
    };
    let Some(name) = dice.pick(nodes).map(|part| part.name.clone()) else { return Vec::new() };
    if dice.percent(50) {
        return vec![step(at_ms, Action::Restart(name))];
    }
    let run_ms = at_ms + dice.between(1_000, STOPPED_MS_MAX);
    let end = if dice.percent(40) { Action::Kill(name.clone()) } else { Action::Stop(name.clone()) };
    vec![step(at_ms, end), step(run_ms, Action::Run(name))]
}

pub(super) fn link(scenario: &Scenario, at_ms: i64, dice: &mut Dice) -> Vec<Step> {
    if dice.percent(10) {
        return client_copy(scenario, at_ms, dice);
    }
    let Some(link) = dice.pick(&scenario.links).cloned() else { return Vec::new() };
    let fault = match dice.between(0, 9) {
        0..=3 => LinkFault::Cut,
        4..=5 => LinkFault::Hold,
        6 => LinkFault::Delay(dice.one_of([300, 2_000, 5_000, 20_000])),
        7 => LinkFault::Slow(dice.one_of([200, 2_000])),
        8 => LinkFault::Twice,
        _ => LinkFault::SpoilHash,
    };
    let mended_ms = at_ms + dice.between(500, LINK_DOWN_MS_MAX);
    vec![step(at_ms, Action::Link(link.clone(), fault)), step(mended_ms, Action::Link(link, LinkFault::Mend))]
}

fn client_copy(scenario: &Scenario, at_ms: i64, dice: &mut Dice) -> Vec<Step> {
    let Some(gateway) = dice.pick(&scenario.gateways) else { return Vec::new() };
    let with = |at_ms, fault| step(at_ms, Action::Cache(gateway.name.clone(), Layer::ClientCopy, fault));
    let thawed_ms = at_ms + dice.between(500, LINK_DOWN_MS_MAX);
    vec![with(at_ms, CacheFault::Freeze), with(thawed_ms, CacheFault::Thaw)]
}
