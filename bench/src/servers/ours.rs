//! This registry, on its defaults.

use std::path::{Path, PathBuf};
use std::process::Command;

use eurus_service::Clock;
use tempfile::TempDir;

use super::{CACHED_S, DELTA_RETENTION_MS, DELTA_TIMER_MS, Kind, Registry, Start, free_address, workspace};
use crate::failure::Failure;
use crate::process::Process;

const BUILD: [&str; 5] = ["build", "--profile", "dist", "-p", "eurus-registry"];

/// The binary of the `dist` profile, built if it is missing or stale.
///
/// # Errors
/// When that fails.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    eprintln!("bench: cargo {} (minutes if it is stale; --registry PATH takes another)", BUILD.join(" "));
    let status = Command::new(cargo).args(BUILD).current_dir(workspace()).status()?;
    if !status.success() {
        return Err(Failure::new(format!("cargo {}: {status}", BUILD.join(" "))));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    let binary = workspace().join(target).join("dist/eurus-registry");
    if binary.is_file() {
        Ok(binary)
    } else {
        Err(Failure::new(format!("{} is not there; say where it is with --registry PATH", binary.display())))
    }
}

/// Starts one with a data folder of its own.
///
/// # Errors
/// When it cannot be started, or does not answer.
pub(crate) async fn start(binary: &Path, folder: &TempDir, clock: &Clock) -> Result<Registry, Failure> {
    let address = free_address()?;
    let begun_us = clock.now_us();
    let process = Process::start(
        "the registry",
        Command::new(binary)
            .arg("--data-dir")
            .arg(folder.path())
            .arg(format!("--server.address={}", address.ip()))
            .arg(format!("--server.port={}", address.port()))
            .arg(format!("--eureka.server.retention-time-in-m-s-in-delta-queue={DELTA_RETENTION_MS}"))
            .arg(format!("--eureka.server.response-cache-auto-expiration-in-seconds={CACHED_S}"))
            .arg(format!("--eureka.server.delta-retention-timer-interval-in-ms={DELTA_TIMER_MS}"))
            .current_dir(folder),
    )?;
    Registry::answering(process, Start { kind: Kind::Ours, address, begun_us, pause_ms: 1, clock }).await
}
