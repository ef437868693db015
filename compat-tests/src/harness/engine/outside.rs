//! Nodes that are processes of their own: stopped, killed, and looked at over HTTP.

use serde_json::Value;

use super::super::layer::Layer;
use super::super::lists::{List, hash};
use super::super::pace::LOOK_EVERY_MS;
use super::super::scenario::Action;
use super::super::timeline::Listing;
use super::super::world::{Listed, Running};
use super::Engine;
use crate::Failure;

impl Engine {
    /// `SIGSTOP` or `SIGCONT`.
    pub(super) fn signal(&mut self, action: &Action) -> Result<(), Failure> {
        let (Action::Pause(node) | Action::Resume(node)) = action else { return Ok(()) };
        let running = self.world.running(node)?;
        let outside = running.outside().ok_or_else(|| Failure::new(format!("{node} does not run")))?;
        if matches!(action, Action::Pause(_)) { outside.pause() } else { outside.resume() }
    }

    /// A registry's lists as anybody can ask for them: its record of each instance, and what clients are answered. A Java one
    /// has pages for its other layers. One that stands still shows what it showed.
    pub(super) async fn look_at_registry_outside(&mut self, place: usize) -> Result<(), Failure> {
        let registry = &self.world.registries[place];
        let (name, is_java) = (registry.part.name.clone(), registry.is_java());
        if !registry.running.is_up() {
            for layer in [Layer::Store, Layer::ReadOnly] {
                self.shows(&name, layer, Listing::new());
            }
            return Ok(());
        }
        if registry.running.is_paused() {
            return Ok(());
        }
        let origin = registry.origin();
        let store = match is_java {
            true => self.json_of(&format!("{origin}/store")).await.map(|store| self.named(&store)),
            false => self.records_at(&origin).await,
        };
        let Some(store) = store else { return self.registry_is_there(place) };
        self.shows(&name, Layer::Store, store.clone());
        if is_java {
            match self.text_of(&format!("{origin}/read-write")).await {
                Some((200, list)) => self.shows_list(&name, Layer::ReadWrite, &list)?,
                // Nothing is cached: a request would be answered what the registry knows.
                Some((204, _)) => self.shows(&name, Layer::ReadWrite, store),
                _ => return self.registry_is_there(place),
            }
        }
        match self.text_of(&format!("{origin}/eureka/apps")).await {
            Some((200, list)) => self.shows_list(&name, Layer::ReadOnly, &list),
            _ => self.registry_is_there(place),
        }
    }

    /// What a Spring Cloud application's Eureka client holds.
    pub(super) async fn look_at_client_outside(&mut self, place: usize) -> Result<(), Failure> {
        let gateway = &self.world.gateways[place];
        let (name, url) = (gateway.part.name.clone(), gateway.address().url);
        if !gateway.running.is_up() {
            self.shows(&name, Layer::ClientCopy, Listing::new());
            return Ok(());
        }
        if gateway.running.is_paused() || !gateway.beginning.is_done()? {
            return Ok(());
        }
        let copy = self.json_of(&format!("{url}/copy")).await;
        let fetched = self.json_of(&format!("{url}/fetched")).await;
        let (Some(copy), Some(fetched)) = (copy, fetched) else { return self.gateway_is_there(place) };
        self.came_up_to_date(&name, Layer::ClientCopy, &fetched["fetchedMsAgo"]);
        let listing = self.named(&copy["instances"]);
        self.shows(&name, Layer::ClientCopy, listing);
        Ok(())
    }

    /// What a Ribbon balancer lists, once it has been asked for.
    pub(super) async fn look_at_ribbon(&mut self, place: usize) -> Result<(), Failure> {
        let caller = &self.world.callers[place];
        let (name, gateway) = (caller.part.name.clone(), caller.part.gateway.clone());
        let Some(gateway) = self.world.gateways.iter().position(|one| one.part.name == gateway) else { return Ok(()) };
        if !self.world.gateways[gateway].running.is_up() {
            self.world.callers[place].list.clear();
        } else if caller.beginning.is_done()? && !self.world.gateways[gateway].running.is_paused() {
            let url = self.world.gateways[gateway].address().url;
            let mut list = Vec::new();
            for app in self.apps() {
                let Some(answer) = self.json_of(&format!("{url}/server-list/{}", app.to_lowercase())).await else {
                    return self.gateway_is_there(gateway);
                };
                self.came_up_to_date(&name, Layer::ServerList, &answer["updatedMsAgo"]);
                list.extend(self.listed(&app, &answer["instances"]));
            }
            self.world.callers[place].list = list;
        }
        let listing =
            self.world.callers[place].list.iter().map(|one| (one.instance.clone(), "UP".to_owned())).collect();
        self.shows(&name, Layer::ServerList, listing);
        Ok(())
    }

