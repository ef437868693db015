//! THE way of an offline and of an online, step by step, in this order:
//!
//! ```text
//! (http: caller, body) → check → select → record → registry → groups → nodes → notify → answer
//! ```
//!
//! Registry first, then every gateway: nothing goes to a gateway unless the registry did its part. What was asked is
//! in the journal before anything is sent, so that a crash between two steps is finished after the restart.

use std::collections::BTreeSet;
use std::sync::Arc;

use eurus_client::EurekaClient;
use eurus_service::Clock;
use ipnetwork::IpNetwork;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use crate::app_order::{AppOrder, Turn};
use crate::candidates::{Candidates, Selected};
use crate::entry::{Ack, Entry, EntryState, InstanceRecord, NodeRecord, Step};
use crate::error::Refusal;
use crate::nodes;
use crate::notify::Courier;
use crate::registry_step::{self, Verdict};
use crate::request::{Kind, Request};
use crate::selection::OptedIn;
use crate::store::{NewEntry, RegistryAnswer, Store, StoreError};

/// Requests under way at one time; one more is told to come again.
const REQUESTS_MAX: usize = 256;
/// All that the way needs.
pub struct Downline {
    pub(crate) client: Arc<EurekaClient>,
    pub(crate) store: Store,
    pub(crate) courier: Courier,
    pub(crate) order: Arc<AppOrder>,
    clock: Clock,
    candidates: Candidates,
    places: Semaphore,
    default_group: Option<String>,
    gateway_networks: Vec<IpNetwork>,
}

/// What a request may touch from the configuration's side.
pub struct Scope {
    /// The opt-in list.
    pub opted_in: OptedIn,
    /// Group of applications without a stored one.
    pub default_group: Option<String>,
    /// Where gateways' admin APIs are called.
    pub gateway_networks: Vec<IpNetwork>,
}

impl Downline {
    /// From its parts.
    pub fn new(client: Arc<EurekaClient>, store: Store, courier: Courier, clock: Clock, scope: Scope) -> Self {
        let order = Arc::new(AppOrder::default());
        let candidates = Candidates {
            client: Arc::clone(&client),
            store: store.clone(),
            order: Arc::clone(&order),
            opted_in: scope.opted_in,
            default_group: scope.default_group.clone(),
        };
        Self {
            client,
            store,
            courier,
            order,
            clock,
            candidates,
            places: Semaphore::new(REQUESTS_MAX),
            default_group: scope.default_group,
            gateway_networks: scope.gateway_networks,
        }
    }

    /// The whole way.
    ///
    /// # Errors
    /// [`Refusal`]; unless it says otherwise nothing was changed.
    pub async fn carry_out(&self, request: &Request) -> Result<Entry, Refusal> {
        // Check: the edge has looked at the caller and the body; here, whether there is room.
        let _place = self.place()?;
        // Select: from the local copy, confirmed live; one request at a time for an application.
        let Selected { live, skipped, turn } = self.candidates.select(&request.target).await?;
        if request.kind == Kind::Offline && !request.force {
            self.candidates.guard_the_last_up(&live, self.clock.now_ms()).await?;
        }
        // Record: before anything is sent.
        let instances = live.iter().map(InstanceRecord::of).chain(skipped).collect();
        let entry = self.store.record(NewEntry { request, instances, now_ms: self.clock.now_ms() }).await?;
        log::info!("{}: {} from {}: {}", entry.id, entry.kind, entry.caller, names(&entry.instances));
        // Registry → groups → nodes → notify.
        let (entry, told) = self.complete(entry, turn).await?;
        // Answer: when all gateways have acknowledged, or when it has waited long enough. A dropped sender says that
        // the service stops: what is known then is answered.
        let _ = told.await;
        Ok(self.as_it_stands(entry).await)
    }

