//! The benchmark of the gateway: what one request through it costs, beside nginx, haproxy and Spring Cloud Gateway in front
//! of the same instances.
//!
//! | module | what |
//! |---|---|
//! | `workload`, `program` | what is asked; of whom |
//! | `flood` | callers that mean harm, beside those that are measured |
//! | `upstream` | the instances: one nginx with many addresses |
//! | `certificate` | what all show under TLS |
//! | `proxies` | nginx and haproxy in front of them |
//! | `routes` | as many routes as a program of ours is to have |
//! | `contenders` | all that runs, and one slice of it |
//! | `wrk` | the load |
//! | `report`, `table` | turns between two of nginx, medians and ratios |

mod certificate;
mod contenders;
mod flood;
mod program;
mod proxies;
mod report;
mod routes;
mod table;
mod upstream;
mod workload;
mod wrk;

use eurus_service::Clock;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::arguments::GatewaySettings;
use crate::binaries::Ours;
use crate::failure::Failure;
use crate::machine;
use contenders::Contenders;
use program::Program;
pub(crate) use report::Report;
use report::Turn;
pub(crate) use table::markdown;
pub(crate) use workload::{ALL as WORKLOADS, FLOODED, Workload};
use wrk::Wrk;

/// How long each program is called before the first slice; the JVM's time is a setting.
const WARM_S: u64 = 1;

/// The whole benchmark.
///
/// # Errors
/// When a program cannot be had, or ends; failed requests are in the report instead.
pub(crate) async fn run(settings: &GatewaySettings, clock: &Clock) -> Result<Report, Failure> {
    open_files()?;
    let ours = Ours::at(settings.binaries.as_deref())?;
    let programs = Program::compared(settings.java_warm_s.is_some(), settings.with_routes);
    let mut report = Report { machine: machine(), method: method(settings), turns: Vec::new() };
    for (place, instances) in settings.instances.iter().enumerate() {
        // How many there are is looked at with one kind of request.
        let workloads = if place == 0 { &settings.workloads[..] } else { &[Workload::Small] };
        let what = format!("{instances} instances");
        eprintln!("bench: {what}: starting");
        let mut bench = Bench::start(settings, &ours, &programs, *instances, clock)
            .await
            .map_err(|failure| failure.during(&what))?;
        for workload in workloads {
            bench.warm_up(settings, *workload).await.map_err(|failure| failure.during(&what))?;
            for round in 1..=settings.rounds {
                let turns = bench.round(round, *workload).await.map_err(|failure| failure.during(workload.title()))?;
                report.turns.extend(turns);
            }
        }
    }
    Ok(report)
}

/// One number of instances.
struct Bench<'a> {
    programs: &'a [Program],
    instances: usize,
    contenders: Contenders,
    wrk: Wrk,
    _folder: tempfile::TempDir,
    /// The JVM has had its long warm-up.
    is_warm: bool,
    clock: &'a Clock,
}

impl<'a> Bench<'a> {
    async fn start(
        settings: &GatewaySettings,
        ours: &Ours,
        programs: &'a [Program],
        instances: usize,
        clock: &'a Clock,
    ) -> Result<Self, Failure> {
        let all: Vec<Program> = std::iter::once(Program::Nginx).chain(programs.iter().copied()).collect();
        let contenders = Contenders::start(ours, &all, instances, clock).await?;
        let folder = tempfile::tempdir()?;
        let wrk = Wrk::new(folder.path(), settings.seconds);
        Ok(Self { programs, instances, contenders, wrk, _folder: folder, is_warm: false, clock })
    }

    /// Connections, caches, and the JVM's compiler.
    async fn warm_up(&mut self, settings: &GatewaySettings, workload: Workload) -> Result<(), Failure> {
        for program in self.asked(workload) {
            let seconds = match settings.java_warm_s {
                Some(seconds) if program == Program::SpringCloudGateway && !self.is_warm => seconds,
                _ => WARM_S,
            };
            self.contenders.slice(program, workload, &self.wrk.lasting(seconds), self.clock).await?;
        }
        self.is_warm = true;
        Ok(())
    }

    /// Those that are compared with nginx in it.
    fn asked(&self, workload: Workload) -> impl Iterator<Item = Program> + use<'a> {
        self.programs.iter().copied().filter(move |program| !workload.is_encrypted() || program.speaks_tls())
    }

    /// Every program between two slices of nginx.
    async fn round(&mut self, round: usize, workload: Workload) -> Result<Vec<Turn>, Failure> {
        let mut turns = Vec::new();
        let mut before = self.contenders.slice(Program::Nginx, workload, &self.wrk, self.clock).await?;
        for program in self.asked(workload) {
            let figures = self.contenders.slice(program, workload, &self.wrk, self.clock).await?;
            let after = self.contenders.slice(Program::Nginx, workload, &self.wrk, self.clock).await?;
            let turn = Turn {
                instances: self.instances,
                round,
                workload,
                program,
                figures,
                nginx_before: before,
                nginx_after: after.clone(),
            };
            eprintln!("bench: {}", table::line(&turn));
            turns.push(turn);
            before = after;
        }
        Ok(turns)
    }
}

/// As many files as the system allows: an instance's address is one, and so is each connection.
fn open_files() -> Result<(), Failure> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

fn machine() -> String {
    let others = [machine::first_line("haproxy", "-v"), machine::first_line("wrk", "-v")];
    format!("{}; {}.", machine::description().trim_end_matches('.'), others.join("; "))
}

fn method(settings: &GatewaySettings) -> String {
    let java = settings.java_warm_s.map_or_else(
        || "Spring Cloud Gateway was left out".to_owned(),
        |seconds| format!("Spring Cloud Gateway on stock settings, warmed up for {seconds} s"),
    );
    // Of those that were given nothing is known.
    let build = if settings.binaries.is_none() { ", profile dist" } else { "" };
    format!(
        "All over loopback on this machine: wrk, one thread, 64 connections unless said otherwise; the instances are one nginx \
         with one worker, on an address for each. nginx: {} workers, connections kept to the instances; haproxy: {} threads; \
         {java}; ours: eurus-gateway{build}, on its defaults, balancing by service over what a eurus-registry says. \
         Under TLS all show the same certificate with an ECDSA P-256 key and speak HTTP/1.1, versions and suites as they are without being told. \
         {} rounds; in each, every program has a slice of {} s between two of nginx. Figures are medians over the rounds (± half \
         the range), ratios medians of those to the mean of the two slices of nginx around. CPU is utime + stime of all \
         the program's processes, memory their VmRSS at the end of a slice.",
        proxies::WORKERS,
        proxies::WORKERS,
        settings.rounds,
        settings.seconds,
    )
}
