//! Side-by-side benchmarks, over public HTTP and processes only: no server knows that it is measured.
//!
//! | module | what |
//! |---|---|
//! | `arguments` | the command line |
//! | `side_by_side` | the benchmark of the registry: servers in turn, round by round |
//! | `downline` | the benchmark of the downline: our services as processes, and a stock chain |
//! | `gateway` | the benchmark of the gateway: nginx, haproxy, Spring Cloud Gateway and ours before the same instances |
//! | `binaries`, `registering` | our services' binaries; instances for a registry |
//! | `servers` | Java, nginx and ours as processes; `process`: a group that ends with its owner |
//! | `operation`, `population` | what is asked, of whom |
//! | `measure` | one slice: one operation against one server for a few seconds |
//! | `load` | the load generator |
//! | `cpu`, `machine` | what processes use; what the machine is |
//! | `statistics`, `aim`, `report`, `table` | medians and ratios, what is aimed at, the outcome as JSON and Markdown |

mod aim;
mod arguments;
mod binaries;
mod cpu;
mod downline;
mod failure;
mod gateway;
mod http_once;
mod load;
mod machine;
mod measure;
mod operation;
mod population;
mod process;
mod progress;
mod registering;
mod report;
mod servers;
mod side_by_side;
mod statistics;
mod table;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use eurus_service::Clock;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use arguments::{Arguments, Benchmark, DownlineArguments, GatewayArguments, RegistryArguments};
use failure::Failure;

/// As a shell reports a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let done = match Arguments::parse().benchmark {
        Benchmark::Registry(arguments) => registry(&arguments),
        Benchmark::Downline(arguments) => downline(&arguments),
        Benchmark::Gateway(arguments) => gateway(&arguments),
    };
    done.unwrap_or_else(|failure| {
        eprintln!("bench: {failure}");
        ExitCode::FAILURE
    })
}

fn registry(arguments: &RegistryArguments) -> Result<ExitCode, Failure> {
    let (settings, clock) = (arguments.settings(machine::cores()), Clock::system());
    let Some(report) = until_interrupted(side_by_side::run(&settings, &clock))? else { return Ok(interruption()) };
    keep(&report, arguments.json.as_deref())?;
    show(&table::markdown(&report), report.failures() > 0)
}

fn downline(arguments: &DownlineArguments) -> Result<ExitCode, Failure> {
    let (settings, clock) = (arguments.settings(), Clock::system());
    let Some(report) = until_interrupted(downline::run(&settings, &clock))? else { return Ok(interruption()) };
    keep(&report, arguments.json.as_deref())?;
    show(&downline::markdown(&report), report.failures() > 0)
}

fn gateway(arguments: &GatewayArguments) -> Result<ExitCode, Failure> {
    let (settings, clock) = (arguments.settings(), Clock::system());
    let Some(report) = until_interrupted(gateway::run(&settings, &clock))? else { return Ok(interruption()) };
    keep(&report, arguments.json.as_deref())?;
    show(&gateway::markdown(&report), report.failures() > 0)
}

/// `None`: it was interrupted. Dropping a benchmark ends all its processes.
fn until_interrupted<T>(benchmark: impl Future<Output = Result<T, Failure>>) -> Result<Option<T>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            report = benchmark => report.map(Some),
            interrupted = interrupted() => interrupted.map(|()| None),
        }
    })
}

fn interruption() -> ExitCode {
    eprintln!("bench: interrupted; all servers are stopped");
    ExitCode::from(INTERRUPTED)
}

fn keep(report: &impl Serialize, json: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = json else { return Ok(()) };
    std::fs::write(path, serde_json::to_vec_pretty(report)?)
        .map_err(|error| Failure::from(error).during(&path.display().to_string()))
}

fn show(markdown: &str, has_failures: bool) -> Result<ExitCode, Failure> {
    std::io::stdout().write_all(markdown.as_bytes())?;
    Ok(if has_failures { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Returns at Ctrl-C, SIGTERM, or when the terminal goes away.
async fn interrupted() -> Result<(), Failure> {
    let mut ctrl_c = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = ctrl_c.recv() => (),
        _ = terminate.recv() => (),
        _ = hang_up.recv() => (),
    }
    Ok(())
}
