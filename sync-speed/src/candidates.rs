//! From an address to instances: picked from the local copy, confirmed by the registry, and checked by the last-UP
//! guard, all while it is this request's turn for their applications.

use std::collections::BTreeSet;
use std::sync::Arc;

use eurus_client::EurekaClient;
use eurus_model::{InstanceInfo, InstanceStatus};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::app_order::{AppOrder, Turn};
use crate::config::OWN_APP;
use crate::entry::InstanceRecord;
use crate::error::Refusal;
use crate::guard;
use crate::request::Target;
use crate::selection::{self, OptedIn, Picked, Policy};
use crate::store::Store;

/// Instances that one request may touch.
const INSTANCES_PER_REQUEST_MAX: usize = 64;
/// Live reads under way for one request.
const LIVE_READS_AT_ONCE: usize = 8;
/// Live reads by which the guard looks for one instance that is left: a copy that is wrong about so many is no ground
/// to take an instance away.
const GUARD_LIVE_READS_MAX: usize = 8;
/// For how long after an offline the local copy may still show the instance UP: longer than all caches on stock
/// intervals. Later the copy is believed.
const RECENT_MS: i64 = 300_000;

/// What selecting needs.
pub(crate) struct Candidates {
    pub(crate) client: Arc<EurekaClient>,
    pub(crate) store: Store,
    pub(crate) order: Arc<AppOrder>,
    pub(crate) opted_in: OptedIn,
    pub(crate) default_group: Option<String>,
}

/// The instances that a request means, confirmed by the registry; it is this request's turn for their applications.
pub(crate) struct Selected {
    pub(crate) live: Vec<InstanceInfo>,
    pub(crate) skipped: Vec<InstanceRecord>,
    pub(crate) turn: Turn,
}

impl Candidates {
    /// From the local copy; on a miss, once more after a fetch.
    pub(crate) async fn select(&self, target: &Target) -> Result<Selected, Refusal> {
        if let Ok(selected) = self.select_from_copy(target).await? {
            return Ok(selected);
        }
        self.client.refresh().await.map_err(|error| Refusal::registry_away(&error))?;
        self.select_from_copy(target).await?
    }

    /// The inner error is a miss: a fresher copy may know better.
    async fn select_from_copy(&self, target: &Target) -> Result<Result<Selected, Refusal>, Refusal> {
        let picked = self.pick(target).await?;
        let skipped: Vec<InstanceRecord> =
            picked.left_out.iter().map(|(instance, why)| InstanceRecord::skipped(instance, why)).collect();
        if picked.instances.is_empty() {
            let target = target.clone();
            return Ok(Err(match skipped.is_empty() {
                true => Refusal::NoInstance(target),
                false => Refusal::NotAllowed { target, skipped },
            }));
        }
        if picked.instances.len() > INSTANCES_PER_REQUEST_MAX {
            let (target, found) = (target.clone(), picked.instances.len());
            return Err(Refusal::TooMany { target, found, allowed: INSTANCES_PER_REQUEST_MAX });
        }
        let apps = picked.instances.iter().map(|instance| instance.app.to_uppercase()).collect();
        let turn = self.order.turn(&apps).await;
        let live = self.confirm(&picked.instances, target).await?;
        if live.is_empty() {
            return Ok(Err(Refusal::NoInstance(target.clone())));
        }
        Ok(Ok(Selected { live, skipped, turn }))
    }

    async fn pick(&self, target: &Target) -> Result<Picked, Refusal> {
        let stored = self.store.all_groups().await?;
        let gateway_groups: BTreeSet<String> =
            stored.into_values().flatten().chain(self.default_group.clone()).collect();
        let policy = Policy { opted_in: &self.opted_in, gateway_groups: &gateway_groups, own_app: OWN_APP };
        Ok(selection::pick(&self.client.registry(), target, &policy))
    }

    /// What the registry says now: an address may have passed to another instance since the copy was fetched.
    async fn confirm(&self, picked: &[Arc<InstanceInfo>], target: &Target) -> Result<Vec<InstanceInfo>, Refusal> {
        let live: Vec<Option<InstanceInfo>> = stream::iter(picked.iter().map(Arc::clone))
            .map(
                |instance| async move { self.client.registries().instance(&instance.app, &instance.instance_id).await },
            )
            .buffered(LIVE_READS_AT_ONCE)
            .try_collect()
            .await
            .map_err(|error| Refusal::registry_away(&error))?;
        Ok(live.into_iter().flatten().filter(|instance| selection::is_meant(instance, target)).collect())
    }

    /// Refuses to take an application's last UP instance.
    pub(crate) async fn guard_the_last_up(&self, taken: &[InstanceInfo], now_ms: i64) -> Result<(), Refusal> {
        let apps: BTreeSet<String> = taken.iter().map(|instance| instance.app.to_uppercase()).collect();
        for app in apps.into_iter().filter(|app| guard::takes_any(app, taken)) {
            let recently_offline = self.store.recently_offline(&app, now_ms.saturating_sub(RECENT_MS)).await?;
            let left = guard::left_to_serve(&self.client.registry(), &app, taken, &recently_offline);
            if !self.is_one_up(&left).await? {
                let of_app = taken.iter().filter(|instance| instance.app.eq_ignore_ascii_case(&app));
                return Err(Refusal::LastUp { taken: of_app.map(|i| i.instance_id.clone()).collect(), app });
            }
        }
        Ok(())
    }

    async fn is_one_up(&self, candidates: &[Arc<InstanceInfo>]) -> Result<bool, Refusal> {
        for candidate in candidates.iter().take(GUARD_LIVE_READS_MAX) {
            let live = self.client.registries().instance(&candidate.app, &candidate.instance_id).await;
            let live = live.map_err(|error| Refusal::registry_away(&error))?;
            if live.is_some_and(|instance| instance.status == InstanceStatus::Up) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
