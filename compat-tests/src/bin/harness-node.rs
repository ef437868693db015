//! One node of a run as a process of its own, for tests: `eurus harness node` is the same.

use clap::Parser;
use compat_tests::Failure;
use compat_tests::harness::node::{NodeArgs, run};

#[derive(Parser)]
#[command(name = "harness-node")]
struct Arguments {
    #[command(flatten)]
    node: NodeArgs,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    run(Arguments::parse().node).await
}
