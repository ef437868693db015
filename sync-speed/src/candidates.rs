//! From an address to instances: picked from the local copy, confirmed by the registry, and checked by the guards, all
//! while it is this request's turn for their applications.

mod unseen;

use std::collections::BTreeSet;
use std::sync::Arc;

use eurus_client::EurekaClient;
use eurus_model::{InstanceInfo, InstanceStatus};
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};

use crate::access::{AccessRules, Door};
use crate::app_order::{AppOrder, Turn};
use crate::by_address::ByAddress;
use crate::config::OWN_APP;
use crate::entry::InstanceRecord;
use crate::error::Refusal;
use crate::guard;
use crate::registry_time::RegistryTime;
use crate::request::{Kind, Request, Target};
use crate::selection::{self, Picked, Policy};
use crate::store::Store;
use unseen::Unseen;

/// Instances that one request may touch, and that a rolling one may plan for.
pub(crate) const INSTANCES_PER_REQUEST_MAX: usize = 64;
const INSTANCES_PER_ROLLING_MAX: usize = 512;
/// Live reads under way for one request.
const LIVE_READS_AT_ONCE: usize = 8;
/// Live reads by which the guard looks for one instance that is left: a copy that is wrong about so many is no ground
/// to take an instance away.
const GUARD_LIVE_READS_MAX: usize = 8;
/// For how long after an offline the local copy may still show the instance UP: longer than all caches on stock
/// intervals. Later the copy is believed.
pub(crate) const RECENT_MS: i64 = 300_000;

/// What selecting needs.
pub(crate) struct Candidates {
    pub(crate) client: Arc<EurekaClient>,
    pub(crate) by_address: ByAddress,
    pub(crate) store: Store,
    pub(crate) order: Arc<AppOrder>,
    pub(crate) door: Arc<Door>,
    pub(crate) default_group: Option<String>,
    /// A copy older than this is fetched anew first.
    pub(crate) fetch_interval_ms: i64,
}

/// The instances that a request means, confirmed by the registry; it is this request's turn for their applications.
pub(crate) struct Selected {
    pub(crate) live: Vec<InstanceInfo>,
    /// Those of which the registry is asked nothing: left out; or to be brought back, and not there.
    pub(crate) beside: Vec<InstanceRecord>,
    pub(crate) turn: Turn,
    /// The guards allow it: more is left even without all that were picked. Otherwise they have not been asked.
    pub(crate) is_guarded: bool,
}

impl Candidates {
    /// From the local copy, unless it is old; on a miss, once more after a fetch.
    pub(crate) async fn select(
        &self,
        request: &Request,
        time: &mut RegistryTime,
        now_ms: i64,
    ) -> Result<Selected, Refusal> {
        if self.client.last_fetch().is_none_or(|last| last.age_ms > self.fetch_interval_ms) {
            self.refresh(time).await?;
        }
        if let Ok(selected) = self.select_from_copy(request, time, now_ms).await? {
            return Ok(selected);
        }
        self.refresh(time).await?;
        let selected = self.select_from_copy(request, time, now_ms).await?;
        match selected {
            Err(Refusal::NoInstance { target, .. }) if self.client.registry_is_suddenly_empty() => {
                Err(Refusal::Registry { entry: None, why: forgot_everybody(&target) })
            }
            selected => selected,
        }
    }

    async fn refresh(&self, time: &RegistryTime) -> Result<(), Refusal> {
        time.bound(self.client.refresh()).await.map_err(|error| Refusal::registry_away(&error))
    }

    fn no_instance(&self, target: &Target) -> Refusal {
        Refusal::NoInstance { target: target.clone(), copy_age_ms: self.copy_age_ms() }
    }

    fn copy_age_ms(&self) -> i64 {
        self.client.last_fetch().map_or(0, |last| last.age_ms)
    }

