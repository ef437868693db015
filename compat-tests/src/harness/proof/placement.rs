//! Where the timers are: of Java programs as close as can be to where a scenario has them, and of ours where those were.

use super::super::engine::Engine;
use super::super::history::Happening;
use super::super::layer::Layer;
use super::super::scenario::{Expectation, NodePart, Program, Scenario, Sees, Through, Time};

/// A Ribbon balancer copies its list a second after it was made, which may take seconds, and is to do so before each fetch.
const COPIES_EARLIER_MS: i64 = 6_000;
/// A lease that is to outlive an eviction just so, does so by this.
const OUTLIVES_BY_MS: i64 = 400;

/// The same scenario for Java programs in real time. What cannot be seen of them is left out.
pub(super) fn with_java(scenario: &Scenario) -> Scenario {
    let mut java = scenario.clone();
    (java.time, java.rest_ms) = (Time::Real, 0);
    let parts: Vec<&mut NodePart> = java.registries.iter_mut().chain(&mut java.gateways).collect();
    parts.into_iter().for_each(|part| part.program = Program::Java);
    java.loads.retain(|load| matches!(load.through, Through::Caller(_)));
    java.expectations.retain(|one| compared(one).is_some());
    java
}

/// What is compared of an expectation.
pub(super) fn compared(expectation: &Expectation) -> Option<&Sees> {
    match expectation {
        Expectation::Sees(sees) if sees.layer != Layer::Routable => Some(sees),
        _ => None,
    }
}

/// How long after a tick of its read-only cache the first Java registry evicts.
pub(super) fn evictions_ms(engine: &Engine) -> i64 {
    let Some(registry) = engine.world.registries.first() else { return 0 };
    let eviction_ms = registry.part.interval_ms("eviction-interval-timer-in-ms", 60_000).max(1);
    registry.opened_ms.map_or(0, |opened_ms| (opened_ms - engine.world.began_ms).rem_euclid(eviction_ms))
}

/// A Java scenario with what happens in it as long after the evictions as it was, and its clients asked early enough.
pub(super) fn placed(java: &Scenario, evictions_ms: i64, is_close: bool) -> Scenario {
    let mut placed = java.clone();
    shift(&mut placed, evictions_ms + OUTLIVES_BY_MS);
    let copies_earlier_ms = if is_close { COPIES_EARLIER_MS } else { 0 };
    for part in &mut placed.callers {
        // A balancer would make the client: it comes a round later.
        part.start_ms += part.refresh_ms - copies_earlier_ms.min(part.refresh_ms - 1);
    }
    placed
}

/// The scenario in virtual time with every timer where Java's was.
pub(super) fn replayed(scenario: &Scenario, engine: &Engine, evictions_ms: i64) -> Scenario {
    let mut replayed = scenario.clone();
    shift(&mut replayed, later_ms(scenario, engine).unwrap_or(evictions_ms + OUTLIVES_BY_MS));
    for part in &mut replayed.registries {
        part.start_ms = evictions_ms.max(1);
    }
    let phase = |node: &str, layer| phase_ms(engine, node, layer);
    for part in &mut replayed.gateways {
        let every_ms = part.interval_ms("registry-fetch-interval-seconds", 30) * 1_000;
        if let Some(phase_ms) = phase(&part.name, Layer::ClientCopy) {
            part.start_ms = nearest(part.start_ms, phase_ms, every_ms, evictions_ms);
        }
    }
    for part in &mut replayed.callers {
        if let Some(phase_ms) = phase(&part.name, Layer::ServerList) {
            part.start_ms = nearest(part.start_ms, phase_ms, part.refresh_ms, evictions_ms);
        }
    }
    replayed
}

/// Each timer: whose, where the scenario has it, where Java's was.
pub(super) fn timers(scenario: &Scenario, replayed: &Scenario) -> Vec<(String, i64, i64)> {
    let nodes = |one: &Scenario| -> Vec<(String, i64)> {
        let services = one.services().map(|part| (part.name.clone(), part.start_ms));
        services.chain(one.callers.iter().map(|part| (part.name.clone(), part.start_ms))).collect()
    };
    nodes(scenario)
        .into_iter()
        .zip(nodes(replayed))
        .map(|((name, ours_ms), (_, java_ms))| (name, ours_ms, java_ms))
        .collect()
}

/// When a layer was brought up to date that changed for the last time then.
fn phase_ms(engine: &Engine, node: &str, layer: Layer) -> Option<i64> {
    let change = engine.timeline.changes().iter().rfind(|change| change.node == node && change.layer == layer)?;
    let moments = engine.phases.get(&(node.to_owned(), layer))?;
    moments.iter().rfind(|at_ms| **at_ms <= change.at_ms).copied()
}

/// How much later than in the scenario its first step really was.
fn later_ms(scenario: &Scenario, engine: &Engine) -> Option<i64> {
    let first = scenario.steps.first()?;
    let is_first = |what: &Happening| matches!(what, Happening::Step { name, .. } if *name == first.name);
    let done = engine.history.events.iter().find(|event| is_first(&event.what))?;
    Some(done.at_ms - first.at_ms)
}

fn shift(scenario: &mut Scenario, by_ms: i64) {
    for part in &mut scenario.producers {
        part.start_ms = part.start_ms.map(|start_ms| start_ms + by_ms);
    }
    scenario.steps.iter_mut().for_each(|step| step.at_ms += by_ms);
    scenario.length_ms += by_ms;
}

/// The moment nearest to another at which a timer of this phase fires, and not before a moment.
fn nearest(to_ms: i64, phase_ms: i64, every_ms: i64, after_ms: i64) -> i64 {
    let every_ms = every_ms.max(1);
    let ahead_ms = (phase_ms - to_ms).rem_euclid(every_ms);
    let nearest_ms = if ahead_ms > every_ms / 2 { to_ms + ahead_ms - every_ms } else { to_ms + ahead_ms };
    let missing_ms = (after_ms + 1 - nearest_ms).max(0);
    nearest_ms + (missing_ms + every_ms - 1) / every_ms * every_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_moment_of_a_phase() {
        for (to_ms, phase_ms, every_ms, after_ms, expected_ms) in [
            (29_999, 238_400, 30_000, 0, 28_400),
            (29_999, 241_000, 30_000, 0, 31_000),
            (2_999, 17_100, 2_000, 0, 3_100),
            (1_000, 10_900, 1_000, 2_000, 2_900),
        ] {
            assert_eq!(nearest(to_ms, phase_ms, every_ms, after_ms), expected_ms, "{to_ms} {phase_ms}");
        }
    }
}
