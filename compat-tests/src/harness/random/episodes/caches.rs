//! Cache layers that stand still or go back.

use super::super::super::layer::Layer;
use super::super::super::scenario::{Action, CacheFault, Scenario, Step};
use super::super::dice::Dice;
use super::super::moments::soon;
use super::step;

const FROZEN_MS_MAX: i64 = 90_000;

pub(super) fn cache(scenario: &Scenario, at_ms: i64, dice: &mut Dice) -> Vec<Step> {
    let Some(node) = dice.pick(&scenario.registries) else { return Vec::new() };
    let layer = if dice.percent(65) { Layer::ReadOnly } else { Layer::ReadWrite };
    let with = |at_ms, fault| step(at_ms, Action::Cache(node.name.clone(), layer, fault));
    let mut steps = match dice.between(0, 9) {
        0..=4 => {
            let thawed_ms = at_ms + dice.between(1_000, FROZEN_MS_MAX);
            vec![with(at_ms, CacheFault::Freeze), with(thawed_ms, CacheFault::Thaw)]
        }
        5..=7 => {
            vec![with(at_ms, CacheFault::Remember), with(at_ms + soon(dice), CacheFault::PutBack)]
        }
        _ => return vec![with(at_ms, CacheFault::Refresh)],
    };
    // What it was not told meanwhile it would miss for as long as its entries live, 180 s.
    if layer == Layer::ReadWrite
        && let Some(last_ms) = steps.last().map(|step| step.at_ms)
    {
        steps.push(with(last_ms + dice.between(0, 40_000), CacheFault::Refresh));
    }
    steps
}
