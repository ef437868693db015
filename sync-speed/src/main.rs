//! The `eurus-sync-speed` command: sync-speed alone.

use std::process::ExitCode;

use clap::Parser;
use eurus_service::listen;
use eurus_service::process::{BoxError, CommonArgs, PROPERTIES_HELP, Process, Started, parse_arguments};
use eurus_service::protection::refuse_users;
use eurus_sync_speed::{PORT, SyncSpeedConfig};

const NAME: &str = "eurus-sync-speed";

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Takes instances offline at a Eureka registry and at every gateway, as one unit.
#[derive(Parser)]
#[command(name = NAME, version, after_help = PROPERTIES_HELP)]
struct Arguments {
    #[command(flatten)]
    common: CommonArgs,
}

fn main() -> ExitCode {
    match parse_arguments::<Arguments>(NAME) {
        Ok((arguments, flags)) => Process::alone(NAME).run(&arguments.common, flags, serve),
        Err(code) => code,
    }
}

async fn serve(started: Started) -> Result<(), BoxError> {
    let instead = "eurus.sync-speed.allow, .token and .callers protect sync-speed";
    refuse_users(&started.properties, instead)?;
    let mut config = SyncSpeedConfig::of_process(&started.properties, started.data_dir)?;
    started.rereading.on_hangup()?;
    config.rereading = Some(started.rereading);
    let listener = listen::bind(PORT, PORT.endpoint_of_process(&started.properties)?)?;
    Ok(eurus_sync_speed::run(config, listener, started.clock, started.shutdown).await?)
}
