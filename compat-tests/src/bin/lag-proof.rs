//! `cargo run --release -p compat-tests --bin lag-proof`: the cache lag of a stock Java server, client and Ribbon in real time
//! beside ours in virtual time, layer by layer; fails when a layer differs by more than its interval.
#![allow(clippy::print_stdout)] // A command's own words.

use std::path::PathBuf;

use clap::Parser;
use compat_tests::Failure;
use compat_tests::harness::proof::progress::Progress;
use compat_tests::harness::proof::prove;
use compat_tests::harness::{Programs, files};
use compat_tests::tie::unless_told_to_end;

/// Runs a scenario against a stock Java Eureka server and a Spring Cloud client with Ribbon in real time (minutes), and
/// against ours in virtual time. Needs the Java peers (compat-tests/java/README.md).
#[derive(Parser)]
#[command(name = "lag-proof")]
struct Arguments {
    /// Scenario files of virtual time [default: the 240 s worst case]
    #[arg(value_name = "FILE")]
    scenarios: Vec<PathBuf>,
    /// Folder of the built Java modules [default: compat-tests/java]
    #[arg(long, value_name = "DIR")]
    java: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = Arguments::parse();
    if arguments.scenarios.is_empty() {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
        arguments.scenarios.push(folder.join("stock-worst-case-240s.yaml"));
    }
    let scenarios = files::scenarios(&arguments.scenarios).map_err(|wrong| Failure::new(wrong.to_string()))?;
    for scenario in scenarios {
        let programs = Programs { java: arguments.java.clone(), ..Programs::default() };
        let mut progress = Progress::shown();
        // A signal is said as an error; the Java programs end with the proof.
        let report = unless_told_to_end(prove(scenario, programs, &mut progress)).await??;
        println!("{report}");
        Failure::unless(report.agrees(), || format!("{}: a layer differs by more than is allowed", report.name))?;
    }
    Ok(())
}
