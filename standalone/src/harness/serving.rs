//! Serves a scenario's nodes with the control API until it is told to stop.

use std::io::Read;
use std::path::Path;
use std::thread;

use compat_tests::harness::{Scenario, serve as harness_serve};
use eurus_service::Shutdown;
use eurus_service::process::BoxError;

use super::ServeArgs;

/// What runs when no file says it.
const ONE_REGISTRY: &str = "name: one registry\nregistries: {registry-1: {}}\n";

#[allow(clippy::print_stdout)] // A command's own words: tests read them.
pub(super) async fn serve(arguments: &ServeArgs) -> Result<bool, BoxError> {
    let served = harness_serve::start(scenario(arguments.file.as_deref())?, arguments.port).await?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    if arguments.until_stdin_closes {
        stop_with_stdin(shutdown.clone())?;
    }
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
fn scenario(path: Option<&Path>) -> Result<Scenario, BoxError> {
    let Some(path) = path else { return Ok(Scenario::parse_to_serve("(no file)", ONE_REGISTRY)?) };
    let file = path.display().to_string();
    let source = std::fs::read_to_string(path).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    Ok(Scenario::parse_to_serve(&file, &source)?)
}

/// A thread of its own: the runtime would wait for a read that never ends.
fn stop_with_stdin(shutdown: Shutdown) -> std::io::Result<()> {
    let watch = move || {
        let mut unread = [0; 64];
        // Whatever is said there is nothing to us, and an input that breaks has ended.
        while std::io::stdin().read(&mut unread).is_ok_and(|read| read > 0) {}
        log::info!("standard input has ended: stopping");
        shutdown.trigger();
    };
    thread::Builder::new().name("stdin".to_owned()).spawn(watch).map(drop)
}
