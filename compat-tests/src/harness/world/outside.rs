//! A node that is a process of its own: one of ours, or a Java one.

use std::net::SocketAddr;
use std::path::Path;

use eurus_service::Clock;

use super::super::node::NodeKind;
use super::super::programs::Programs;
use super::super::scenario::{NodePart, Program};
use crate::process::PeerProcess;
use crate::{Failure, java};

/// See the module.
pub(crate) struct Outside {
    process: PeerProcess,
    clock: Clock,
    is_java: bool,
    pub(crate) is_paused: bool,
}

/// Everything that a process is started with.
pub(super) struct Order<'a> {
    pub(super) kind: NodeKind,
    pub(super) part: &'a NodePart,
    pub(super) at: SocketAddr,
    pub(super) admin_at: Option<SocketAddr>,
    pub(super) data: &'a Path,
    /// Service URLs.
    pub(super) registries: &'a [String],
    /// More arguments of a Java program.
    pub(super) arguments: &'a [String],
    pub(super) programs: &'a Programs,
    pub(super) clock: &'a Clock,
}

impl Order<'_> {
    /// Starts it; it does not answer yet.
    pub(super) fn start(&self) -> Result<Outside, Failure> {
        let is_java = self.part.program == Program::Java;
        let process = if is_java { self.java()? } else { self.eurus()? };
        Ok(Outside { process, clock: self.clock.clone(), is_java, is_paused: false })
    }

    /// What answers 200 as soon as it runs.
    pub(super) fn health(&self) -> String {
        let at = self.admin_at.filter(|_| self.part.program == Program::Eurus).unwrap_or(self.at);
        match (self.kind, self.part.program) {
            (NodeKind::Gateway, Program::Java) => format!("http://{at}/alive"),
            _ => format!("http://{at}/actuator/health"),
        }
    }

    fn eurus(&self) -> Result<PeerProcess, Failure> {
        let mut command = self.programs.eurus_command()?;
        command.arg(self.kind.word()).arg("--at").arg(self.at.to_string()).arg("--data").arg(self.data);
        command.arg("--ahead-ms").arg(self.part.ahead_ms.to_string());
        if let Some(admin_at) = self.admin_at {
            command.arg("--admin-at").arg(admin_at.to_string());
        }
        for registry in self.registries {
            command.arg("--registry").arg(registry);
        }
        for (key, value) in &self.part.settings {
            command.arg("--setting").arg(format!("{key}={value}"));
        }
        command.arg("--until-stdin-closes");
        PeerProcess::start_with_input(&self.part.name, command, "it is what 'program: eurus' starts")
    }

    fn java(&self) -> Result<PeerProcess, Failure> {
        let (ip, port, registries) = (self.at.ip().to_string(), self.at.port().to_string(), self.registries.join(","));
        let mut environment = vec![("ADDRESS", ip.as_str()), ("PORT", port.as_str())];
        if self.kind == NodeKind::Gateway {
            environment.push(("EUREKA_URL", &registries));
        }
        let module = if self.kind == NodeKind::Gateway { "ribbon-caller" } else { "watched-server" };
        let settings = self.part.settings.iter().map(|(key, value)| format!("--{key}={value}"));
        let arguments: Vec<String> = settings.chain(self.arguments.iter().cloned()).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        java::start_in(&self.programs.java_folder()?, &self.part.name, module, &environment, &arguments)
    }
}

impl Outside {
    pub(super) async fn until_answers(&mut self, url: &str, http: &reqwest::Client) -> Result<(), Failure> {
        self.process.until_answers(url, http, &self.clock).await
    }

    /// What it wrote so far.
    pub(super) fn output(&self) -> Result<String, Failure> {
        self.process.output()
    }

    /// Fails when it has ended by itself: with the end of what it wrote.
    pub(crate) fn is_there(&mut self) -> Result<(), Failure> {
        match self.process.ended()? {
            None => Ok(()),
            Some(status) => {
                Err(Failure::new(format!("it ended by itself: {status}\n{}", self.process.end_of_output())))
            }
        }
    }

    pub(crate) fn pause(&mut self) -> Result<(), Failure> {
        self.process.pause()?;
        self.is_paused = true;
        Ok(())
    }

    pub(crate) fn resume(&mut self) -> Result<(), Failure> {
        self.process.resume()?;
        self.is_paused = false;
        Ok(())
    }

    pub(crate) fn kill(&mut self) -> Result<(), Failure> {
        self.process.kill()
    }

    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        if self.is_paused {
            self.resume()?;
        }
        let is_java = self.is_java;
        let status = self.process.terminate(&self.clock).await?;
        // A JVM that was told to end says 143.
        let is_orderly = status.success() || is_java;
        Failure::unless(is_orderly, || format!("a node did not end in good order: {status}"))
    }
}
