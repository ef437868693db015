//! `cargo run --release -p compat-tests --bin differential -- --seed 1 --operations 5000`: random requests to a stock Java
//! server and to ours; fails on the first difference that `registry/COMPATIBILITY.md` does not list.
#![allow(clippy::print_stdout)] // A command's own words.

use clap::Parser;
use compat_tests::Failure;
use compat_tests::differential::progress::Progress;
use compat_tests::differential::{Plan, run};

/// Asks a stock Java Eureka server and ours the same, at random. Needs the Java peers (compat-tests/java/README.md).
#[derive(Parser)]
#[command(name = "differential")]
struct Arguments {
    /// The same seed gives the same requests.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, from the first on.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// How many requests are compared per seed.
    #[arg(long, default_value_t = 5_000)]
    operations: usize,
    /// Of every hundred requests, how many with the read-only cache on.
    #[arg(long, default_value_t = 20)]
    cached_percent: usize,
    /// How many sequences in which leases end; each takes some 15 seconds, in either setup.
    #[arg(long, default_value_t = 4)]
    expiring: usize,
    /// After how many unlisted differences it ends.
    #[arg(long, default_value_t = 1)]
    findings: usize,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let Arguments { operations, cached_percent, expiring, findings, .. } = arguments;
    Failure::unless(cached_percent <= 100, || format!("--cached-percent {cached_percent}: expected 0 to 100"))?;
    for seed in arguments.seed..arguments.seed + arguments.seeds {
        let plan = Plan { seed, operations, cached_percent, expiring_sequences: expiring, findings_max: findings };
        let report = run(plan, &Progress::shown(seed, operations)).await?;
        println!("{report}");
        Failure::unless(report.findings.is_empty(), || format!("seed {seed} shows a difference"))?;
    }
    Ok(())
}
