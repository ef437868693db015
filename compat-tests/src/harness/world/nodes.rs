//! One node of each kind, running or not.

use std::net::SocketAddr;

use eurus_gateway::{CopyAccess, GatewayConfig};
use eurus_registry::{CacheAccess, RegistryConfig};
use eurus_service::Clock;
use eurus_sync_speed::SyncSpeedConfig;

use super::super::fault_hand::{FaultHand, Hit};
use super::super::lists::Statuses;
use super::super::scenario::{CallerPart, FaultRule, NodePart, Program};
use super::World;
use super::beginning::Beginning;
use super::running::Running;
use crate::Failure;
use crate::link::Link;
use crate::stack::{GatewayAddress, bind};

pub(crate) struct Registry {
    pub(crate) part: NodePart,
    pub(super) config: RegistryConfig,
    pub(super) at: SocketAddr,
    pub(crate) access: CacheAccess,
    pub(crate) faults: FaultHand,
    pub(super) clock: Clock,
    pub(crate) running: Running,
    /// When the eviction timer of a Java one began, milliseconds since 1970.
    pub(crate) opened_ms: Option<i64>,
    /// What a client's copy would be that takes in every delta of the read-only cache; `None`: not to be trusted.
    pub(crate) shadow: Option<Shadow>,
}

/// See [`Registry::shadow`].
#[derive(Default)]
pub(crate) struct Shadow {
    pub(crate) copy: Option<Statuses>,
    /// The last delta that it has taken in, or that was there before it was.
    pub(crate) delta: Vec<u8>,
    /// Nothing was taken in yet: the copy is the full list.
    pub(crate) is_at_first_delta: bool,
}

pub(crate) struct Gateway {
    pub(crate) part: NodePart,
    pub(super) config: GatewayConfig,
    pub(super) at: SocketAddr,
    pub(super) admin_at: SocketAddr,
    pub(crate) faults: FaultHand,
    pub(super) clock: Clock,
    pub(crate) running: Running,
    pub(crate) copy: CopyAccess,
    /// The Eureka client of a Java one that has been asked for: it fetches by itself from then on.
    pub(crate) beginning: Beginning,
}

pub(crate) struct SyncSpeed {
    pub(crate) part: NodePart,
    pub(super) config: SyncSpeedConfig,
    pub(super) at: SocketAddr,
    pub(crate) faults: FaultHand,
    pub(super) clock: Clock,
    pub(crate) running: Running,
}

/// One instance of a caller's list.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) instance: String,
    pub(crate) app: String,
    pub(crate) address: String,
}

/// A simulated caller.
pub(crate) struct Caller {
    pub(crate) part: CallerPart,
    pub(crate) list: Vec<Listed>,
    pub(crate) is_frozen: bool,
    /// A real Ribbon balancer that has been asked for: it keeps its list by itself from then on.
    pub(crate) beginning: Beginning,
    /// Round robin.
    pub(crate) next: usize,
}

impl Registry {
    pub(crate) fn is_java(&self) -> bool {
        self.part.program == Program::Java
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/eureka/", self.origin())
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Moments of its own clock.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

impl Gateway {
    pub(crate) fn is_java(&self) -> bool {
        self.part.program == Program::Java
    }

    pub(crate) fn address(&self) -> GatewayAddress {
        GatewayAddress { url: format!("http://{}", self.at), admin: format!("http://{}", self.admin_at) }
    }

    pub(crate) fn admin_token(&self) -> Option<&str> {
        self.config.admin.token.as_deref()
    }
}

impl SyncSpeed {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.at)
    }
}

impl World {
    /// Starts a node that does not run. Whether it was a registry.
    pub(crate) async fn start_node(&mut self, name: &str) -> Result<bool, Failure> {
        if let Some(is_registry) = self.start_outside(name).await? {
            return Ok(is_registry);
        }
        if let Some(place) = self.registries.iter().position(|one| one.part.name == name) {
            let registry = &mut self.registries[place];
            let listener = bind(registry.at)?.0;
            let (_, service) = self
                .stack
                .registry_on(registry.config.clone(), listener, &registry.clock, registry.faults.begins())
                .await?;
            registry.running = Running::Inside(service);
            registry.shadow = Some(Shadow::default());
            return Ok(true);
        }
        if let Some(place) = self.gateways.iter().position(|one| one.part.name == name) {
            let gateway = &self.gateways[place];
            let (at, admin_at) = (gateway.at, gateway.admin_at);
            let mut config = gateway.config.clone();
            config.service_urls = self.links_of_gateway(place)?;
            config.sync_speed = self.sync_speeds_of_gateway(place)?;
            let (data, admin) = (bind(at)?.0, bind(admin_at)?.0);
            let gateway = &self.gateways[place];
            let shutdown = gateway.faults.begins();
            let (_, service) = self.stack.gateway_on(config, data, admin, &gateway.clock, shutdown).await?;
            self.gateways[place].running = Running::Inside(service);
            return Ok(false);
        }
        let place = self.sync_speeds.iter().position(|one| one.part.name == name);
        let place = place.ok_or_else(|| Failure::new(format!("there is no node {name}")))?;
        let part = self.sync_speeds[place].part.clone();
        let mut config = self.sync_speeds[place].config.clone();
        config.eureka.service_urls = self.links_to(&part.name, &part.registries)?;
        let listener = bind(self.sync_speeds[place].at)?.0;
        let sync_speed = &self.sync_speeds[place];
        let shutdown = sync_speed.faults.begins();
        let (_, service) = self.stack.sync_speed_on(config, listener, &sync_speed.clock, shutdown).await?;
        self.sync_speeds[place].running = Running::Inside(service);
        Ok(false)
    }

