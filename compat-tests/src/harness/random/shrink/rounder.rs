//! Scenarios whose moments are rounder, that are over sooner, and call less.

use super::super::super::scenario::Scenario;
use super::parts::with;

const ROUND_MS: [i64; 4] = [30_000, 10_000, 1_000, 100];
/// After the last step: caches have moved once more.
const AFTERMATH_MS: i64 = 61_000;

pub(super) fn candidates(scenario: &Scenario) -> Vec<Scenario> {
    let mut all = Vec::new();
    let last_ms = scenario.steps.iter().map(|step| step.at_ms).max().unwrap_or(0);
    if scenario.length_ms > last_ms + AFTERMATH_MS {
        all.push(with(scenario, |one| one.length_ms = rounded(last_ms + AFTERMATH_MS, 1_000)));
    }
    for (place, load) in scenario.loads.iter().enumerate() {
        if load.per_second > 1 {
            all.push(with(scenario, |one| one.loads[place].per_second = 1));
        }
        all.extend(sooner(load.from_ms).map(|ms| with(scenario, |one| one.loads[place].from_ms = ms)));
    }
    for (place, part) in scenario.gateways.iter().enumerate() {
        all.extend(sooner(part.start_ms).map(|ms| with(scenario, |one| one.gateways[place].start_ms = ms)));
    }
    for (place, part) in scenario.sync_speeds.iter().enumerate() {
        all.extend(sooner(part.start_ms).map(|ms| with(scenario, |one| one.sync_speeds[place].start_ms = ms)));
    }
    for (place, step) in scenario.steps.iter().enumerate() {
        all.extend(sooner(step.at_ms).map(|ms| {
            with(scenario, |one| {
                one.steps[place].at_ms = ms;
                one.steps.sort_by_key(|step| step.at_ms);
            })
        }));
    }
    all
}

/// Rounder moments not after it, the roundest first.
fn sooner(ms: i64) -> impl Iterator<Item = i64> {
    ROUND_MS.into_iter().map(move |unit_ms| rounded(ms, unit_ms)).filter(move |rounded_ms| *rounded_ms < ms)
}

fn rounded(ms: i64, unit_ms: i64) -> i64 {
    ms - ms % unit_ms
}
