//! The `eurus-gateway` command: one gateway alone.

use std::process::ExitCode;

use clap::Parser;
use eurus_gateway::{GatewayConfig, GatewayListeners, PORT};
use eurus_service::process::{BoxError, CommonArgs, PROPERTIES_HELP, Process, Started, parse_arguments};
use eurus_service::protection::refuse_users;

const NAME: &str = "eurus-gateway";

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A gateway that finds instances in a Eureka registry and takes downlines, on Netflix's intervals.
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
    let instead = "eurus.gateway.ssl.client-auth or a proxy in front protects the gateway's port, eurus.gateway.admin.token its admin API";
    refuse_users(&started.properties, instead)?;
    let mut config = GatewayConfig::of_process(&started.properties)?;
    started.rereading.on_hangup()?;
    config.rereading = Some(started.rereading);
    let data = PORT.endpoint_of_process(&started.properties)?;
    let listeners = GatewayListeners::bind(data, &config, &started.properties)?;
    Ok(eurus_gateway::run(config, listeners, started.clock, started.shutdown).await?)
}
