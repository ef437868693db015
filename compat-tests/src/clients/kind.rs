//! Which clients there are, and how each is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::java;
use crate::process::PeerProcess;

/// How all but the Java clients are built, from the workspace's root.
const BUILD: &str = "compat-tests/build-clients";
/// Spring's names for intervals of 1 s; the stock ones are 30 s.
const SPRING_INTERVALS: [&str; 2] =
    ["--eureka.instance.lease-renewal-interval-in-seconds=1", "--eureka.client.registry-fetch-interval-seconds=1"];

/// A client of another make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Spring Cloud 2025.0.1 on Boot 3.5.9: Netflix's client 2.0 over Spring's `RestClient`.
    Spring2025,
    /// Spring Cloud 2021.0.9 on Boot 2.7.18: Netflix's client 1.10 on Jersey 1.
    Spring2021,
    /// Netflix's `eureka-client` 1.10.18 alone, on Jersey 1.
    Netflix1,
    /// Netflix's `eureka-client` 2.0.6 alone, on Jersey 3.
    Netflix2,
    /// `py-eureka-client` 0.13.3 for Python.
    Python,
    /// `eureka-js-client` 4.5.0 for Node.
    Node,
    /// `fargo` 1.4.0 for Go, in XML.
    GoXml,
    /// `fargo` 1.4.0 for Go, in JSON.
    GoJson,
}

impl Kind {
    /// The application that it registers as here.
    pub fn app(self) -> &'static str {
        match self {
            Self::Spring2025 => "JAVA-SERVICE",
            Self::Spring2021 => "SPRING-2021",
            Self::Netflix1 => "NETFLIX-1",
            Self::Netflix2 => "NETFLIX-2",
            Self::Python => "PYTHON",
            Self::Node => "NODE",
            Self::GoXml => "GO-XML",
            Self::GoJson => "GO-JSON",
        }
    }

    /// Whether it fetches changes alone once it has the list; fargo always fetches the list.
    pub fn fetches_deltas(self) -> bool {
        !matches!(self, Self::GoXml | Self::GoJson)
    }

    /// With what it ends after `SIGTERM`: a JVM tells the signal.
    pub fn exit_code(self) -> i32 {
        match self {
            Self::Spring2025 | Self::Spring2021 | Self::Netflix1 | Self::Netflix2 => 143,
            Self::Python | Self::Node | Self::GoXml | Self::GoJson => 0,
        }
    }

    /// Starts one.
    ///
    /// # Errors
    /// When it was not built, or cannot be started: with what to do.
    pub fn start(self, name: &str, environment: &[(&str, &str)]) -> Result<PeerProcess, Failure> {
        let command = match self {
            Self::Spring2025 => return java::start(name, "java-service", environment, &SPRING_INTERVALS),
            Self::Spring2021 => return java::start(name, "spring-2021", environment, &SPRING_INTERVALS),
            Self::Netflix1 => return java::start(name, "netflix-1", environment, &[]),
            Self::Netflix2 => return java::start(name, "netflix-2", environment, &[]),
            Self::Python => with_script(built("python/bin/python"), "python/follower.py"),
            Self::Node => {
                let mut command = with_script("node".into(), "node/follower.js");
                command.env("NODE_PATH", built("node/node_modules"));
                command
            }
            Self::GoXml => Command::new(built("go-follower")),
            Self::GoJson => {
                let mut command = Command::new(built("go-follower"));
                command.env("FORMAT", "json");
                command
            }
        };
        let mut command = command;
        command.envs(environment.iter().copied());
        PeerProcess::start(name, command, &format!("build it with `{BUILD}`"))
    }
}

fn with_script(interpreter: PathBuf, script: &str) -> Command {
    let mut command = Command::new(interpreter);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script));
    command
}

fn built(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/clients").join(path)
}
