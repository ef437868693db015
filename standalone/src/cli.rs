//! Arguments and commands of `eurus`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use eurus_service::process::{CommonArgs, PROPERTIES_HELP, Process, PropertyFlags, parse_arguments};
use eurus_service::{Clock, Shutdown};

use crate::downline::{Exit, OfflineArgs, OnlineArgs, WatchArgs};
use crate::harness::HarnessArgs;
use crate::producer::ProducerArgs;
use crate::{demo, downline, embedded, harness, producer};

const NAME: &str = "eurus";

/// A Eureka-compatible registry, a gateway that follows it, and sync-speed, which takes instances offline in
/// milliseconds. Without a command all three start in this process.
#[derive(Parser, Debug)]
#[command(name = NAME, version, after_help = PROPERTIES_HELP, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(flatten)]
    common: CommonArgs,
    /// Netflix's intervals (30 s and more) instead of short ones
    #[arg(long)]
    stock_intervals: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Show what a downline does, with three small producers and a steady load (12 s)
    Demo(DemoArgs),
    /// Run a small service that registers itself, to try things with
    Producer(ProducerArgs),
    /// Take instances out of traffic, at the registry and at every gateway
    Offline(OfflineArgs),
    /// Bring instances back into traffic
    Online(OnlineArgs),
    /// Follow an offline or an online until its end
    Watch(WatchArgs),
    /// Replay what cache lag does, in virtual time (docs/harness.md)
    Harness(HarnessArgs),
}

/// Settings of the demo's services come beside them, as `--name=value`.
#[derive(clap::Args, Debug)]
struct DemoArgs {
    /// Configuration file or folder [default: application.yml, application.properties, also in config/]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The whole program.
pub fn main() -> ExitCode {
    let (arguments, flags) = match parse_arguments::<Arguments>(NAME) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    match arguments.command {
        None => serve(&arguments, flags),
        Some(Command::Demo(demo)) => demonstrate(demo, flags),
        Some(Command::Producer(producer)) => produce(producer),
        Some(Command::Harness(harness)) => replay(harness),
        Some(Command::Offline(offline)) => order(&flags, downline::offline(offline, Clock::system())),
        Some(Command::Online(online)) => order(&flags, downline::online(online, Clock::system())),
        Some(Command::Watch(watch)) => order(&flags, downline::watch(watch, Clock::system())),
    }
}

fn serve(arguments: &Arguments, flags: PropertyFlags) -> ExitCode {
    let stock_intervals = arguments.stock_intervals;
    let process = Process { name: NAME, defaults: embedded::defaults(stock_intervals), log_to_console: true };
    process.run(&arguments.common, flags, move |started| embedded::serve(started, stock_intervals))
}

/// The demo has ports and a data folder of its own, so that it also runs beside a running eurus.
fn demonstrate(arguments: DemoArgs, mut flags: PropertyFlags) -> ExitCode {
    let folder = match tempfile::Builder::new().prefix("eurus-demo-").tempdir() {
        Ok(folder) => folder,
        Err(error) => return failed(&format!("demo: no temporary folder: {error}")),
    };
    let any_port = ["server.port", "eurus.gateway.port", "eurus.gateway.admin.port", "eurus.sync-speed.port"];
    flags.extend(any_port.map(|key| (key.to_owned(), "0".to_owned())));
    // Its registry is open, whatever protects the user's.
    flags.push(("server.address".to_owned(), "127.0.0.1".to_owned()));
    let common =
        CommonArgs { data_dir: Some(folder.path().to_owned()), config: arguments.config, help_properties: false };
    let process = Process { name: NAME, defaults: embedded::defaults(false), log_to_console: false };
    process.run(&common, flags, demo::run)
}

fn produce(arguments: ProducerArgs) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    let ended = runtime.block_on(async {
        let shutdown = Shutdown::new();
        shutdown.on_signals()?;
        producer::run(arguments, Clock::system(), shutdown).await
    });
    ended.map_or_else(|error| failed(&error.to_string()), |()| ExitCode::SUCCESS)
}

fn replay(arguments: HarnessArgs) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    match runtime.block_on(harness::carry_out(arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if harness::is_unwanted(&error) => ExitCode::FAILURE,
        Err(error) => failed(&error.to_string()),
    }
}

/// A call of a running sync-speed: settings of services have no meaning for it.
fn order(flags: &PropertyFlags, work: impl Future<Output = Exit>) -> ExitCode {
    if let Some((key, _)) = flags.first() {
        failed(&format!("--{key} is a setting of a service, not of this command; --help lists its flags"));
        return Exit::Usage.into();
    }
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(work).into(),
        Err(error) => failed(&error.to_string()),
    }
}

#[allow(clippy::print_stderr)] // The one line for the person at the terminal.
fn failed(words: &str) -> ExitCode {
    eprintln!("{NAME}: {words}");
    ExitCode::FAILURE
}
