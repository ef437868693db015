//! What runs in a scenario: services by their `run`, producers, and the links between them.

mod announcing;
mod beginning;
mod build;
mod instance;
mod nodes;
mod outside;
mod prepare;
mod running;
mod start_outside;

use std::collections::{BTreeMap, HashMap};

use tempfile::TempDir;

use super::pace::Pace;
use super::programs::Programs;
use super::scenario::Scenario;
use crate::Failure;
use crate::link::{Link, LinkClock};
use crate::stack::Stack;

pub(super) use instance::Instance;
pub(super) use nodes::{Caller, Gateway, Listed, Registry, SyncSpeed};
pub(super) use outside::Outside;
pub(super) use running::Running;
use running::stop_all;

/// Requests to a sync-speed, and what it does after a restart, may fetch too: by these timers.
const FETCHERS: &[&str] = &["request", "recovery"];

/// Everything of one run.
pub(super) struct World {
    pub(super) stack: Stack,
    pub(super) pace: Pace,
    /// The scenario's begin, milliseconds since 1970.
    pub(super) began_ms: i64,
    /// How long after a tick of the read-only caches it begins.
    start_ms: i64,
    /// What is started for nodes that are processes of their own.
    programs: Programs,
    /// sync-speed's databases are in it.
    data: TempDir,
    pub(super) registries: Vec<Registry>,
    pub(super) gateways: Vec<Gateway>,
    pub(super) sync_speeds: Vec<SyncSpeed>,
    pub(super) callers: Vec<Caller>,
    pub(super) instances: Vec<Instance>,
    /// By name, as `gateway-1 -> registry-1`.
    pub(super) links: BTreeMap<String, Link>,
    /// Instances' names by their ids in the registry.
    pub(super) names: HashMap<String, String>,
}

impl World {
    /// Since the scenario's begin.
    pub(super) fn now_ms(&self) -> i64 {
        self.pace.now_ms() - self.began_ms
    }

    pub(super) fn registry(&mut self, name: &str) -> Result<&mut Registry, Failure> {
        let found = self.registries.iter_mut().find(|one| one.part.name == name);
        found.ok_or_else(|| Failure::new(format!("there is no registry {name}")))
    }

    pub(super) fn instance(&mut self, name: &str) -> Result<&mut Instance, Failure> {
        let found = self.instances.iter_mut().find(|one| one.part.name == name);
        found.ok_or_else(|| Failure::new(format!("there is no instance {name}")))
    }

    pub(super) fn link(&self, name: &str) -> Result<&Link, Failure> {
        self.links.get(name).ok_or_else(|| Failure::new(format!("there is no link {name}: its ends do not run yet")))
    }

    /// How an instance is called in the layers: by its name in the scenario; if it registered by itself, by its id. Nodes
    /// that registered are left out: they are not what is watched.
    pub(super) fn shown_as(&self, id: &str) -> Option<String> {
        // All nodes of a run listen on one address, and instances elsewhere.
        let is_node = || self.registries.iter().any(|one| id.starts_with(&format!("{}:", one.at.ip())));
        self.names.get(id).cloned().or_else(|| (!is_node()).then(|| id.to_owned()))
    }

    /// For a link from this client.
    fn link_clock(&self, client: &str) -> LinkClock {
        let is_sync_speed = self.sync_speeds.iter().any(|one| one.part.name == client);
        let fetchers = if is_sync_speed { FETCHERS } else { &[] };
        LinkClock { clock: self.stack.clock.clone(), hand: self.pace.hand(), fetchers }
    }

    /// Stops everything, clients before what they call, also after one that does not stop as it should: that is said at the end.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        let sync_speeds = self.sync_speeds.into_iter().map(|one| (one.part.name, one.running));
        let gateways = self.gateways.into_iter().map(|one| (one.part.name, one.running));
        let registries = self.registries.into_iter().map(|one| (one.part.name, one.running));
        let nodes = stop_all(sync_speeds.chain(gateways).chain(registries)).await;
        for link in self.links.into_values() {
            link.stop().await;
        }
        for instance in self.instances {
            if let Some(producer) = instance.producer {
                producer.stop().await;
            }
        }
        nodes.and(self.stack.stop().await)
    }
}

impl World {
    /// Nothing runs yet; every address is known.
    ///
    /// # Errors
    /// A setting that a product refuses.
    pub(super) fn new(scenario: &Scenario, programs: Programs) -> Result<Self, Failure> {
        build::world(scenario, programs)
    }
}
