//! Instances whose offline was acknowledged: no request begins there until somebody asks for the way back. A registry
//! that died has forgotten that, and everybody may register there again; from then on nothing is judged until all agree
//! again.

use std::collections::BTreeMap;

use super::shops::Shops;
use crate::Failure;

#[derive(Default)]
pub(super) struct Closed {
    /// By instance: how many requests had begun there when that was acknowledged.
    begun: BTreeMap<String, usize>,
    /// How often the registry had died when all agreed the last time.
    deaths: u32,
    pub(super) violations: Vec<String>,
}

impl Closed {
    /// All agree, the registry having died so often.
    pub(super) fn agreed(&mut self, deaths: u32) {
        self.deaths = deaths;
    }

    /// From now on. What had reached the instance before is counted first.
    pub(super) async fn close(
        &mut self,
        instance_id: &str,
        deaths: u32,
        (shops, http): (&Shops, &reqwest::Client),
    ) -> Result<(), Failure> {
        let Some(shop) = shops.named(instance_id) else { return Ok(()) };
        if self.deaths == deaths && !self.begun.contains_key(instance_id) {
            shop.fence(http).await?;
            self.begun.insert(instance_id.to_owned(), shop.requests());
        }
        Ok(())
    }

    /// Whether any request has begun since. `deaths`: how often the registry has died so far.
    pub(super) fn look(&mut self, deaths: u32, shops: &Shops) {
        if self.deaths != deaths {
            self.begun.clear();
        }
        for (instance_id, begun) in &mut self.begun {
            let now = shops.named(instance_id).map_or(0, crate::producer::Producer::requests);
            if now > *begun {
                let more = now - *begun;
                let words = format!("{more} requests began at {instance_id} after its offline was acknowledged");
                self.violations.push(words);
                *begun = now;
            }
        }
    }

    /// The way back is asked for.
    pub(super) fn open_all(&mut self) {
        self.begun.clear();
    }
}
