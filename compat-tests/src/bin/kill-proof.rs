//! `cargo run --release -p compat-tests --bin kill-proof`: kill -9 of real processes at random moments of rolling offlines;
//! fails when something that was acknowledged is not completed, once, everywhere.
#![allow(clippy::print_stdout)] // A command's own words.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use compat_tests::Failure;
use compat_tests::harness::Programs;
use compat_tests::harness::node::{NodeArgs, run};
use compat_tests::kill_proof::{DatabaseKind, Settings, prove};
use compat_tests::tie::unless_told_to_end;

/// Kills sync-speed, and now and then a gateway and the registry, at random moments of rolling offlines of 50 instances
/// over 10 gateways.
#[derive(Parser)]
#[command(name = "kill-proof")]
struct Arguments {
    #[command(subcommand)]
    node: Option<Node>,
    /// How often sync-speed is killed: once a round
    #[arg(long, default_value_t = 100)]
    kills: u32,
    /// How often one of two sync-speeds stands still for longer than its claims hold, in as many rounds more
    #[arg(long, default_value_t = 0)]
    standstills: u32,
    /// Where chance begins
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where sync-speed keeps its journal; with a database server there are two of them
    #[arg(long, value_enum, default_value_t = DatabaseKind::Sqlite)]
    database: DatabaseKind,
    /// Keep the nodes' logs in this folder
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Node {
    /// One of the processes
    #[command(hide = true)]
    Node(NodeArgs),
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    if let Some(Node::Node(node)) = arguments.node {
        return run(node).await;
    }
    let programs = Programs { eurus: Some((std::env::current_exe()?, vec!["node".into()])), ..Programs::default() };
    let Arguments { kills, standstills, seed, database, logs, .. } = arguments;
    Failure::unless(standstills == 0 || database != DatabaseKind::Sqlite, || {
        "--standstills needs two nodes: --database postgres or mariadb".to_owned()
    })?;
    let settings = Settings { kills, standstills, seed, database, logs, ..Settings::whole(programs) };
    // A signal is said as an error; the processes end with the proof.
    let verdict = unless_told_to_end(prove(&settings, |line| println!("{line}"))).await??;
    println!("{verdict}");
    Failure::unless(verdict.holds(), || format!("the proof does not hold (seed {seed})"))
}