    /// Statuses by id, as the scenario names the instances.
    fn named(&self, statuses: &Value) -> Listing {
        let named = |(id, status): (&String, &Value)| {
            Some((self.world.names.get(id)?.clone(), status.as_str().unwrap_or_default().to_owned()))
        };
        statuses.as_object().into_iter().flatten().filter_map(named).collect()
    }

    pub(super) fn apps(&self) -> Vec<String> {
        let mut apps: Vec<String> = self.scenario.producers.iter().map(|part| part.app.clone()).collect();
        apps.dedup();
        apps
    }

    fn listed(&self, app: &str, ids: &Value) -> Vec<Listed> {
        let ids = ids.as_array().into_iter().flatten().filter_map(Value::as_str);
        let of_id = |id: &str| {
            let instance = self.world.instances.iter().find(|one| one.id == id)?;
            let (name, address) = (instance.part.name.clone(), instance.address?.to_string());
            Some(Listed { instance: name, app: app.to_owned(), address })
        };
        ids.filter_map(of_id).collect()
    }

    /// Each instance that ever started, as a registry has it. `None`: it does not answer now.
    async fn records_at(&self, origin: &str) -> Option<Listing> {
        let mut listing = Listing::new();
        for instance in self.world.instances.iter().filter(|one| !one.id.is_empty()) {
            let url = format!("{origin}/eureka/apps/{}/{}", instance.app(), instance.id);
            match self.text_of(&url).await? {
                (200, body) => {
                    let record: Value = serde_json::from_str(&body).ok()?;
                    let status = record["instance"]["status"].as_str().unwrap_or_default().to_owned();
                    listing.insert(instance.part.name.clone(), status);
                }
                (404, _) => {}
                _ => return None,
            }
        }
        Some(listing)
    }

    fn shows_list(&mut self, node: &str, layer: Layer, list: &str) -> Result<(), Failure> {
        let list = List::parse(list.as_bytes())?;
        let counted = hash(&list.statuses());
        if counted != list.hash {
            self.wrong_hash(node, layer, list.hash.clone(), counted);
        }
        let named = |(id, status): (String, String)| Some((self.world.names.get(&id)?.clone(), status));
        let listing = list.statuses().into_iter().filter_map(named).collect();
        self.shows(node, layer, listing);
        Ok(())
    }

    fn came_up_to_date(&mut self, node: &str, layer: Layer, ms_ago: &Value) {
        if let Some(ms_ago) = ms_ago.as_i64().filter(|ms_ago| *ms_ago >= 0) {
            let at_ms = self.world.now_ms() - ms_ago;
            let known = self.phases.entry((node.to_owned(), layer)).or_default();
            // The same moment is seen at each look, give or take how long that takes.
            if known.last().is_none_or(|last_ms| at_ms - last_ms > LOOK_EVERY_MS) {
                known.push(at_ms);
            }
        }
    }

    async fn text_of(&self, url: &str) -> Option<(u16, String)> {
        let answer = self.world.stack.http.get(url).header("accept", "application/json").send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.text().await.ok()?))
    }

    async fn json_of(&self, url: &str) -> Option<Value> {
        let (status, body) = self.text_of(url).await?;
        if status == 200 { serde_json::from_str(&body).ok() } else { None }
    }

    /// It did not answer in time: the next look may see it. One that is gone is not waited for.
    fn registry_is_there(&mut self, place: usize) -> Result<(), Failure> {
        let registry = &mut self.world.registries[place];
        let name = registry.part.name.clone();
        is_there(&name, &mut registry.running)
    }

    /// The same of a gateway.
    pub(super) fn gateway_is_there(&mut self, place: usize) -> Result<(), Failure> {
        let gateway = &mut self.world.gateways[place];
        let name = gateway.part.name.clone();
        is_there(&name, &mut gateway.running)
    }
}

fn is_there(name: &str, running: &mut Running) -> Result<(), Failure> {
    let is_there = running.outside().map_or(Ok(()), super::super::world::Outside::is_there);
    is_there.map_err(|failure| Failure::new(format!("{name}: {failure}")))
}
