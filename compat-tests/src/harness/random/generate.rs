//! A scenario from a seed.

use super::super::scenario::Scenario;
use super::dice::Dice;
use super::episodes::episode;
use super::moments::moment;
use super::{cast, gaps};

/// Everybody knows everybody by then.
const STORY_FROM_MS: i64 = 96_000;
const STORY_MS: [i64; 4] = [30_000, 60_000, 120_000, 180_000];
/// Nothing is begun later than this before the end, so that there is something left to see.
const QUIET_MS: i64 = 2_000;
const STEPS_MIN: u8 = 5;
const STEPS_MAX: u8 = 30;
/// Episodes that are tried until there are enough steps: some fall into a gap.
const TRIES: usize = 60;

/// The scenario of a seed: the same wherever it is made.
pub fn scenario(seed: u64) -> Scenario {
    let mut dice = Dice::of_seed(seed);
    let mut scenario = cast::scenario(seed, &mut dice);
    let until_ms = STORY_FROM_MS + dice.one_of(STORY_MS);
    let wanted = dice.count(STEPS_MIN, STEPS_MAX);
    for _ in 0..TRIES {
        if scenario.steps.len() >= wanted {
            break;
        }
        let at_ms = moment(&scenario, STORY_FROM_MS, until_ms, &mut dice);
        let steps = episode(&scenario, at_ms, &mut dice);
        let mut longer = scenario.clone();
        longer.steps.extend(steps);
        longer.steps.sort_by_key(|step| step.at_ms);
        if longer.steps.len() <= usize::from(STEPS_MAX) && gaps::is_fair(&longer) {
            scenario = longer;
        }
    }
    let last_ms = scenario.steps.last().map_or(STORY_FROM_MS, |step| step.at_ms);
    // In whole seconds.
    scenario.length_ms = (last_ms.max(until_ms) + QUIET_MS + 999) / 1_000 * 1_000;
    scenario
}
