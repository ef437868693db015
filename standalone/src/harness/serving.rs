//! Serves a scenario's nodes with the control API until it is told to stop.

use std::path::Path;

use compat_tests::harness::{Scenario, serve as harness_serve};
use eurus_service::Shutdown;
use eurus_service::process::BoxError;

use super::ServeArgs;

#[allow(clippy::print_stdout)] // A command's own words: tests read them.
pub(super) async fn serve(arguments: &ServeArgs) -> Result<bool, BoxError> {
    let served = harness_serve::start(scenario(&arguments.file)?, arguments.port).await?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    println!("control API  {}/harness", served.url);
    for (name, node) in served.nodes["nodes"].as_object().into_iter().flatten() {
        if let Some(url) = node["url"].as_str() {
            println!("{:<12} {name} {url}", node["kind"].as_str().unwrap_or_default());
        }
    }
    println!("Time stands still. Ctrl-C stops it.");
    shutdown.wait().await;
    served.stop().await?;
    Ok(true)
}

#[allow(clippy::disallowed_methods)] // Read before anything runs.
fn scenario(path: &Path) -> Result<Scenario, BoxError> {
    let file = path.display().to_string();
    let source = std::fs::read_to_string(path).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    Ok(Scenario::parse_to_serve(&file, &source)?)
}
