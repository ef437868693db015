//! THE way of an offline and of an online, step by step, in this order:
//!
//! ```text
//! (http: caller, body) → check → select → record → registry → groups → nodes → notify → answer
//! ```
//!
//! Registry first, then every gateway: nothing goes to a gateway unless the registry did its part. What was asked is
//! in the journal before anything is sent, so that a crash between two steps is finished after the restart.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eurus_client::EurekaClient;
use eurus_model::InstanceStatus;
use eurus_service::{Clock, Faults, Timer};
use ipnetwork::IpNetwork;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

use crate::access::Door;
use crate::app_order::{AppOrder, Turn};
use crate::candidates::{Candidates, Selected};
use crate::entry::{Entry, EntryState, InstanceRecord, Step};
use crate::error::Refusal;
use crate::notify::{Courier, GatewayClient};
use crate::points;
use crate::registry_memory::RegistryMemory;
use crate::registry_step::{self, AtRegistry, Verdict};
use crate::registry_time::RegistryTime;
use crate::request::{Kind, Request};
use crate::store::{NewEntry, RegistryAnswer, Store, StoreError};

/// Requests under way at one time; one more is told to come again.
const REQUESTS_MAX: usize = 256;
/// What a turn holds longer than the registry may take: clocks of nodes differ a little.
const TURN_SPARE_MS: i64 = 5_000;
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
    /// For entries that failed, and that the registry may have done: recovery undoes them.
    leave: mpsc::Sender<Entry>,
    registry_within: Duration,
    places: Semaphore,
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
    pub(crate) faults: Faults,
}

/// What a request may touch from the configuration's side.
pub struct Scope {
    /// Who may do what.
    pub door: Arc<Door>,
    /// Group of applications without a stored one.
    pub default_group: Option<String>,
    /// Where gateways' admin APIs are called.
    pub gateway_networks: Vec<IpNetwork>,
    /// How old the local copy may be.
    pub fetch_interval_ms: i64,
    /// How long a request may take at the registry.
    pub registry_within: Duration,
    /// How long an answer waits for gateways, milliseconds.
    pub answer_within_ms: i64,
    /// When offlines end that say nothing about it, milliseconds.
    pub release_after_ms: Option<i64>,
    /// A harness's plan.
    pub faults: Faults,
}

/// To whom entries are handed.
pub struct Ways {
    /// Gateways are told.
    pub courier: Courier,
    /// Gateways are asked.
    pub gateways: GatewayClient,
    /// What is left over is finished.
    pub leave: mpsc::Sender<Entry>,
    /// Rolling ones are carried out.
    pub rollings: mpsc::Sender<Entry>,
}

impl Downline {
    /// From its parts.
    pub(crate) fn new(
        client: Arc<EurekaClient>,
        store: Store,
        memory: RegistryMemory,
        ways: Ways,
        clock: Clock,
        scope: Scope,
    ) -> Self {
        // A request, and as long again to undo, and to read back.
        let turn_ms = i64::try_from(scope.registry_within.as_millis()).unwrap_or(i64::MAX).saturating_mul(3);
        let order = Arc::new(AppOrder::of(&store, &clock, turn_ms.saturating_add(TURN_SPARE_MS)));
        let candidates = Candidates {
            client: Arc::clone(&client),
            store: store.clone(),
            order: Arc::clone(&order),
            door: scope.door,
            default_group: scope.default_group.clone(),
            fetch_interval_ms: scope.fetch_interval_ms,
        };
        Self {
            client,
            store,
            memory,
            courier: ways.courier,
            order,
            clock,
            candidates,
            leave: ways.leave,
            registry_within: scope.registry_within,
            places: Semaphore::new(REQUESTS_MAX),
            default_group: scope.default_group,
            gateway_networks: scope.gateway_networks,
            gateways: ways.gateways,
            rollings: ways.rollings,
            answer_within_ms: scope.answer_within_ms,
            release_after_ms: scope.release_after_ms,
            faults: scope.faults,
        }
    }

