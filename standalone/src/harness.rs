//! `eurus harness`: cache lag replayed in virtual time.

mod running;

use std::path::PathBuf;

use eurus_service::process::BoxError;

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

/// Carries it out; whether all was as expected.
///
/// # Errors
/// What cannot be read, started or written.
pub async fn carry_out(arguments: HarnessArgs) -> Result<bool, BoxError> {
    match arguments.command {
        HarnessCommand::Run(arguments) => running::run(&arguments).await,
    }
}