    /// Stops a node that runs.
    pub(crate) async fn stop_node(&mut self, name: &str) -> Result<(), Failure> {
        self.service(name)?.1.end().await
    }

    /// Kills a node.
    pub(crate) async fn kill_node(&mut self, name: &str) -> Result<(), Failure> {
        self.service(name)?.1.kill().await
    }

    /// Kills what was killed at a point, for good.
    pub(crate) async fn bury_the_killed(&mut self) -> Result<(), Failure> {
        for (_, faults, running) in self.services() {
            if faults.is_killed() {
                running.kill().await?;
                faults.has_ended();
            }
        }
        Ok(())
    }

    /// Waits until some service waits at a point for time to go on.
    pub(crate) async fn wait_until_held(&self) {
        let registries = self.registries.iter().map(|one| &one.faults);
        let gateways = self.gateways.iter().map(|one| &one.faults);
        let all = registries.chain(gateways).chain(self.sync_speeds.iter().map(|one| &one.faults));
        // There is a registry, so there is one to wait for.
        futures_util::future::select_all(all.map(|faults| Box::pin(faults.wait_until_held()))).await;
    }

    /// A node's faults.
    pub(crate) fn faults_of(&mut self, name: &str) -> Result<&FaultHand, Failure> {
        self.service(name).map(|(faults, _)| faults)
    }

    /// By what the points inside a service call an instance or a gateway.
    pub(crate) fn id_of(&self, name: &str) -> Option<String> {
        let gateway = self.gateways.iter().find(|one| one.part.name == name);
        let instance = self.instances.iter().find(|one| one.part.name == name && !one.id.is_empty());
        gateway
            .map(|gateway| gateway.config.instance_id_at(gateway.at))
            .or_else(|| instance.map(|instance| instance.id.clone()))
    }

    /// Rules that stand and never applied.
    pub(crate) fn faults_that_never_applied(&mut self) -> Vec<FaultRule> {
        self.services().flat_map(|(_, faults, _)| faults.never_applied()).collect()
    }

    /// Rules that applied since the last look, by node.
    pub(crate) fn take_fault_hits(&mut self) -> Vec<(String, Hit)> {
        let mut all = Vec::new();
        for (name, faults, _) in self.services() {
            all.extend(faults.take_hits().into_iter().map(|hit| (name.clone(), hit)));
        }
        all
    }

    fn service(&mut self, name: &str) -> Result<(&FaultHand, &mut Running), Failure> {
        let found = self.services().find(|(node, ..)| *node == name);
        let found = found.map(|(_, faults, running)| (faults, running));
        found.ok_or_else(|| Failure::new(format!("there is no node {name}")))
    }

    fn services(&mut self) -> impl Iterator<Item = (&String, &FaultHand, &mut Running)> {
        let registries = self.registries.iter_mut().map(|one| (&one.part.name, &one.faults, &mut one.running));
        let gateways = self.gateways.iter_mut().map(|one| (&one.part.name, &one.faults, &mut one.running));
        let sync_speeds = self.sync_speeds.iter_mut().map(|one| (&one.part.name, &one.faults, &mut one.running));
        registries.chain(gateways).chain(sync_speeds)
    }

    /// How a node runs.
    pub(crate) fn running(&mut self, name: &str) -> Result<&mut Running, Failure> {
        self.service(name).map(|(_, running)| running)
    }

    /// Service URLs of a gateway, which tells the registries its admin API's link instead of its address.
    pub(super) fn links_of_gateway(&mut self, place: usize) -> Result<Vec<String>, Failure> {
        let gateway = &self.gateways[place];
        let (part, admin_at) = (gateway.part.clone(), gateway.admin_at);
        let admin_link = format!("sync-speed -> {}", part.name);
        if !self.sync_speeds.is_empty() && !self.links.contains_key(&admin_link) {
            let link = Link::start_on(&format!("http://{admin_at}"), Some(self.link_clock("")))?;
            self.links.insert(admin_link.clone(), link);
        }
        let urls = self.links_to(&part.name, &part.registries)?;
        if let Some(admin) = self.links.get(&admin_link) {
            for registry in &part.registries {
                let to_registry = self.link(&format!("{} -> {registry}", part.name))?;
                to_registry.rewrite(&format!("http://{admin_at}\""), &format!("{}\"", admin.origin));
            }
        }
        Ok(urls)
    }

    /// Service URLs of a client: each a link of its own.
    pub(super) fn links_to(&mut self, client: &str, registries: &[String]) -> Result<Vec<String>, Failure> {
        let mut urls = Vec::new();
        for registry in registries {
            let name = format!("{client} -> {registry}");
            if !self.links.contains_key(&name) {
                let origin = self.registry(registry)?.origin();
                let link = Link::start_on(&origin, Some(self.link_clock(client)))?;
                self.links.insert(name.clone(), link);
            }
            urls.push(self.link(&name)?.service_url.clone());
        }
        Ok(urls)
    }
}