    /// The inner error is a miss: a fresher copy may know better.
    async fn select_from_copy(
        &self,
        request: &Request,
        time: &mut RegistryTime,
        now_ms: i64,
    ) -> Result<Result<Selected, Refusal>, Refusal> {
        let (target, who) = (&request.target, &request.who);
        let groups = self.gateway_groups().await?;
        let rules = self.door.rules();
        let policy = Policy { opted_in: &rules.apps, callers: who.apps(), gateway_groups: &groups, own_app: OWN_APP };
        let picked = self.pick(target, &policy);
        let unseen = Unseen::of(self, request, &policy).await?;
        let mut beside: Vec<InstanceRecord> =
            picked.left_out.iter().map(|(instance, why)| InstanceRecord::skipped(instance, why)).collect();
        if picked.instances.is_empty() && unseen.is_empty() {
            let target = target.clone();
            return Ok(Err(match beside.is_empty() {
                true => self.no_instance(&target),
                false => Refusal::NotAllowed { target, skipped: beside },
            }));
        }
        let allowed = if request.rolling.is_some() { INSTANCES_PER_ROLLING_MAX } else { INSTANCES_PER_REQUEST_MAX };
        let found = picked.instances.len().saturating_add(unseen.besides(&picked.instances));
        if found > allowed {
            return Err(Refusal::TooMany { target: target.clone(), found, allowed });
        }
        let mut apps: BTreeSet<String> = picked.instances.iter().map(|instance| instance.app.to_uppercase()).collect();
        apps.extend(unseen.apps());
        let turn = time.paused(self.order.turn(&apps)).await.ok_or_else(|| {
            let names: Vec<&str> = apps.iter().map(String::as_str).collect();
            Refusal::Busy(format!(
                "an earlier request for {} is still at the registry, and requests for one application run one after \
                 the other; nothing was done, ask again",
                names.join(", ")
            ))
        })??;
        let (live, is_guarded) = tokio::try_join!(
            self.confirm(&picked.instances, target, time),
            self.guards_allow_all(request, &picked.instances, now_ms, time).map(Ok)
        )?;
        let mut live = self.still_held(live, request.while_held_by).await?;
        let (there, not_there) = unseen.confirm(&live, self, target, time).await?;
        live.extend(there);
        if live.is_empty() && not_there.is_empty() {
            return Ok(Err(self.no_instance(target)));
        }
        beside.extend(not_there);
        Ok(Ok(Selected { live, beside, turn, is_guarded }))
    }

    /// Whether the guards would let all of these be taken, each as if it were UP: then also those that the registry
    /// confirms. Asked beside it, because both wait for the registry; a no says nothing yet.
    async fn guards_allow_all(
        &self,
        request: &Request,
        picked: &[Arc<InstanceInfo>],
        now_ms: i64,
        time: &RegistryTime,
    ) -> bool {
        if request.kind != Kind::Offline || request.rolling.is_some() {
            return false;
        }
        let as_if_up = |instance: &Arc<InstanceInfo>| {
            let mut instance = InstanceInfo::clone(instance);
            instance.status = InstanceStatus::Up;
            instance
        };
        let taken: Vec<InstanceInfo> = picked.iter().map(as_if_up).collect();
        self.guard_by_copy(&self.door.rules(), &taken, request.force, now_ms, time).await.is_ok()
    }

    /// Upper case.
    async fn gateway_groups(&self) -> Result<BTreeSet<String>, Refusal> {
        let stored = self.store.all_groups().await?;
        Ok(stored.values().flatten().cloned().chain(self.default_group.clone()).collect())
    }

    fn pick(&self, target: &Target, policy: &Policy<'_>) -> Picked {
        let copy = self.client.registry();
        match target.ips.is_empty() {
            true => selection::pick(copy.instances(), target, policy),
            false => selection::pick(&self.by_address.at(&copy, &target.ips), target, policy),
        }
    }

