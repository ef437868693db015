//! Looks at every layer of every node.

use serde_json::Value;

use super::super::history::Happening;
use super::super::layer::Layer;
use super::super::lists::{List, hash};
use super::super::scenario::Program;
use super::super::timeline::Listing;
use super::super::world::Registry;
use super::Engine;
use crate::Failure;

impl Engine {
    /// Looks at everything; notes what is new.
    pub(super) async fn look(&mut self) -> Result<(), Failure> {
        self.look_at_expiring();
        self.note_begun();
        self.look_at_unfinished().await?;
        for place in 0..self.world.registries.len() {
            match self.world.registries[place].part.program {
                Program::Inside => self.look_at_registry(place)?,
                Program::Eurus | Program::Java => self.look_at_registry_outside(place).await?,
            }
        }
        for place in 0..self.world.gateways.len() {
            match self.world.gateways[place].is_java() {
                true => self.look_at_client_outside(place).await?,
                false => self.look_at_gateway(place).await?,
            }
        }
        for place in 0..self.world.callers.len() {
            if self.scenario.is_ribbon(&self.world.callers[place].part.name) {
                self.look_at_ribbon(place).await?;
                continue;
            }
            let caller = &self.world.callers[place];
            let listing = caller.list.iter().map(|one| (one.instance.clone(), "UP".to_owned())).collect();
            let name = caller.part.name.clone();
            self.shows(&name, Layer::ServerList, listing);
        }
        Ok(())
    }

    /// Requests that have begun since the last look.
    pub(super) fn note_begun(&mut self) {
        let mut begun = Vec::new();
        for instance in &mut self.world.instances {
            let requests = instance.producer.as_ref().map_or(instance.begun, crate::producer::Producer::requests);
            begun.extend((instance.begun..requests).map(|_| instance.part.name.clone()));
            instance.begun = requests;
        }
        for instance in begun {
            self.note(Happening::Begun { instance });
        }
    }

    pub(super) fn shows(&mut self, node: &str, layer: Layer, listing: Listing) {
        let now_ms = self.world.now_ms();
        let changes = self.timeline.look(now_ms, node, layer, listing);
        for change in changes {
            self.history.note(now_ms, Happening::Changed(change.clone()));
        }
    }

    fn look_at_registry(&mut self, place: usize) -> Result<(), Failure> {
        let registry = &mut self.world.registries[place];
        let name = registry.part.name.clone();
        let view = registry.access.look(registry.now_ms()).filter(|_| registry.running.is_up());
        let Some(view) = view else {
            for layer in [Layer::Store, Layer::ReadWrite, Layer::ReadOnly] {
                self.shows(&name, layer, Listing::new());
            }
            return Ok(());
        };
        let full = |bytes: &[u8]| List::parse(bytes).map_err(Failure::from);
        let lists = [
            (Layer::Store, Some(full(&view.store)?)),
            (Layer::ReadWrite, Some(full(&view.read_write)?)),
            (Layer::ReadOnly, view.read_only.as_deref().map(full).transpose()?),
        ];
        let wrong_delta = view.delta.as_deref().map(|delta| wrong_delta(registry, &lists[2].1, delta)).transpose()?;
        for (layer, list) in lists {
            let Some(list) = list else { continue };
            let counted = hash(&list.statuses());
            if counted != list.hash {
                self.wrong_hash(&name, layer, list.hash.clone(), counted);
            }
            let named = |(id, status): (String, String)| Some((self.world.shown_as(&id)?, status));
            let listing = list.statuses().into_iter().filter_map(named).collect();
            self.shows(&name, layer, listing);
        }
        if let Some((said, counted)) = wrong_delta.flatten() {
            self.wrong_hash(&name, Layer::ReadOnly, said, format!("{counted} with the delta applied"));
        }
        Ok(())
    }

    /// Each wrong list is noted once.
    pub(super) fn wrong_hash(&mut self, node: &str, layer: Layer, said: String, counted: String) {
        let wrong = Happening::WrongHash { node: node.to_owned(), layer, said, counted };
        let is_known = self.history.events.iter().any(|event| event.what == wrong);
        if !is_known {
            self.note(wrong);
        }
    }

    async fn look_at_gateway(&mut self, place: usize) -> Result<(), Failure> {
        let gateway = &self.world.gateways[place];
        let name = gateway.part.name.clone();
        if gateway.running.is_paused() {
            return Ok(());
        }
        let (mut copy, mut routable) = (Listing::new(), Listing::new());
        if gateway.running.is_up() {
            let instances = match self.instances_of(place).await {
                Ok(instances) => instances,
                // A process of its own is busy, or gone.
                Err(_) if gateway.part.program != Program::Inside => return self.gateway_is_there(place),
                Err(failure) => return Err(failure),
            };
            for (instance, _, view) in instances {
                copy.insert(instance.clone(), view["fetched_status"].as_str().unwrap_or_default().to_owned());
                if view["in_rotation"] == true {
                    routable.insert(instance, "UP".to_owned());
                }
            }
        }
        self.shows(&name, Layer::ClientCopy, copy);
        self.shows(&name, Layer::Routable, routable);
        Ok(())
    }

    /// The instances as a gateway's balancer lists them: name, application, what is said of it.
    pub(super) async fn instances_of(&self, gateway: usize) -> Result<Vec<(String, String, Value)>, Failure> {
        let gateway = &self.world.gateways[gateway];
        let mut asked = self.world.stack.http.get(format!("{}/services", gateway.address().admin));
        if let Some(token) = gateway.admin_token() {
            asked = asked.bearer_auth(token);
        }
        let answer: Value = serde_json::from_slice(&asked.send().await?.error_for_status()?.bytes().await?)?;
        let many = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let named =
            |app: &str, view: Value| Some((self.world.shown_as(view["instanceId"].as_str()?)?, app.to_owned(), view));
        let of_service = |service: &Value| -> Vec<_> {
            let app = service["name"].as_str().unwrap_or_default();
            many(&service["instances"]).into_iter().filter_map(|view| named(app, view)).collect()
        };
        Ok(many(&answer["services"]).iter().flat_map(of_service).collect())
    }
}

/// A client that has the full list and takes in every delta must come to the hash that the delta tells. What it tells,
/// and what a client comes to, when it does not.
fn wrong_delta(
    registry: &mut Registry,
    full: &Option<List>,
    delta: &[u8],
) -> Result<Option<(String, String)>, Failure> {
    let (Some(shadow), Some(full)) = (&mut registry.shadow, full) else { return Ok(None) };
    if shadow.delta == delta {
        // The full list was filled earlier than the first delta, and has come to it only now.
        if shadow.is_at_first_delta {
            shadow.copy = Some(full.statuses());
        }
        return Ok(None);
    }
    shadow.is_at_first_delta = shadow.copy.is_none();
    shadow.delta = delta.to_vec();
    let Some(copy) = &mut shadow.copy else {
        // The first delta may be older than the full list: both were filled when they were first asked for.
        shadow.copy = Some(full.statuses());
        return Ok(None);
    };
    let delta = List::parse(delta)?;
    delta.apply_to(copy);
    let counted = hash(copy);
    if counted == delta.hash {
        return Ok(None);
    }
    *copy = full.statuses();
    Ok(Some((delta.hash, counted)))
}
