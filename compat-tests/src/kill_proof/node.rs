//! One process, which is started again and again at the same address.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use eurus_service::Clock;

use crate::Failure;
use crate::harness::Programs;
use crate::harness::node::NodeKind;
use crate::process::PeerProcess;
use crate::stack::bind;

pub(super) struct Node {
    pub(super) name: String,
    pub(super) kind: NodeKind,
    /// Where it serves.
    pub(super) at: SocketAddr,
    /// Where a gateway's admin API is.
    pub(super) admin_at: Option<SocketAddr>,
    pub(super) data: PathBuf,
    /// Service URL of the registry.
    pub(super) registry: Option<String>,
    pub(super) settings: Vec<(String, String)>,
    process: Option<PeerProcess>,
    stands_still: bool,
}

impl Node {
    /// It does not run yet. Its address is one that no connection of another process takes by chance while it is dead:
    /// those come from 127.0.0.1.
    pub(super) fn new(kind: NodeKind, name: String, ip: IpAddr, data: PathBuf) -> Result<Self, Failure> {
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

    pub(super) fn set(&mut self, key: &str, value: impl ToString) {
        self.settings.push((key.to_owned(), value.to_string()));
    }

    /// Where it is asked: a gateway at its admin API.
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.admin_at.unwrap_or(self.at))
    }

    pub(super) fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// It does not answer yet.
    pub(super) fn start(&mut self, programs: &Programs) -> Result<(), Failure> {
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

    pub(super) fn stands_still(&self) -> bool {
        self.stands_still
    }

    /// SIGSTOP, or SIGCONT.
    pub(super) fn stand_still(&mut self, stands_still: bool) -> Result<(), Failure> {
        self.stands_still = stands_still;
        match (&self.process, stands_still) {
            (Some(process), true) => process.pause(),
            (Some(process), false) => process.resume(),
            (None, _) => Err(Failure::new(format!("{} does not run", self.name))),
        }
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) -> Result<(), Failure> {
        match self.process.take() {
            Some(mut process) => process.kill(),
            None => Ok(()),
        }
    }

    /// Returns when it is healthy.
    ///
    /// # Errors
    /// When it has ended by itself, or is not healthy in time.
    pub(super) async fn until_healthy(&mut self, http: &reqwest::Client, clock: &Clock) -> Result<(), Failure> {
        let url = format!("{}/actuator/health", self.origin());
        match &mut self.process {
            Some(process) => process.until_answers(&url, http, clock).await,
            None => Err(Failure::new(format!("{} does not run", self.name))),
        }
    }
}