    /// What the registry says now: an address may have passed to another instance since the copy was fetched.
    async fn confirm(
        &self,
        picked: &[Arc<InstanceInfo>],
        target: &Target,
        time: &RegistryTime,
    ) -> Result<Vec<InstanceInfo>, Refusal> {
        let live: Vec<Option<InstanceInfo>> = stream::iter(picked.iter().map(Arc::clone))
            .map(|instance| async move {
                time.bound(self.client.registries().instance(&instance.app, &instance.instance_id)).await
            })
            .buffered(LIVE_READS_AT_ONCE)
            .try_collect()
            .await
            .map_err(|error| Refusal::registry_away(&error))?;
        Ok(live.into_iter().flatten().filter(|instance| selection::is_meant(instance, target)).collect())
    }

    async fn still_held(&self, live: Vec<InstanceInfo>, by: Option<i64>) -> Result<Vec<InstanceInfo>, Refusal> {
        let Some(number) = by else { return Ok(live) };
        let mut held = Vec::with_capacity(live.len());
        for instance in live {
            if self.store.is_held(number, &instance.app.to_uppercase(), &instance.instance_id).await? {
                held.push(instance);
            }
        }
        Ok(held)
    }

    /// Refuses to take an application's last UP instance, and more than may be taken. Before it does, it looks into a
    /// fresh copy. The statuses count that the registry has confirmed, and not, as beside the confirmation, each as UP:
    /// so a refusal, and only that, asks once more.
    pub(crate) async fn guard(
        &self,
        taken: &[InstanceInfo],
        is_forced: bool,
        now_ms: i64,
        time: &RegistryTime,
    ) -> Result<(), Refusal> {
        let rules = self.door.rules();
        match self.guard_by_copy(&rules, taken, is_forced, now_ms, time).await {
            Err(Refusal::LastUp { .. } | Refusal::KeepPercent { .. }) => {
                self.refresh(time).await?;
                self.guard_by_copy(&rules, taken, is_forced, now_ms, time).await
            }
            guarded => guarded,
        }
    }

    async fn guard_by_copy(
        &self,
        rules: &AccessRules,
        taken: &[InstanceInfo],
        is_forced: bool,
        now_ms: i64,
        time: &RegistryTime,
    ) -> Result<(), Refusal> {
        let percent = if is_forced && rules.keep.force_overrides { 0 } else { rules.keep.percent };
        let apps: BTreeSet<String> = taken.iter().map(|instance| instance.app.to_uppercase()).collect();
        for app in apps.into_iter().filter(|app| guard::takes_any(app, taken)) {
            let of_app = || {
                let of_app = taken.iter().filter(|instance| instance.app.eq_ignore_ascii_case(&app));
                of_app.map(|instance| instance.instance_id.clone()).collect()
            };
            let recently_offline = self.store.recently_offline(&app, now_ms.saturating_sub(RECENT_MS)).await?;
            if percent > 0 {
                let ever_offline = self.store.recently_offline(&app, 0).await?;
                let copy = self.client.registry();
                let staying = guard::staying(&copy, &app, taken, &recently_offline, &ever_offline, percent);
                if !staying.is_enough() {
                    let copy_age_ms = self.copy_age_ms();
                    return Err(Refusal::KeepPercent { taken: of_app(), app, staying, percent, copy_age_ms });
                }
            }
            if is_forced {
                continue;
            }
            let left = guard::left_to_serve(&self.client.registry(), &app, taken, &recently_offline);
            if !self.is_one_up(&left, time).await? {
                return Err(Refusal::LastUp { taken: of_app(), app });
            }
        }
        Ok(())
    }

    async fn is_one_up(&self, candidates: &[Arc<InstanceInfo>], time: &RegistryTime) -> Result<bool, Refusal> {
        for candidate in candidates.iter().take(GUARD_LIVE_READS_MAX) {
            let live = self.client.registries().instance(&candidate.app, &candidate.instance_id);
            let live = time.bound(live).await.map_err(|error| Refusal::registry_away(&error))?;
            if live.is_some_and(|instance| instance.status == InstanceStatus::Up) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Gateways go on with the list from before, and send to instances that the registry does not know.
fn forgot_everybody(target: &Target) -> String {
    format!(
        "the registry suddenly shows no service at all: it may have restarted, and whether {target} has left is not known. \
         Ask again when instances have registered there again"
    )
}