    /// The whole way.
    ///
    /// # Errors
    /// [`Refusal`]; unless it says otherwise nothing was changed.
    pub async fn carry_out(&self, request: &Request) -> Result<Entry, Refusal> {
        self.carry_out_telling(request, None).await
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
        let carried_out = self.walk(request, recorded, &mut timer).await;
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
        let _place = self.place()?;
        if let Some(known) = self.sent_before(request).await? {
            return Ok(self.until_told(known, timer).await);
        }
        // Select: from the local copy, confirmed live; one request at a time for an application.
        let mut time = self.registry_time();
        let selected = self.candidates.select(request, &mut time).await?;
        if let Some(rolling) = &request.rolling {
            let entry = self.begin_rolling(request, rolling, selected).await?;
            tell(recorded, &entry);
            return Ok(self.until_told(entry, timer).await);
        }
        let Selected { live, skipped, turn } = selected;
        if request.kind == Kind::Offline {
            self.candidates.guard(&live, request.force, self.clock.now_ms(), &time).await?;
        }
        // Record: before anything is sent.
        let instances = live.iter().map(InstanceRecord::of).chain(skipped).collect();
        self.faults.pass(&points::RECORD, "").await;
        let (now_ms, expires_ms) = self.now_and_expiry(request);
        let new = NewEntry { request, instances, plan: None, expires_ms, now_ms };
        let entry = match self.store.record(new).await {
            // The same request came twice at one time: the other one is carried out.
            Err(error) if error.is_duplicate() => {
                drop(turn);
                let known = self.sent_before(request).await?.ok_or(Refusal::Store(error))?;
                return Ok(self.until_told(known, timer).await);
            }
            recorded => recorded?,
        };
        log::info!("{}: {} from {}: {}", entry.id, entry.kind, entry.caller, names(&entry.instances));
        tell(recorded, &entry);
        // Registry → groups → nodes → notify.
        let (entry, told) = self.complete(entry, turn, time).await?;
        // Answer: when all gateways have acknowledged, or when it has waited long enough. A dropped sender says that
        // the service stops: what is known then is answered.
        tokio::select! {
            // From here on our own timer is awake: the other one can go.
            _ = told => {}
            () = timer.idle() => {}
        }
        let entry = self.as_it_stands(entry).await;
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

    /// The entry of the same request, if it was sent before.
    pub(crate) async fn sent_before(&self, request: &Request) -> Result<Option<Entry>, Refusal> {
        let Some(key) = &request.idempotency_key else { return Ok(None) };
        match self.store.entry_by_key(key, self.clock.now_ms()).await? {
            Some(entry) if entry.kind == request.kind && entry.request == request.body => Ok(Some(entry)),
            Some(entry) => Err(Refusal::KeyReused { entry: entry.id }),
            None => Ok(None),
        }
    }

    /// Waits for an entry that somebody else carries out, for as long as an answer may take.
    async fn until_told(&self, entry: Entry, timer: &mut Timer) -> Entry {
        let until_ms = self.clock.now_ms().saturating_add(self.answer_within_ms);
        self.until(entry, timer, until_ms, Entry::is_final).await
    }

    /// Waits until an entry is so far, at most until a moment.
    pub(crate) async fn until(
        &self,
        entry: Entry,
        timer: &mut Timer,
        until_ms: i64,
        is_so_far: fn(&Entry) -> bool,
    ) -> Entry {
        let mut changes = self.store.changes();
        loop {
            let entry = self.now(entry.clone()).await;
            if is_so_far(&entry) || entry.is_uncertain() {
                return entry;
            }
            tokio::select! {
                _ = changes.recv() => {}
                () = timer.sleep_until_ms(until_ms) => return entry,
            }
        }
    }

    /// From a recorded entry on; after a restart too.
    pub(crate) async fn complete(
        &self,
        mut entry: Entry,
        turn: Turn,
        time: RegistryTime,
    ) -> Result<(Entry, oneshot::Receiver<Timer>), Refusal> {
        self.faults.pass(&points::RECORDED, "").await;
        let at = self.at_registry(time);
        let verdict = match entry.kind {
            Kind::Offline => registry_step::offline(at, &mut entry.instances).await,
            Kind::Online => {
                let back_to = self.statuses_before(&entry).await?;
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
            Err(error) => {
                log::error!("{}: the registry has done its part, the journal fails: {error}", entry.id);
                return Err(Refusal::Unfinished { entry: Box::new(entry), error });
            }
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

    /// The entry with the gateways' answers, which are answered.
    async fn as_it_stands(&self, entry: Entry) -> Entry {
        let entry = self.now(entry).await;
        log::info!("{}: answered {}", entry.id, entry.state.as_str());
        entry
    }

    async fn now(&self, entry: Entry) -> Entry {
        match self.store.entry(&entry.id).await {
            Ok(Some(entry)) => entry,
            Ok(None) => entry,
            Err(error) => {
                // The registry and the gateways have it: an error would say that it was not done.
                log::error!("{}: the gateways' answers cannot be read back: {error}", entry.id);
                entry
            }
        }
    }

    /// Nothing has changed: that is written down, and said.
    pub(crate) async fn fail(
        &self,
        mut entry: Entry,
        why: String,
    ) -> Result<(Entry, oneshot::Receiver<Timer>), Refusal> {
        log::error!("{}: failed at the registry, no gateway was told: {why}", entry.id);
        entry.state = EntryState::Failed;
        entry.note = Some(why.clone());
        // None of it comes any more: who asks later must not find it dealt with.
        for instance in entry.instances.iter_mut().filter(|instance| instance.step == Step::Pending) {
            instance.step = Step::Refused;
        }
        if let Err(error) = self.write_answer(&entry).await {
            // The entry stays `recorded`: after a restart the registry is asked again, unless it was overtaken.
            log::error!("{}: that it failed is not in the journal: {error}", entry.id);
        }
        Err(Refusal::Registry { entry: Some(Box::new(entry)), why })
    }

    /// It counts as failed, and stays open in the journal until what the registry did is undone.
    async fn leave_unsettled(
        &self,
        mut entry: Entry,
        why: String,
    ) -> Result<(Entry, oneshot::Receiver<Timer>), Refusal> {
        log::error!("{}: {why}; no gateway was told, it is undone as soon as the registry answers", entry.id);
        entry.add_note(&why);
        if let Err(error) = self.write_answer(&entry).await {
            log::error!("{}: that its outcome is unknown is not in the journal: {error}", entry.id);
        }
        if self.leave.try_send(entry.clone()).is_err() {
            log::error!("{}: too many entries are being undone; this one is after the next start", entry.id);
        }
        Err(Refusal::Unknown { entry: Box::new(entry), why })
    }

    pub(crate) async fn write_answer(&self, entry: &Entry) -> Result<(), StoreError> {
        self.store
            .registry_answered(RegistryAnswer {
                number: entry.number,
                instances: &entry.instances,
                nodes: &entry.nodes,
                state: entry.state,
                note: entry.note.as_deref(),
                now_ms: self.clock.now_ms(),
            })
            .await
    }
}

/// Whoever asked may have left.
fn tell(recorded: Option<oneshot::Sender<Entry>>, entry: &Entry) {
    if let Some(recorded) = recorded {
        let _ = recorded.send(entry.clone());
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
