//! One scenario from its begin to its verdicts.

use super::checker::{Violation, check};
use super::engine::Engine;
use super::history::{Event, Happening, History};
use super::judge::{Verdict, judge};
use super::programs::Programs;
use super::scenario::Scenario;
use super::timeline::Timeline;
use crate::Failure;
use eurus_service::Clock;

/// What came of a scenario.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scenario.
    pub scenario: Scenario,
    /// Everything that happened.
    pub history: History,
    /// What each layer showed when.
    pub timeline: Timeline,
    /// Which rules were broken.
    pub violations: Vec<Violation>,
    /// What became of each expectation, and of each violation that was not expected.
    pub verdicts: Vec<Verdict>,
    /// Why it could not be carried through.
    pub failure: Option<String>,
    /// Real time, milliseconds.
    pub took_ms: i64,
}

impl Outcome {
    /// Whether all was as expected.
    pub fn is_passed(&self) -> bool {
        self.failure.is_none() && self.verdicts.iter().all(|verdict| verdict.is_met)
    }

    /// What could not be checked at the end, and why.
    pub fn not_checked(&self) -> Vec<String> {
        let words = |event: &Event| match &event.what {
            Happening::NotChecked { rule, why } => Some(format!("not checked: '{rule}': {why}")),
            _ => None,
        };
        self.history.events.iter().filter_map(words).collect()
    }
}

/// Runs a scenario under a clock of its own.
pub async fn run(scenario: Scenario) -> Outcome {
    run_with(scenario, Programs::default()).await
}

/// The same with other programs for nodes that are processes of their own.
pub async fn run_with(scenario: Scenario, programs: Programs) -> Outcome {
    let clock = Clock::system();
    let began_ms = clock.now_ms();
    let mut outcome = match Engine::with(scenario.clone(), programs) {
        Ok(engine) => carry_through(engine).await,
        Err(failure) => broken_off(scenario, History::default(), Timeline::default(), &failure),
    };
    outcome.took_ms = clock.now_ms() - began_ms;
    outcome
}

async fn carry_through(mut engine: Engine) -> Outcome {
    let (length_ms, rest_ms) = (engine.scenario.length_ms, engine.scenario.rest_ms);
    let mut ended = engine.prepare(false).await;
    if ended.is_ok() {
        ended = engine.run_until(length_ms).await;
    }
    if ended.is_ok() {
        ended = engine.run_until(length_ms + rest_ms).await;
    }
    if ended.is_ok() {
        ended = engine.look_into_journals().await;
    }
    engine.note_faults_that_never_applied();
    let following = engine.following();
    engine.note(Happening::Step { name: "the end".to_owned(), outcome: None });
    let Engine { scenario, world, history, timeline, .. } = engine;
    // What is held back would keep a service from ending.
    for link in world.links.values() {
        link.set("", crate::link::Fault::Cut);
        link.release();
    }
    let stopped = world.stop().await;
    if let Err(failure) = ended.and(stopped) {
        return broken_off(scenario, history, timeline, &failure);
    }
    let violations = check(&history, &following);
    let verdicts = judge(&scenario, &history, &timeline, &violations);
    Outcome { scenario, history, timeline, violations, verdicts, failure: None, took_ms: 0 }
}

fn broken_off(scenario: Scenario, history: History, timeline: Timeline, failure: &Failure) -> Outcome {
    let failure = Some(failure.to_string());
    Outcome { scenario, history, timeline, violations: Vec::new(), verdicts: Vec::new(), failure, took_ms: 0 }
}
