//! `cargo run -p compat-tests --bin safeguards`: each safeguard taken out once, and what its scenario says then.
#![allow(clippy::print_stdout)] // A command's own words.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use compat_tests::Failure;
use compat_tests::safeguards::{Workbench, root, table};

/// Takes one safeguard at a time out of a copy of the sources, builds that and runs the scenario that must fail then.
/// About half a minute each. Exit code 1: a scenario passes without its safeguard.
#[derive(Parser)]
struct Arguments {
    /// Only those whose scenario's name contains this
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    /// Where the copy and its builds are kept
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

fn main() -> Result<ExitCode, Failure> {
    let arguments = Arguments::parse();
    let root = root();
    let folder = arguments.folder.unwrap_or_else(|| root.join("target/safeguards"));
    let is_meant = |scenario: &str| arguments.only.as_ref().is_none_or(|part| scenario.contains(part.as_str()));
    let all: Vec<_> = table(&root)?.into_iter().filter(|one| is_meant(&one.scenario)).collect();
    let workbench = Workbench::new(&root, &folder)?;
    println!("all safeguards in place: every scenario must pass");
    let failed = workbench.run_whole(&all)?;
    Failure::unless(failed.is_empty(), || format!("these fail with all safeguards in place:\n{}", failed.join("\n")))?;
    let mut unproved = 0;
    for (place, one) in all.iter().enumerate() {
        println!("[{}/{}] without: {} ({})", place + 1, all.len(), one.safeguard, one.file);
        match workbench.run_without(one) {
            Ok(seen) => {
                unproved += usize::from(!seen.failed);
                let verdict = if seen.failed { "fails, as it must" } else { "DOES NOT FAIL AS IT MUST" };
                println!("  {} {verdict}:", one.scenario);
                seen.words.lines().for_each(|line| println!("    {line}"));
            }
            Err(failure) => {
                unproved += 1;
                println!("  NOT RUN: {failure}");
            }
        }
    }
    println!("{} safeguards: {} shown to be needed, {unproved} not", all.len(), all.len() - unproved);
    Ok(if unproved == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
