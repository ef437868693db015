//! The benchmark of the registry: for each number of instances all servers run, and are loaded in turn.

mod contenders;
mod plan;

use std::path::PathBuf;
use std::sync::Arc;

use eurus_service::Clock;

use crate::arguments::Settings;
use crate::failure::Failure;
use crate::load::requests::{Repeat, Requests, Stamps};
use crate::machine;
use crate::measure::{Sample, Slice};
use crate::operation::{ALL, Operation};
use crate::population::{APPS, Population};
use crate::progress::Progress;
use crate::report::{Report, Size};
use crate::servers::{Kind, Target, java, nginx::Nginx, ours};
use contenders::Contenders;
use plan::{OPEN_LOOP_SHARE, Pass, STARTS};

/// The whole benchmark.
///
/// # Errors
/// When a server cannot be had, or ends; answers that are not 2xx are in the report instead.
pub(crate) async fn run(settings: &Settings, clock: &Clock) -> Result<Report, Failure> {
    let binary = match &settings.registry {
        Some(path) => path.canonicalize().map_err(|error| Failure::from(error).during(&path.display().to_string()))?,
        None => ours::build()?,
    };
    java::jar()?;
    let machine = machine::description();
    let mut bench = Bench {
        progress: Progress::new(clock, plan::slices(settings)),
        settings: settings.clone(),
        binary,
        clock: clock.clone(),
        stamps: Arc::new(Stamps::from_ms(clock.now_ms())),
        dirty_ms: clock.now_ms(),
    };
    bench.progress.say(&format!("about {} minutes", plan::estimate_s(settings).div_ceil(60)));
    let mut report = Report { machine, method: method(settings), sizes: Vec::new() };
    for instances in &settings.instances {
        report.sizes.push(bench.size(Population { instances: *instances }).await?);
    }
    Ok(report)
}

fn method(settings: &Settings) -> String {
    let shape = settings.shape;
    format!(
        "{} connections, keep-alive; {APPS} applications; {} rounds of {} s a slice, servers in turn, medians, ratios within a \
         round; own load generator, {} thread(s), closed loop, and open loop at {:.0} % of what Java did in the same round. \
         Java: {}; warmed up. Processor time is utime + stime of the server's processes.",
        shape.connections,
        settings.rounds,
        shape.seconds,
        shape.threads,
        OPEN_LOOP_SHARE * 100.0,
        java::FLAGS
    )
}

struct Bench {
    settings: Settings,
    binary: PathBuf,
    clock: Clock,
    progress: Progress,
    stamps: Arc<Stamps>,
    /// What heartbeats say; no registration is older.
    dirty_ms: i64,
}

impl Bench {
    async fn size(&mut self, population: Population) -> Result<Size, Failure> {
        self.progress.say(&format!("{} instances: starting the servers", population.instances));
        let mut contenders = Contenders::start(&self.binary, STARTS, &self.clock).await?;
        self.progress.say("registering");
        for target in contenders.registries() {
            contenders::register(self, target, population, population.instances).await?;
        }
        contenders.note_registered()?;
        self.progress.say("warming the JVM up, until the registrations have left the delta");
        let (java, mut registered_ms) = (contenders.java.target, self.clock.now_ms());
        for operation in plan::warm_up() {
            let slice = self.slice(java, operation, population, None, 0);
            slice.run(plan::warm(self.settings.shape), &self.clock).await?;
            if operation == Operation::Register {
                registered_ms = self.clock.now_ms();
            }
        }
        contenders.settle_delta(self, population, registered_ms).await?;
        let folder = tempfile::tempdir()?;
        let mut nginx = Nginx::start(&contenders.ours, population, &folder, &self.clock).await?;
        let delta = self.slice(java, Operation::Delta, population, None, 0);
        delta.run(plan::warm(self.settings.shape), &self.clock).await?;
        let mut samples = Vec::new();
        for pass in [Pass::Reads, Pass::Registrations] {
            for round in 1..=self.settings.rounds {
                for operation in ALL.into_iter().filter(|operation| pass.has(*operation)) {
                    contenders.check(self, operation, population).await?;
                    samples.extend(self.turns(&contenders, &nginx, operation, population, round).await?);
                    contenders.still_run()?;
                    nginx.still_runs()?;
                }
            }
        }
        let changes_in_delta = Operation::Delta.instances_in_answer(population);
        Ok(Size { instances: population.instances, changes_in_delta, samples, processes: contenders.end()? })
    }

    /// One operation, every server in turn.
    async fn turns(
        &mut self,
        contenders: &Contenders,
        nginx: &Nginx,
        operation: Operation,
        population: Population,
        round: usize,
    ) -> Result<Vec<Sample>, Failure> {
        let (java, ours) = (contenders.java.target, contenders.ours.target);
        let mut samples = Vec::new();
        let copying = operation.is_large().then(|| nginx.copying());
        for target in [Some(java), Some(nginx.sendfile()), copying, Some(ours)].into_iter().flatten() {
            samples.push(self.turn(self.slice(target, operation, population, None, round)).await?);
        }
        let of_java = samples.first().map_or(0.0, |sample: &Sample| sample.requests_per_second);
        // Nothing was answered: the failure is in the samples.
        let rate = (of_java > 0.0).then_some(of_java * OPEN_LOOP_SHARE);
        for target in rate.is_some().then_some([java, ours]).into_iter().flatten() {
            samples.push(self.turn(self.slice(target, operation, population, rate, round)).await?);
        }
        Ok(samples)
    }

    async fn turn(&mut self, slice: Slice) -> Result<Sample, Failure> {
        let what = format!("{}, {}", slice.operation.name(), slice.target.kind.name());
        let sample = slice.run(self.settings.shape, &self.clock).await.map_err(|failure| failure.during(&what))?;
        self.progress.done(&sample);
        Ok(sample)
    }

    fn slice(
        &self,
        target: Target,
        operation: Operation,
        population: Population,
        per_second: Option<f64>,
        round: usize,
    ) -> Slice {
        let each = match target.kind {
            Kind::Nginx | Kind::NginxCopying => operation.static_requests(population, self.dirty_ms),
            Kind::Java | Kind::Ours => operation.requests(population, self.dirty_ms),
        };
        let requests = Arc::new(Requests::new(each, Repeat::Forever, &self.stamps));
        Slice { round, operation, target, per_second, requests }
    }
}