    /// From a recorded entry on; after a restart too.
    pub(crate) async fn complete(
        &self,
        mut entry: Entry,
        turn: Turn,
    ) -> Result<(Entry, oneshot::Receiver<()>), Refusal> {
        let registries = self.client.registries();
        let verdict = match entry.kind {
            Kind::Offline => registry_step::offline(registries, &mut entry.instances).await,
            Kind::Online => registry_step::online(registries, &mut entry.instances).await,
        };
        match verdict {
            Verdict::Done => {}
            Verdict::Partly(why) => add_note(&mut entry.note, &why),
            Verdict::Failed(why) => return self.fail(entry, why).await,
        }
        if let Err(error) = self.name_nodes(&mut entry).await {
            log::error!("{}: the registry has done its part, the journal fails: {error}", entry.id);
            return Err(Refusal::Unfinished { entry: Box::new(entry), error });
        }
        let told = self.courier.deliver(&entry).await;
        // The next request for these applications may come: its number is higher, and gateways order by number.
        drop(turn);
        Ok((entry, told))
    }

    fn place(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        if !self.courier.has_room() {
            return Err(Refusal::Busy("too many gateway calls are open; ask again when gateways answer".to_owned()));
        }
        self.places
            .try_acquire()
            .map_err(|_| Refusal::Busy(format!("{REQUESTS_MAX} requests are under way; ask again in a moment")))
    }

    /// The entry with the gateways' answers.
    async fn as_it_stands(&self, entry: Entry) -> Entry {
        let entry = match self.store.entry(&entry.id).await {
            Ok(Some(entry)) => entry,
            Ok(None) => entry,
            Err(error) => {
                // The registry and the gateways have it: an error would say that it was not done.
                log::error!("{}: the gateways' answers cannot be read back: {error}", entry.id);
                entry
            }
        };
        log::info!("{}: answered {}", entry.id, entry.state.as_str());
        entry
    }

    /// Nothing has changed: that is written down, and said.
    pub(crate) async fn fail(&self, mut entry: Entry, why: String) -> Result<(Entry, oneshot::Receiver<()>), Refusal> {
        log::error!("{}: failed at the registry, no gateway was told: {why}", entry.id);
        entry.state = EntryState::Failed;
        entry.note = Some(why.clone());
        if let Err(error) = self.write_answer(&entry).await {
            // The entry stays `recorded`: after a restart the registry is asked again, unless it was overtaken.
            log::error!("{}: that it failed is not in the journal: {error}", entry.id);
        }
        Err(Refusal::Registry { entry: Some(Box::new(entry)), why })
    }

    /// Groups of each application, nodes of each group; written down with what the registry did.
    async fn name_nodes(&self, entry: &mut Entry) -> Result<(), StoreError> {
        let copy = self.client.registry();
        let mut without_group = BTreeSet::new();
        let mut records = Vec::new();
        for instance in entry.instances.iter().filter(|instance| instance.step == Step::Done) {
            let mut groups = self.store.groups_of(&instance.app).await?;
            if groups.is_empty() {
                groups.extend(self.default_group.clone());
            }
            if groups.is_empty() {
                without_group.insert(instance.app.clone());
            }
            let of_groups = groups.iter().flat_map(|group| nodes::of_group(&copy, group, &self.gateway_networks));
            records.extend(of_groups.map(|node| node_record(node, instance)));
        }
        for app in without_group {
            add_note(
                &mut entry.note,
                &format!("{app} has no gateway group (PUT /gateway-groups/{app}): none was told"),
            );
        }
        if records.is_empty() && entry.note.is_none() {
            add_note(&mut entry.note, "the gateway groups have no registered node: none was told");
        }
        entry.nodes = records;
        entry.state = EntryState::of(&entry.instances, &entry.nodes);
        self.write_answer(entry).await
    }

    async fn write_answer(&self, entry: &Entry) -> Result<(), StoreError> {
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

fn node_record(node: nodes::Node, instance: &InstanceRecord) -> NodeRecord {
    let (address, ack) = match node.admin {
        Ok(address) => (Some(address), Ack::Pending),
        Err(why) => {
            log::error!("gateway {} in group {} is not called: {why}", node.id, node.group);
            (None, Ack::Refused(why))
        }
    };
    NodeRecord {
        node: node.id,
        group: node.group,
        app: instance.app.clone(),
        instance_id: instance.instance_id.clone(),
        address,
        ack,
        attempts: 0,
        latency_us: None,
    }
}

fn add_note(note: &mut Option<String>, more: &str) {
    match note {
        Some(text) => {
            text.push_str("; ");
            text.push_str(more);
        }
        None => *note = Some(more.to_owned()),
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
