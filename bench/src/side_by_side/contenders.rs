//! The two registries that are compared, and getting both into the same state.

use std::path::Path;
use std::sync::Arc;

use eurus_service::Clock;
use tempfile::TempDir;

use super::Bench;
use crate::failure::Failure;
use crate::http_once;
use crate::load::requests::{Repeat, Requests};
use crate::load::{Load, Pace, Running};
use crate::operation::{DELTA_CHANGES, Operation};
use crate::population::Population;
use crate::report::ProcessFigures;
use crate::servers::{DELTA_RETENTION_MS, DELTA_TIMER_MS, Kind, Registry, Target, java, ours};

/// A process is idle this long after its first answer.
const IDLE_AFTER_MS: i64 = 1_000;
/// A delta shows a change after the caches' 30 s at most, and a busy machine's delay.
const DELTA_SHOWN_WITHIN_MS: i64 = 40_000;
/// Between two looks at a delta.
const LOOK_MS: i64 = 500;

pub(crate) struct Contenders {
    pub(crate) java: Registry,
    pub(crate) ours: Registry,
    figures: [ProcessFigures; 2],
    /// Where they work; deleted with them.
    _folders: [TempDir; 2],
}

impl Contenders {
    /// Starts both. Ours is started several times, for it takes milliseconds; the last one stays.
    pub(crate) async fn start(binary: &Path, starts: usize, clock: &Clock) -> Result<Self, Failure> {
        let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
        let mut started_us = Vec::new();
        for _ in 1..starts {
            started_us.push(ours::start(binary, &folders[1], clock).await?.started_us);
        }
        let ours = ours::start(binary, &folders[1], clock).await?;
        started_us.push(ours.started_us);
        let java = java::start(&folders[0], clock).await?;
        clock.timer("idle").sleep_ms(IDLE_AFTER_MS).await;
        let figures = [figures(&java, vec![java.started_us])?, figures(&ours, started_us)?];
        Ok(Self { java, ours, figures, _folders: folders })
    }

    pub(crate) fn registries(&self) -> [Target; 2] {
        [self.java.target, self.ours.target]
    }

    /// All instances are registered: takes the memory down.
    pub(crate) fn note_registered(&mut self) -> Result<(), Failure> {
        for (figures, registry) in self.figures.iter_mut().zip([&self.java, &self.ours]) {
            figures.registered_kib = registry.resident_kib()?;
        }
        Ok(())
    }

    /// Waits until the registrations have left the delta, then lets a few instances change.
    pub(crate) async fn settle_delta(
        &self,
        bench: &Bench,
        population: Population,
        registered_ms: i64,
    ) -> Result<(), Failure> {
        let empty_at_ms = registered_ms + DELTA_RETENTION_MS + 2 * DELTA_TIMER_MS;
        bench.clock.timer("delta").sleep_until_ms(empty_at_ms).await;
        for registry in [&self.java, &self.ours] {
            change_a_few(bench, registry, population).await?;
        }
        Ok(())
    }

    /// Both answer an operation with what they must, before it is measured.
    pub(crate) async fn check(
        &self,
        bench: &Bench,
        operation: Operation,
        population: Population,
    ) -> Result<(), Failure> {
        if operation == Operation::Register {
            return Ok(());
        }
        let expected = operation.instances_in_answer(population);
        for registry in [&self.java, &self.ours] {
            if operation == Operation::Delta && registry.changes_in_delta().await? != expected {
                change_a_few(bench, registry, population).await?;
            }
            let requests = operation.requests(population, bench.dirty_ms);
            let request = requests.first().ok_or_else(|| Failure::new("an operation without a request"))?;
            let (answer, body) = http_once::exchange(registry.target.address, &request.bytes).await?;
            let found = http_once::instances_in(&body)?;
            if answer.status != 200 || found != expected {
                let (server, name) = (registry.target.kind.name(), operation.name());
                let what = format!("answers {} with {found} instances instead of 200 with {expected}", answer.status);
                return Err(Failure::new(format!("{server} {what} ({name})")));
            }
        }
        Ok(())
    }

    pub(crate) fn still_run(&mut self) -> Result<(), Failure> {
        self.java.still_runs()?;
        self.ours.still_runs()
    }

    /// Takes the memory down and ends both.
    pub(crate) fn end(mut self) -> Result<Vec<ProcessFigures>, Failure> {
        for (figures, registry) in self.figures.iter_mut().zip([&self.java, &self.ours]) {
            figures.loaded_kib = registry.resident_kib()?;
        }
        Ok(self.figures.to_vec())
    }
}

fn figures(registry: &Registry, started_us: Vec<i64>) -> Result<ProcessFigures, Failure> {
    let (server, idle_kib) = (registry.target.kind, registry.resident_kib()?);
    Ok(ProcessFigures { server, started_us, idle_kib, registered_kib: idle_kib, loaded_kib: idle_kib })
}

/// Registers the first so many instances, each once.
pub(crate) async fn register(
    bench: &Bench,
    target: Target,
    population: Population,
    count: usize,
) -> Result<(), Failure> {
    let mut each = population.registrations();
    each.truncate(count);
    let load = Load {
        addresses: [target.address].into(),
        requests: Arc::new(Requests::new(each, Repeat::Once, &bench.stamps)),
        pace: Pace::Closed,
        connections: bench.settings.shape.connections,
        threads: bench.settings.shape.threads,
    };
    let what = format!("registering at {}", target.kind.name());
    let running = Running::start(&load, &bench.clock).await.map_err(|failure| failure.during(&what))?;
    running.finish().await.map_err(|failure| failure.during(&what))?;
    Ok(())
}

/// Registers a few again, as newer, and waits until the delta names just them.
async fn change_a_few(bench: &Bench, registry: &Registry, population: Population) -> Result<(), Failure> {
    register(bench, registry.target, population, DELTA_CHANGES).await?;
    let mut timer = bench.clock.timer("delta");
    let until_ms = bench.clock.now_ms() + DELTA_SHOWN_WITHIN_MS;
    let expected = Operation::Delta.instances_in_answer(population);
    loop {
        let found = registry.changes_in_delta().await?;
        if found == expected {
            return Ok(());
        }
        if bench.clock.now_ms() > until_ms {
            let kind: Kind = registry.target.kind;
            return Err(Failure::new(format!("{}: {found} instances in the delta, not {expected}", kind.name())));
        }
        timer.sleep_ms(LOOK_MS).await;
    }
}
