//! Where a gateway finds the sync-speeds of its scenario.

use eurus_gateway::SyncSpeedConfig;
use eurus_service::keys::uniform;

use super::super::scenario::{NodePart, Program};
use super::World;
use crate::Failure;
use crate::link::Link;

/// Whoever says it in a scenario's settings, an empty one too, means it.
const URL: &str = "eurus.gateway.sync-speed.url";
const WAIT_MS: &str = "eurus.gateway.sync-speed.wait-ms";

impl World {
    /// All of them, unless the scenario says otherwise; and what it does not wait for: a gateway that starts before its
    /// sync-speed fetches when it is told to start.
    pub(super) fn sync_speeds_of_gateway(&mut self, place: usize) -> Result<SyncSpeedConfig, Failure> {
        let gateway = &self.gateways[place];
        let mut config = gateway.config.sync_speed.clone();
        let says = |key: &str| gateway.part.settings.iter().any(|(said, _)| uniform(said) == uniform(key));
        let (says_url, says_wait) = (says(URL), says(WAIT_MS));
        if !says_wait {
            config.wait_ms = 0;
        }
        if !says_url {
            config.urls = self.links_to_sync_speeds(place)?;
        }
        Ok(config)
    }

    /// The same for one that is a process of its own, as settings.
    pub(super) fn part_with_sync_speeds(&mut self, place: usize) -> Result<NodePart, Failure> {
        let mut part = self.gateways[place].part.clone();
        if part.program == Program::Eurus {
            let config = self.sync_speeds_of_gateway(place)?;
            // What the scenario says is among the settings already, and is what this comes to.
            part.settings.retain(|(said, _)| uniform(said) != uniform(URL) && uniform(said) != uniform(WAIT_MS));
            part.settings.push((WAIT_MS.to_owned(), config.wait_ms.to_string()));
            part.settings.extend((!config.urls.is_empty()).then(|| (URL.to_owned(), config.urls.join(","))));
        }
        Ok(part)
    }

    /// Links, so that a gateway's word about its admin API leads to the link before it, as its registration does.
    fn links_to_sync_speeds(&mut self, place: usize) -> Result<Vec<String>, Failure> {
        let (name, admin_at) = (self.gateways[place].part.name.clone(), self.gateways[place].admin_at);
        let sync_speeds: Vec<(String, String)> =
            self.sync_speeds.iter().map(|one| (one.part.name.clone(), one.url())).collect();
        let mut urls = Vec::new();
        for (sync_speed, origin) in sync_speeds {
            let link_name = format!("{name} -> {sync_speed}");
            if !self.links.contains_key(&link_name) {
                let link = Link::start_on(&origin, Some(self.link_clock(&name)))?;
                if let Some(admin) = self.links.get(&format!("sync-speed -> {name}")) {
                    link.rewrite(&format!("http://{admin_at}\""), &format!("{}\"", admin.origin));
                }
                self.links.insert(link_name.clone(), link);
            }
            urls.push(self.link(&link_name)?.origin.clone());
        }
        Ok(urls)
    }
}
