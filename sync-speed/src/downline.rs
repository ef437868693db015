//! THE way of an offline and of an online, step by step, in this order:
//!
//! ```text
//! (http: caller, body) → check → select → record → registry → groups → nodes → notify → answer
//! ```
//!
//! Registry first, then every gateway: nothing goes to a gateway unless the registry did its part. What was asked is
//! in the journal before anything is sent, so that a crash between two steps is finished after the restart.

mod failing;
mod parts;
mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eurus_client::EurekaClient;
use eurus_model::InstanceStatus;
use eurus_service::{Clock, Faults, Timer};
use ipnetwork::IpNetwork;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

use crate::app_order::{AppOrder, Turn};
use crate::audit::Trail;
use crate::candidates::{Candidates, Selected};
use crate::entry::{Entry, InstanceRecord, Step};
use crate::error::Refusal;
use crate::notify::{Courier, GatewayClient, Told};
use crate::points;
use crate::recovery::Left;
use crate::registry_memory::RegistryMemory;
use crate::registry_step::{self, AtRegistry, Verdict};
use crate::registry_time::RegistryTime;
use crate::request::{Kind, Request};
use crate::store::{NewEntry, Store, StoreError};
use crate::tally::Tally;

pub(crate) use parts::{Scope, Ways};
use waiting::{as_answered, tell};

/// Requests under way at one time; one more is told to come again.
const REQUESTS_MAX: usize = 256;
/// Requests that wait until their instances are drained, for minutes perhaps; one more is told to come again before
/// anything is done.
const DRAINS_MAX: usize = 1_024;
/// Fetch intervals after which the copy of the registry is called stale.
const STALE_INTERVALS: i64 = 10;

/// All that the way needs.
pub struct Downline {
    pub(crate) client: Arc<EurekaClient>,
    pub(crate) store: Store,
    pub(crate) memory: RegistryMemory,
    pub(crate) courier: Courier,
    pub(crate) order: Arc<AppOrder>,
    pub(crate) clock: Clock,
    pub(crate) candidates: Candidates,
    /// Recovery goes on with these.
    leave: mpsc::Sender<Left>,
    registry_within: Duration,
    places: Semaphore,
    drains: Semaphore,
    pub(crate) default_group: Option<String>,
    pub(crate) gateway_networks: Vec<IpNetwork>,
    /// Where gateways are asked about requests under way.
    pub(crate) gateways: GatewayClient,
    /// Rolling ones that begin.
    pub(crate) rollings: mpsc::Sender<Entry>,
    /// How long an answer waits for gateways.
    answer_within_ms: i64,
    /// When offlines end that say nothing about it, milliseconds.
    release_after_ms: Option<i64>,
    /// What the service does of its own accord is written here.
    trail: Arc<Trail>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) faults: Faults,
}

impl Downline {
    /// The whole way.
    ///
    /// # Errors
    /// [`Refusal`]; unless it says otherwise nothing was changed.
    pub async fn carry_out(&self, request: &Request) -> Result<Entry, Refusal> {
        self.carry_out_telling(request, None).await
    }

    /// The whole way, for an order that nobody asked over HTTP: the audit trail is told here.
    ///
    /// # Errors
    /// As [`Self::carry_out`].
    pub(crate) async fn carry_out_own(&self, request: &Request) -> Result<Entry, Refusal> {
        let done = self.carry_out(request).await;
        self.trail.write_own(request, &done).await;
        done
    }

    /// The whole way; `recorded` hears of the entry as soon as it is in the journal.
    ///
    /// # Errors
    /// [`Refusal`]; unless it says otherwise nothing was changed.
    pub async fn carry_out_telling(
        &self,
        request: &Request,
        recorded: Option<oneshot::Sender<Entry>>,
    ) -> Result<Entry, Refusal> {
        // On a manual clock, time stands still while something is being done, and goes on while this waits for others.
        let mut timer = self.clock.timer("request");
        self.faults.pass(&points::SELECT, "").await;
        let begun_us = self.clock.now_us();
        let carried_out = self.walk(request, recorded, &mut timer).await;
        self.tally.order(request.kind, &carried_out, self.clock.now_us().saturating_sub(begun_us));
        self.faults.pass(&points::ANSWER, "").await;
        carried_out
    }

    async fn walk(
        &self,
        request: &Request,
        recorded: Option<oneshot::Sender<Entry>>,
        timer: &mut Timer,
    ) -> Result<Entry, Refusal> {
        // Check: the edge has looked at the caller and the body; here, whether there is room, and whether it is new.
        let place = self.place()?;
        let _waiting = self.place_to_wait(request)?;
        if let Some(known) = self.sent_before(request).await? {
            return as_answered(self.until_told(known, timer).await);
        }
        // Select: from the local copy, confirmed live; one request at a time for an application.
        let mut time = self.registry_time();
        let selected = self.candidates.select(request, &mut time, self.clock.now_ms()).await?;
        if let Some(rolling) = &request.rolling {
            let entry = self.begin_rolling(request, rolling, selected).await?;
            tell(recorded, &entry);
            return Ok(self.until_told(entry, timer).await);
        }
        let Selected { live, beside, turn, is_guarded } = selected;
        if request.kind == Kind::Offline && !is_guarded {
            self.candidates.guard(&live, request.force, self.clock.now_ms(), &time).await?;
        }
        // Record: before anything is sent.
        let instances = live.iter().map(InstanceRecord::of).chain(beside).collect();
        self.faults.pass(&points::RECORD, "").await;
        let (now_ms, expires_ms) = self.now_and_expiry(request);
        let new = NewEntry { request, instances, plan: None, expires_ms, now_ms };
        let entry = match self.store.record(new).await {
            // The same request came twice at one time: the other one is carried out.
            Err(error) if error.is_duplicate() => {
                drop(turn);
                let known = self.sent_before(request).await?.ok_or(Refusal::Store(error))?;
                return as_answered(self.until_told(known, timer).await);
            }
            recorded => recorded?,
        };
        log::info!("{}: {} from {}: {}", entry.id, entry.kind, entry.caller, names(&entry.instances));
        tell(recorded, &entry);
        // Registry → groups → nodes → notify.
        let (entry, told) = self.complete(entry, turn, time).await?;
        // Answer: when all gateways have acknowledged, or when it has waited long enough. A dropped sender says that
        // the service stops: what is known then is answered.
        let outcome = tokio::select! {
            // From here on our own timer is awake: the other one can go.
            told = told => told.ok().and_then(|told| told.outcome),
            () = timer.idle() => None,
        };
        let entry = self.as_it_stands(entry, outcome).await;
        // Whoever only waits holds up nobody.
        drop(place);
        match request.drain_within_ms {
            Some(within_ms) => Ok(self.drain(entry, within_ms, timer).await),
            None => Ok(entry),
        }
    }

