//! What the way is made of.

use std::sync::Arc;
use std::time::Duration;

use eurus_client::EurekaClient;
use eurus_service::{Clock, Faults};
use ipnetwork::IpNetwork;
use tokio::sync::{Semaphore, mpsc};

use super::{DRAINS_MAX, Downline, REQUESTS_MAX};
use crate::access::Door;
use crate::app_order::AppOrder;
use crate::audit::Trail;
use crate::by_address::ByAddress;
use crate::candidates::Candidates;
use crate::entry::Entry;
use crate::notify::{Courier, GatewayClient};
use crate::recovery::Left;
use crate::registry_memory::RegistryMemory;
use crate::store::Store;
use crate::tally::Tally;

/// What a turn holds longer than the registry may take: clocks of nodes differ a little.
const TURN_SPARE_MS: i64 = 5_000;

/// What a request may touch from the configuration's side.
pub(crate) struct Scope {
    /// Who may do what.
    pub(crate) door: Arc<Door>,
    /// Group of applications without a stored one.
    pub(crate) default_group: Option<String>,
    /// Where gateways' admin APIs are called.
    pub(crate) gateway_networks: Vec<IpNetwork>,
    /// How old the local copy may be.
    pub(crate) fetch_interval_ms: i64,
    /// How long a request may take at the registry.
    pub(crate) registry_within: Duration,
    /// How long an answer waits for gateways, milliseconds.
    pub(crate) answer_within_ms: i64,
    /// When offlines end that say nothing about it, milliseconds.
    pub(crate) release_after_ms: Option<i64>,
    /// A harness's plan.
    pub(crate) faults: Faults,
}

/// To whom entries are handed.
pub(crate) struct Ways {
    /// Gateways are told.
    pub(crate) courier: Courier,
    /// Gateways are asked.
    pub(crate) gateways: GatewayClient,
    /// What is left over is finished.
    pub(crate) leave: mpsc::Sender<Left>,
    /// Rolling ones are carried out.
    pub(crate) rollings: mpsc::Sender<Entry>,
    /// The service's own orders are written down.
    pub(crate) trail: Arc<Trail>,
    /// What happens is counted.
    pub(crate) tally: Arc<Tally>,
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
            by_address: ByAddress::default(),
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
            drains: Semaphore::new(DRAINS_MAX),
            default_group: scope.default_group,
            gateway_networks: scope.gateway_networks,
            gateways: ways.gateways,
            rollings: ways.rollings,
            trail: ways.trail,
            tally: ways.tally,
            answer_within_ms: scope.answer_within_ms,
            release_after_ms: scope.release_after_ms,
            faults: scope.faults,
        }
    }

    /// Requests under way, and those that wait until their instances are drained.
    pub(crate) fn places_taken(&self) -> (u64, u64) {
        let taken = |places: &Semaphore, all: usize| all.saturating_sub(places.available_permits()) as u64;
        (taken(&self.places, REQUESTS_MAX), taken(&self.drains, DRAINS_MAX))
    }
}
