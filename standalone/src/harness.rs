//! `eurus harness`: cache lag replayed in virtual time.

mod random;
mod running;
mod serving;
mod words;

use std::path::PathBuf;

use compat_tests::harness::node::{self, NodeArgs};
use compat_tests::tie::unless_told_to_end;
use eurus_service::process::BoxError;

pub(crate) use words::is_unwanted;

/// What to do.
#[derive(clap::Args, Clone, Debug)]
pub struct HarnessArgs {
    #[command(subcommand)]
    command: HarnessCommand,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum HarnessCommand {
    /// Run scenarios and say what was seen when; the exit code is 1 when something was not as expected
    Run(RunArgs),
    /// Run one node, as a scenario's `program: eurus` starts it
    #[command(hide = true)]
    Node(NodeArgs),
    /// Run random scenarios from seeds; the exit code is 1 when a rule is broken, and the scenario that shows it is shrunk and
    /// written
    Random(random::RandomArgs),
    /// Start what a scenario describes, and let a test move its time and disturb its caches over HTTP
    Serve(ServeArgs),
}

/// Which scenarios, and where results go.
#[derive(clap::Args, Clone, Debug)]
pub struct RunArgs {
    /// Scenario files, or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Write index.html (every timeline drawn), harness.json and harness.xml into this folder
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Write JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write everything as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// What to start.
#[derive(clap::Args, Clone, Debug)]
pub struct ServeArgs {
    /// The scenario file whose registries, gateways, sync-speeds and producers are started; its steps are left out.
    /// Without one, a single registry runs, `registry-1`, on stock settings
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Port of the control API on the loopback address; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Stop when standard input ends: for a test that holds its other end, and takes the nodes along however it dies
    #[arg(long)]
    pub until_stdin_closes: bool,
}

/// Carries it out; whether all was as expected.
///
/// # Errors
/// What cannot be read, started or written.
pub async fn carry_out(arguments: HarnessArgs) -> Result<bool, BoxError> {
    match arguments.command {
        HarnessCommand::Run(arguments) => unless_told_to_end(running::run(&arguments)).await?,
        HarnessCommand::Node(arguments) => Ok(node::run(arguments).await.map(|()| true)?),
        HarnessCommand::Random(arguments) => unless_told_to_end(random::run(&arguments)).await?,
        HarnessCommand::Serve(arguments) => serving::serve(&arguments).await,
    }
}
