//! Disturbs what a gateway's Eureka client fetched: through its links, and by the client itself.

use super::super::scenario::{CacheFault, LinkFault};
use super::Engine;
use super::patience::WaitsFor;
use crate::Failure;
use crate::link::Fault;

/// What a client fetches; heartbeats and registrations go elsewhere.
const LISTS: [&str; 2] = ["/apps", "/apps/delta"];

impl Engine {
    /// What came of it, where that is not plain.
    pub(super) async fn disturb_copy(&mut self, node: &str, fault: CacheFault) -> Result<Option<String>, Failure> {
        if fault == CacheFault::Refresh {
            return self.fetch_now(node).await;
        }
        let of_node = format!("{node} -> ");
        let links: Vec<String> = self.world.links.keys().filter(|link| link.starts_with(&of_node)).cloned().collect();
        for name in links {
            let link = self.world.link(&name)?;
            match fault {
                CacheFault::Freeze => LISTS.iter().for_each(|list| link.set(list, Fault::Cut)),
                CacheFault::Thaw => LISTS.iter().for_each(|list| link.clear(list)),
                _ => self.disturb_link(&name, LinkFault::SpoilHash)?,
            }
        }
        Ok(None)
    }

    async fn fetch_now(&mut self, node: &str) -> Result<Option<String>, Failure> {
        let found = self.world.gateways.iter().find(|one| one.part.name == node);
        let copy = found.ok_or_else(|| Failure::new(format!("there is no gateway {node}")))?.copy.clone();
        let asked = tokio::spawn(async move { copy.refresh().await });
        match self.answer_of(asked, WaitsFor::AnyPoint).await? {
            None => Err(Failure::new(format!("{node} does not run"))),
            Some(Ok(())) => Ok(None),
            Some(Err(error)) => Ok(Some(format!("failed ({error})"))),
        }
    }
}
