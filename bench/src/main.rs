//! Side-by-side benchmarks, over public HTTP and processes only: no server knows that it is measured.
//!
//! | module | what |
//! |---|---|
//! | `arguments` | the command line |
//! | `side_by_side` | the benchmark of the registry: servers in turn, round by round |
//! | `servers` | Java, nginx and ours as processes; `process`: a group that ends with its owner |
//! | `operation`, `population` | what is asked, of whom |
//! | `measure` | one slice: one operation against one server for a few seconds |
//! | `load` | the load generator |
//! | `cpu`, `machine` | what processes use; what the machine is |
//! | `statistics`, `aim`, `report`, `table` | medians and ratios, what is aimed at, the outcome as JSON and Markdown |

mod aim;
mod arguments;
mod cpu;
mod failure;
mod http_once;
mod load;
mod machine;
mod measure;
mod operation;
mod population;
mod process;
mod progress;
mod report;
mod servers;
mod side_by_side;
mod statistics;
mod table;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use eurus_service::Clock;
use tokio::signal::unix::{SignalKind, signal};

use arguments::{Arguments, Benchmark, RegistryArguments};
use failure::Failure;

/// As a shell reports a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let Benchmark::Registry(arguments) = Arguments::parse().benchmark;
    match run(&arguments) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &RegistryArguments) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (settings, clock) = (arguments.settings(machine::cores()), Clock::system());
    let report = runtime.block_on(async {
        tokio::select! {
            report = side_by_side::run(&settings, &clock) => report.map(Some),
            // Dropping the benchmark ends all its processes.
            interrupted = interrupted() => interrupted.map(|()| None),
        }
    })?;
    let Some(report) = report else {
        eprintln!("bench: interrupted; all servers are stopped");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)
            .map_err(|error| Failure::from(error).during(&path.display().to_string()))?;
    }
    std::io::stdout().write_all(table::markdown(&report).as_bytes())?;
    Ok(if report.failures() > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
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
