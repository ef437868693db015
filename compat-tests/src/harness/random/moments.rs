//! When something happens: near the moments at which caches move, where things go wrong if they do.

use super::super::scenario::{NodePart, Scenario};
use super::dice::Dice;

const TICK_MS: i64 = 30_000;

/// A moment from `from_ms` to `to_ms`.
pub(super) fn moment(scenario: &Scenario, from_ms: i64, to_ms: i64, dice: &mut Dice) -> i64 {
    let anywhere = dice.between(from_ms, to_ms);
    let near = match dice.between(0, 9) {
        0..=3 => next(0, TICK_MS, anywhere),
        4..=6 => dice.pick(&scenario.gateways).map_or(anywhere, |gateway| fetch_of(gateway, anywhere)),
        _ => anywhere - anywhere % 100,
    };
    let at_ms = near + dice.one_of([-1_000, -200, -1, 0, 0, 1, 50, 700, 2_000]);
    at_ms.clamp(from_ms, to_ms)
}

/// A little after something else.
pub(super) fn soon(dice: &mut Dice) -> i64 {
    dice.one_of([0, 1, 20, 300, 1_000, 2_500, 7_000, 15_000, 29_999, 31_000])
}

fn fetch_of(gateway: &NodePart, after_ms: i64) -> i64 {
    let key = "eureka.client.registry-fetch-interval-seconds";
    let said = gateway.settings.iter().find(|(name, _)| name == key);
    let seconds: Option<i64> = said.and_then(|(_, value)| value.parse().ok());
    next(gateway.start_ms, seconds.map_or(TICK_MS, |seconds| seconds * 1_000), after_ms)
}

fn next(first_ms: i64, every_ms: i64, after_ms: i64) -> i64 {
    after_ms + every_ms - (after_ms - first_ms).rem_euclid(every_ms)
}
