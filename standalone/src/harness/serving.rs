//! Serves a scenario's nodes with the control API until it is told to stop.

use std::path::Path;

use compat_tests::harness::{Scenario, serve as harness_serve};
use compat_tests::tie::when_input_ends;
use eurus_service::Shutdown;
use eurus_service::process::BoxError;

use super::ServeArgs;
use super::words::say;

/// What runs when no file says it.
const ONE_REGISTRY: &str = "name: one registry\nregistries: {registry-1: {}}\n";

pub(super) async fn serve(arguments: &ServeArgs) -> Result<bool, BoxError> {
    let served = harness_serve::start(scenario(arguments.file.as_deref())?, arguments.port).await?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    if arguments.until_stdin_closes {
        let shutdown = shutdown.clone();
        when_input_ends(move || {
            log::info!("standard input has ended: stopping");
            shutdown.trigger();
        })?;
    }
    say(&format!("control API  {}/harness", served.url))?;
    for (name, node) in served.nodes["nodes"].as_object().into_iter().flatten() {
        if let Some(url) = node["url"].as_str() {
            say(&format!("{:<12} {name} {url}", node["kind"].as_str().unwrap_or_default()))?;
        }
    }
    say("Time stands still. Ctrl-C stops it.")?;
    shutdown.wait().await;
    served.stop().await?;
    Ok(true)
}

#[allow(clippy::disallowed_methods)] // Read before anything runs.
fn scenario(path: Option<&Path>) -> Result<Scenario, BoxError> {
    let Some(path) = path else { return Ok(Scenario::parse_to_serve("(no file)", ONE_REGISTRY)?) };
    let file = path.display().to_string();
    let source = std::fs::read_to_string(path).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    Ok(Scenario::parse_to_serve(&file, &source)?)
}
