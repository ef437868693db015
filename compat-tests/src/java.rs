//! Real Java peers, each a process of its own that ends with its owner.
//!
//! | module | what |
//! |---|---|
//! | this | a JVM with the jar of a module of `compat-tests/java` |
//! | [`service`] | a stock Spring Cloud service |
//! | [`server`] | a stock Spring Cloud Eureka server |
//! | [`mod@until`] | bounded waiting for what another process does, in real time |

pub mod server;
pub mod service;
pub mod until;

use std::net::{IpAddr, TcpListener};
use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::process::PeerProcess;

/// How the peers are built, from the workspace's root.
const BUILD: &str = "mvn -B -q -f compat-tests/java package -DskipTests";
/// Small and quick to start: several of them share a test machine.
const JVM_FLAGS: [&str; 3] = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
/// How many ports are tried where one must be free on several addresses.
const PORT_TRIES_MAX: usize = 20;

/// Starts the jar of a module of `compat-tests/java`. `name` is for messages.
///
/// # Errors
/// When the jar was not built or there is no `java`: with what to do.
pub fn start(
    name: &str,
    module: &str,
    environment: &[(&str, &str)],
    arguments: &[&str],
) -> Result<PeerProcess, Failure> {
    start_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("java"), name, module, environment, arguments)
}

/// The same with the modules in another folder.
///
/// # Errors
/// As [`start`].
pub fn start_in(
    folder: &Path,
    name: &str,
    module: &str,
    environment: &[(&str, &str)],
    arguments: &[&str],
) -> Result<PeerProcess, Failure> {
    let jar = folder.join(format!("{module}/target/{module}.jar"));
    Failure::unless(jar.is_file(), || format!("{} is missing: build it with `{BUILD}`", jar.display()))?;
    let mut command = Command::new("java");
    command.args(JVM_FLAGS).arg("-jar").arg(&jar).args(arguments).envs(environment.iter().copied());
    PeerProcess::start(name, command, &format!("install JDK 17 (openjdk-17-jdk-headless), then `{BUILD}`"))
}

/// A port that is free on all of these addresses. Addresses other than 127.0.0.1 keep it free: no outgoing connection
/// of this machine takes one of their ports.
///
/// # Errors
/// When none is found.
pub fn free_port(addresses: &[IpAddr]) -> Result<u16, Failure> {
    let [first, others @ ..] = addresses else { return Err(Failure::new("no address to find a free port on")) };
    for _ in 0..PORT_TRIES_MAX {
        let port = TcpListener::bind((*first, 0))?.local_addr()?.port();
        if others.iter().all(|other| TcpListener::bind((*other, port)).is_ok()) {
            return Ok(port);
        }
    }
    Err(Failure::new(format!("no port is free on all of {addresses:?}")))
}
