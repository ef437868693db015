//! The long proof: one scenario against a stock Java server and a Spring Cloud client with Ribbon in real time, and against ours
//! in virtual time. The layers must see a change at the same time, within the interval at which each is brought up to date.
//!
//! The timers of Java programs cannot be placed by the millisecond as virtual ones can: they are placed as close as
//! possible, measured, and the scenario runs a second time in virtual time with its timers where Java's were.

mod placement;
pub mod progress;
mod report;

use eurus_service::Clock;

use super::engine::Engine;
use super::programs::Programs;
use super::report::line::{self, Colours};
use super::run::{Outcome, run};
use super::scenario::Scenario;
use crate::Failure;
use progress::Progress;

pub use report::{Report, Row};

/// Of which length of interval on the timers of Java programs can be placed close to where a scenario has them.
const PLACED_FROM_MS: i64 = 10_000;
/// How often is said how far it is.
const SAID_EVERY_MS: i64 = 1_000;

/// Runs a scenario of virtual time both ways.
///
/// # Errors
/// When a Java program cannot be started, or either run breaks off.
pub async fn prove(scenario: Scenario, programs: Programs, progress: &mut Progress) -> Result<Report, Failure> {
    let clock = Clock::system();
    let began_ms = clock.now_ms();
    let ours = carried_through(run(scenario.clone()).await)?;
    Failure::unless(ours.is_passed(), || line::of(&ours, Colours::Off))?;
    progress.line(&format!("ours, in virtual time: {}", line::seen(&ours)));

    let is_close = scenario.tick_ms() >= PLACED_FROM_MS;
    let mut engine = Engine::with(placement::with_java(&scenario), programs)?;
    progress.line("starting the Java server and the Spring Cloud client");
    engine.prepare(is_close).await?;
    let evictions_ms = placement::evictions_ms(&engine);
    let placed = placement::placed(&engine.scenario, evictions_ms, is_close);
    engine.plan_again(placed);
    let length_ms = engine.scenario.length_ms;
    let words = format!(
        "the Java server evicts {} ms after each tick of its read-only cache; {} s to go",
        evictions_ms,
        length_ms / 1_000
    );
    progress.line(&words);
    let mut said = 0;
    while engine.world.now_ms() < length_ms {
        let next_ms = (engine.world.now_ms() + SAID_EVERY_MS).min(length_ms);
        engine.run_until(next_ms).await?;
        said = progress.changes(engine.timeline.changes(), said, next_ms, length_ms);
    }
    let replayed = placement::replayed(&scenario, &engine, evictions_ms);
    let timers = placement::timers(&scenario, &replayed);
    let Engine { world, history, timeline, longest_pause_ms, .. } = engine;
    world.stop().await?;

    let same = carried_through(run(replayed).await)?;
    let java = report::Seen { history: &history, timeline: &timeline };
    let rows = report::rows(&scenario, java, (&ours).into(), (&same).into(), is_close);
    Ok(Report { name: scenario.name, timers, rows, longest_pause_ms, took_ms: clock.now_ms() - began_ms })
}

fn carried_through(outcome: Outcome) -> Result<Outcome, Failure> {
    match &outcome.failure {
        Some(words) => Err(Failure::new(format!("{}: {words}", outcome.scenario.name))),
        None => Ok(outcome),
    }
}
