//! The `eurus-registry` command: the registry alone.

use std::process::ExitCode;

use clap::Parser;
use eurus_registry::{Listeners, PORT, RegistryConfig};
use eurus_service::process::{BoxError, CommonArgs, PROPERTIES_HELP, Process, Started, parse_arguments};

/// Requests and log lines allocate a lot of small pieces: cheaper here than with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NAME: &str = "eurus-registry";
const REGISTER: &str = "eureka.client.register-with-eureka";

/// A Eureka-compatible registry, on Netflix's intervals.
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
    let config = RegistryConfig::from_properties(&started.properties)?;
    if started.properties.is_set_by_user(REGISTER) && started.properties.bool(REGISTER, true)? {
        log::info!("{REGISTER} has no effect: this registry registers itself nowhere, and shows on no list");
    }
    let listeners = Listeners::bind(&config, PORT.endpoint_of_process(&started.properties)?)?;
    eurus_registry::run(config, listeners, started.clock, started.shutdown).await?;
    log::info!("stopped");
    Ok(())
}
