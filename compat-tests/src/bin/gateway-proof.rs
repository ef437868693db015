//! `cargo run --release -p compat-tests --bin gateway-proof`: the gateway under load while its instances come, go, crash, hang and
//! answer garbage; fails when an answer is wrong, something fails that need not, or memory grows.
#![allow(clippy::print_stdout)] // A command's own words.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use compat_tests::Failure;
use compat_tests::gateway_proof::settings::{Fate, Sabotage};
use compat_tests::gateway_proof::{Settings, instance, prove};
use compat_tests::harness::Programs;
use compat_tests::harness::node::{NodeArgs, run};
use compat_tests::harness::proof::progress::Progress;
use compat_tests::tie::unless_told_to_end;

/// The product's own: memory is part of the proof.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sends requests of all kinds through a gateway while instances crash, hang, close connections, or answer garbage, half a body
/// or nothing.
#[derive(Parser)]
#[command(name = "gateway-proof")]
struct Arguments {
    #[command(subcommand)]
    process: Option<Process>,
    /// How long requests are sent
    #[arg(long, default_value_t = 600)]
    seconds: u32,
    /// Where chance begins
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many callers there are; each has one request under way
    #[arg(long, default_value_t = 64)]
    callers: usize,
    /// How many instances there are
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u8).range(4..=100))]
    instances: u8,
    /// How many of them may be in trouble at the same time
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    at_once: u8,
    /// Each trouble lasts as briefly as it may
    #[arg(long)]
    brief: bool,
    /// Which troubles there are; default all
    #[arg(long, value_enum, value_delimiter = ',')]
    fates: Vec<Fate>,
    /// What instances do wrong all the time: the proof must fail
    #[arg(long, value_enum)]
    sabotage: Option<Sabotage>,
    /// The program that is started as registry and gateway, `eurus`; default: this one, which has both in it
    #[arg(long, value_name = "FILE")]
    eurus: Option<PathBuf>,
    /// Keep the nodes' logs, and a list of what failed, in this folder
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Process {
    /// A registry or a gateway
    #[command(hide = true)]
    Node(NodeArgs),
    /// An instance
    #[command(hide = true)]
    Instance(instance::InstanceArgs),
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    match arguments.process {
        Some(Process::Node(node)) => return run(node).await,
        Some(Process::Instance(arguments)) => return instance::run(arguments).await,
        None => {}
    }
    let this = std::env::current_exe()?;
    let eurus = match arguments.eurus {
        Some(eurus) => (eurus, vec!["harness".into(), "node".into()]),
        None => (this.clone(), vec!["node".into()]),
    };
    let programs = Programs { eurus: Some(eurus), ..Programs::default() };
    let Arguments { seconds, seed, callers, instances, at_once, brief, fates, sabotage, logs, .. } = arguments;
    let whole = Settings::whole(programs, (this, vec!["instance".into()]));
    let instances = usize::from(instances);
    let at_once = usize::from(at_once);
    let settings =
        Settings { seconds, seed, callers, instances, at_once, is_brief: brief, fates, sabotage, logs, ..whole };
    // A signal is said as an error; the processes end with the proof.
    let verdict = unless_told_to_end(prove(&settings, &mut Progress::shown())).await??;
    println!("{verdict}");
    Failure::unless(verdict.holds(), || format!("the proof does not hold (seed {seed})"))
}
