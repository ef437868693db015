//! One process, which is started again and again at the same address.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use eurus_service::Clock;

use super::PeerProcess;
use crate::Failure;
use crate::harness::Programs;
use crate::harness::node::NodeKind;
use crate::stack::bind;

pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) kind: NodeKind,
    /// Where it serves.
    pub(crate) at: SocketAddr,
    /// Where a gateway's admin API is.
    pub(crate) admin_at: Option<SocketAddr>,
    pub(crate) data: PathBuf,
    /// Service URL of the registry.
    pub(crate) registry: Option<String>,
    pub(crate) settings: Vec<(String, String)>,
    process: Option<PeerProcess>,
    stands_still: bool,
}

impl Node {
    /// It does not run yet. Its address is one that no connection of another process takes by chance while it is dead:
    /// those come from 127.0.0.1.
    pub(crate) fn new(kind: NodeKind, name: String, ip: IpAddr, data: PathBuf) -> Result<Self, Failure> {
        let free = || bind(SocketAddr::new(ip, 0)).map(|(_, at)| at);
        let admin_at = if kind == NodeKind::Gateway { Some(free()?) } else { None };
        Ok(Self {
            name,
            kind,
            at: free()?,
            admin_at,
            data,
            registry: None,
            settings: Vec::new(),
            process: None,
            stands_still: false,
        })
    }

    pub(crate) fn set(&mut self, key: &str, value: impl ToString) {
        self.settings.push((key.to_owned(), value.to_string()));
    }

    /// Where it is asked: a gateway at its admin API.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.admin_at.unwrap_or(self.at))
    }

    pub(crate) fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// It does not answer yet.
    pub(crate) fn start(&mut self, programs: &Programs) -> Result<(), Failure> {
        let mut command = programs.eurus_command()?;
        command.arg(self.kind.word()).arg("--at").arg(self.at.to_string()).arg("--data").arg(&self.data);
        if let Some(admin_at) = self.admin_at {
            command.arg("--admin-at").arg(admin_at.to_string());
        }
        if let Some(registry) = &self.registry {
            command.arg("--registry").arg(registry);
        }
        for (key, value) in &self.settings {
            command.arg("--setting").arg(format!("{key}={value}"));
        }
        command.arg("--until-stdin-closes");
        self.process = Some(PeerProcess::start_with_input(&self.name, command, "it is what a node is")?);
        Ok(())
    }

    /// Its process, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(PeerProcess::pid)
    }

    pub(crate) fn stands_still(&self) -> bool {
        self.stands_still
    }

    /// SIGSTOP, or SIGCONT.
    pub(crate) fn stand_still(&mut self, stands_still: bool) -> Result<(), Failure> {
        self.stands_still = stands_still;
        match (&self.process, stands_still) {
            (Some(process), true) => process.pause(),
            (Some(process), false) => process.resume(),
            (None, _) => Err(Failure::new(format!("{} does not run", self.name))),
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) -> Result<(), Failure> {
        match self.process.take() {
            Some(mut process) => process.kill(),
            None => Ok(()),
        }
    }

    /// Returns when it is healthy.
    ///
    /// # Errors
    /// When it has ended by itself, or is not healthy in time.
    pub(crate) async fn until_healthy(&mut self, http: &reqwest::Client, clock: &Clock) -> Result<(), Failure> {
        let url = format!("{}/actuator/health", self.origin());
        match &mut self.process {
            Some(process) => process.until_answers(&url, http, clock).await,
            None => Err(Failure::new(format!("{} does not run", self.name))),
        }
    }
}
