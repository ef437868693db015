//! The stock Spring Cloud Gateway: one route, balancing over what the registry says, on stock settings.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::{java, workspace};
use crate::failure::Failure;
use crate::process::Process;

const BUILD: [&str; 6] = ["-B", "-q", "-f", "bench/java/spring-gateway", "package", "-DskipTests"];

/// The jar; Maven builds it if it is missing.
///
/// # Errors
/// When that fails.
pub(crate) fn jar() -> Result<PathBuf, Failure> {
    let jar = workspace().join("bench/java/spring-gateway/target/spring-gateway.jar");
    if !jar.is_file() {
        java::package(&BUILD)?;
    }
    Ok(jar)
}

/// Starts one that sends every path to a service.
///
/// # Errors
/// When there is no jar, or no `java`.
pub(crate) fn start(
    folder: &TempDir,
    address: SocketAddr,
    service: &str,
    registry: SocketAddr,
) -> Result<Process, Failure> {
    Process::start(
        "Spring Cloud Gateway",
        Command::new("java")
            .arg("-jar")
            .arg(jar()?)
            .current_dir(folder)
            .env("ADDRESS", address.ip().to_string())
            .env("PORT", address.port().to_string())
            .env("SERVICE", service)
            .env("EUREKA_URL", format!("http://{registry}/eureka/")),
    )
}