    /// Now, and when what is taken out now comes back by itself.
    pub(crate) fn now_and_expiry(&self, request: &Request) -> (i64, Option<i64>) {
        let now_ms = self.clock.now_ms();
        let after_ms = match request.kind {
            Kind::Offline => request.expires_after_ms.or(self.release_after_ms),
            Kind::Online => None,
        };
        (now_ms, after_ms.map(|after_ms| now_ms.saturating_add(after_ms)))
    }

    /// From a recorded entry on; after a restart too.
    pub(crate) async fn complete(
        &self,
        mut entry: Entry,
        turn: Turn,
        time: RegistryTime,
    ) -> Result<(Entry, oneshot::Receiver<Told>), Refusal> {
        self.faults.pass(&points::RECORDED, "").await;
        let at = self.at_registry(time);
        let verdict = match entry.kind {
            Kind::Offline => registry_step::offline(at, &mut entry.instances).await,
            Kind::Online => {
                let back_to = match self.statuses_before(&entry).await {
                    Ok(back_to) => back_to,
                    Err(error) => return self.fail_unasked(entry, error).await,
                };
                let status = |instance: &InstanceRecord| back_to.get(&instance.name()).copied();
                let back_to = |instance: &InstanceRecord| status(instance).unwrap_or(InstanceStatus::Up);
                registry_step::online(at, &mut entry.instances, back_to).await
            }
        };
        match verdict {
            Verdict::Done => {}
            Verdict::Partly(why) => entry.add_note(&why),
            Verdict::Failed(why) => return self.fail(entry, why).await,
            Verdict::Unknown(why) => return self.leave_unsettled(entry, why).await,
        }
        self.faults.pass(&points::NODES_RECORD, "").await;
        let groups = match self.name_nodes(&mut entry).await {
            Ok(groups) => groups,
            Err(error) => return self.leave_unfinished(entry, error),
        };
        self.faults.pass(&points::NODES_RECORDED, "").await;
        let told = self.courier.deliver(&entry, &groups).await;
        // The next request for these applications may come: its number is higher, and gateways order by number.
        drop(turn);
        Ok((entry, told))
    }

    /// For a person, when the copy of the registry has not been fetched for long.
    pub(crate) fn stale_copy(&self) -> Option<String> {
        match self.client.last_fetch() {
            None => Some("the registry has not been fetched yet".to_owned()),
            Some(last) if last.age_ms > self.candidates.fetch_interval_ms.saturating_mul(STALE_INTERVALS) => {
                Some(format!("the registry was last fetched {} s ago; see the log", last.age_ms / 1_000))
            }
            Some(_) => None,
        }
    }

    pub(crate) fn registry_time(&self) -> RegistryTime {
        RegistryTime::starting(self.registry_within)
    }

    pub(crate) fn at_registry(&self, time: RegistryTime) -> AtRegistry<'_> {
        AtRegistry { registries: self.client.registries(), time, faults: &self.faults }
    }

    /// By the instance's name: what it said of itself before it was taken offline, where that was not UP. An instance
    /// that was DOWN or STARTING is not made UP by the way back.
    async fn statuses_before(&self, entry: &Entry) -> Result<BTreeMap<String, InstanceStatus>, StoreError> {
        let mut by_name = BTreeMap::new();
        for instance in entry.instances.iter().filter(|instance| instance.step == Step::Pending) {
            let before = self.store.status_before_offline(entry.number, instance).await?;
            let own = before.filter(|status| matches!(status, InstanceStatus::Down | InstanceStatus::Starting));
            by_name.extend(own.map(|status| (instance.name(), status)));
        }
        Ok(by_name)
    }

    fn place(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        if !self.courier.has_room() {
            return Err(Refusal::Busy("too many gateway calls are open; ask again when gateways answer".to_owned()));
        }
        self.places
            .try_acquire()
            .map_err(|_| Refusal::Busy(format!("{REQUESTS_MAX} requests are under way; ask again in a moment")))
    }

    fn place_to_wait(&self, request: &Request) -> Result<Option<SemaphorePermit<'_>>, Refusal> {
        let busy =
            || format!("{DRAINS_MAX} requests wait for instances to drain; ask again when some have ended, or without");
        let waits = request.drain_within_ms.filter(|_| request.rolling.is_none());
        waits.map(|_| self.drains.try_acquire().map_err(|_| Refusal::Busy(busy()))).transpose()
    }
}

fn names(instances: &[InstanceRecord]) -> String {
    let each: Vec<String> = instances
        .iter()
        .map(|instance| match instance.step {
            Step::Skipped => format!("{} (left out)", instance.name()),
            _ => instance.name(),
        })
        .collect();
    each.join(", ")
}
