//! The stock Spring Cloud Eureka server, on the JVM's defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use eurus_service::Clock;
use tempfile::TempDir;

use super::{CACHED_S, DELTA_RETENTION_MS, DELTA_TIMER_MS, Kind, Registry, Start, free_address, workspace};
use crate::failure::Failure;
use crate::process::Process;

const BUILD: [&str; 6] = ["-B", "-q", "-f", "compat-tests/java", "package", "-DskipTests"];
/// What the table says of it.
pub(crate) const FLAGS: &str = "no JVM flags: default heap and collector";

/// The jar; Maven builds it if it is missing.
///
/// # Errors
/// When that fails.
pub(crate) fn jar() -> Result<PathBuf, Failure> {
    let jar = workspace().join("compat-tests/java/eureka-server/target/eureka-server.jar");
    if !jar.is_file() {
        package(&BUILD)?;
    }
    Ok(jar)
}

/// Builds with Maven.
///
/// # Errors
/// When that fails.
pub(crate) fn package(arguments: &[&str]) -> Result<(), Failure> {
    eprintln!("bench: building with Java (once): mvn {}", arguments.join(" "));
    let status = Command::new("mvn").args(arguments).current_dir(workspace()).status().map_err(|error| {
        Failure::new(format!("mvn cannot be started ({error}): install openjdk-17-jdk-headless and maven"))
    })?;
    if !status.success() {
        return Err(Failure::new(format!("mvn {}: {status}", arguments.join(" "))));
    }
    Ok(())
}

/// Starts one on stock settings throughout.
///
/// # Errors
/// When there is no jar, or no `java`.
pub(crate) fn start_stock(folder: &TempDir, address: SocketAddr) -> Result<Process, Failure> {
    Process::start(
        "the Java server",
        Command::new("java")
            .arg("-jar")
            .arg(jar()?)
            .current_dir(folder)
            .env("ADDRESS", address.ip().to_string())
            .env("PORT", address.port().to_string()),
    )
}

/// Starts one in a folder of its own.
///
/// # Errors
/// When there is no `java`, or it does not answer.
pub(crate) async fn start(folder: &TempDir, clock: &Clock) -> Result<Registry, Failure> {
    let (jar, address) = (jar()?, free_address()?);
    let begun_us = clock.now_us();
    let process = Process::start(
        "the Java server",
        Command::new("java")
            .arg("-jar")
            .arg(jar)
            .arg(format!("--eureka.server.response-cache-auto-expiration-in-seconds={CACHED_S}"))
            .current_dir(folder)
            .env("ADDRESS", address.ip().to_string())
            .env("PORT", address.port().to_string())
            .env("DELTA_RETENTION_MS", DELTA_RETENTION_MS.to_string())
            .env("DELTA_TIMER_MS", DELTA_TIMER_MS.to_string()),
    )?;
    Registry::answering(process, Start { kind: Kind::Java, address, begun_us, pause_ms: 5, clock }).await
}
