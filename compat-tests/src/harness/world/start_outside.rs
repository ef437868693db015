//! Starts nodes that are processes of their own.

use super::super::node::NodeKind;
use super::super::scenario::{NodePart, Program};
use super::World;
use super::beginning::Beginning;
use super::outside::{Order, Outside};
use super::running::Running;
use crate::Failure;

impl World {
    /// Starts a node that is a process of its own: whether it is a registry. `None`: it runs in this process.
    pub(super) async fn start_outside(&mut self, name: &str) -> Result<Option<bool>, Failure> {
        let is_outside = |part: &NodePart| part.name == name && part.program != Program::Inside;
        if let Some(place) = self.registries.iter().position(|one| is_outside(&one.part)) {
            // A Java one runs already when it is started for the first time.
            if !self.registries[place].running.is_up() {
                let mut outside = self.registry_process(place)?;
                let health = format!("{}/actuator/health", self.registries[place].origin());
                outside.until_answers(&health, &self.stack.http).await?;
                self.registries[place].running = Running::Outside(outside);
            }
            return Ok(Some(true));
        }
        if let Some(place) = self.gateways.iter().position(|one| is_outside(&one.part)) {
            if !self.gateways[place].running.is_up() {
                let outside = self.gateway_process(place).await?;
                self.gateways[place].running = Running::Outside(outside);
                self.gateways[place].beginning = Beginning::default();
            }
            if self.gateways[place].is_java() && !self.gateways[place].beginning.is_done()? {
                self.begin_client(place);
            }
            return Ok(Some(false));
        }
        self.start_sync_speed_outside(name).await
    }

    /// The first request for a Java client's copy makes the client: it fetches at once, and then by its timer.
    pub(super) fn begin_client(&mut self, place: usize) {
        let gateway = &mut self.gateways[place];
        let url = gateway.address().url;
        gateway.beginning = Beginning::default();
        gateway.beginning.ask(&self.stack.http, vec![format!("{url}/copy"), format!("{url}/fetched")]);
    }

    /// The first call of a Ribbon client makes its balancer.
    pub(in crate::harness) fn begin_ribbon(&mut self, place: usize, apps: &[String]) -> Result<(), Failure> {
        let caller = &mut self.callers[place];
        let found = self.gateways.iter().find(|one| one.part.name == caller.part.gateway);
        let gateway = found.ok_or_else(|| Failure::new(format!("there is no gateway {}", caller.part.gateway)))?;
        let url = gateway.address().url;
        let urls = apps.iter().map(|app| format!("{url}/server-list/{}", app.to_lowercase())).collect();
        caller.beginning = Beginning::default();
        caller.beginning.ask(&self.stack.http, urls);
        Ok(())
    }

    async fn start_sync_speed_outside(&mut self, name: &str) -> Result<Option<bool>, Failure> {
        let is_outside = |part: &NodePart| part.name == name && part.program != Program::Inside;
        let Some(place) = self.sync_speeds.iter().position(|one| is_outside(&one.part)) else { return Ok(None) };
        let part = self.sync_speeds[place].part.clone();
        let registries = self.links_to(&part.name, &part.registries)?;
        let (at, data) = (self.sync_speeds[place].at, self.data.path().join(&part.name));
        let order = Order {
            kind: NodeKind::SyncSpeed,
            part: &part,
            at,
            admin_at: None,
            data: &data,
            registries: &registries,
            arguments: &[],
            programs: &self.programs,
            clock: &self.stack.clock,
        };
        let mut outside = order.start()?;
        outside.until_answers(&order.health(), &self.stack.http).await?;
        self.sync_speeds[place].running = Running::Outside(outside);
        Ok(Some(false))
    }

    /// A registry's process; it does not answer yet.
    pub(super) fn registry_process(&self, place: usize) -> Result<Outside, Failure> {
        let registry = &self.registries[place];
        let order = Order {
            kind: NodeKind::Registry,
            part: &registry.part,
            at: registry.at,
            admin_at: None,
            data: self.data.path(),
            registries: &[],
            arguments: &[],
            programs: &self.programs,
            clock: &self.stack.clock,
        };
        order.start()
    }

    /// A gateway's process that answers.
    pub(super) async fn gateway_process(&mut self, place: usize) -> Result<Outside, Failure> {
        let registries = self.links_of_gateway(place)?;
        let part = self.part_with_sync_speeds(place)?;
        let gateway = &self.gateways[place];
        let refresh = self.callers.iter().find(|caller| caller.part.gateway == gateway.part.name);
        let arguments: Vec<String> = refresh
            .map(|caller| format!("--ribbon.ServerListRefreshInterval={}", caller.part.refresh_ms))
            .into_iter()
            .collect();
        let order = Order {
            kind: NodeKind::Gateway,
            part: &part,
            at: gateway.at,
            admin_at: Some(gateway.admin_at),
            data: self.data.path(),
            registries: &registries,
            arguments: &arguments,
            programs: &self.programs,
            clock: &self.stack.clock,
        };
        let mut outside = order.start()?;
        outside.until_answers(&order.health(), &self.stack.http).await?;
        Ok(outside)
    }
}
