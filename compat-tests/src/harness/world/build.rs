//! Turns a scenario's parts into nodes that can be started: configurations read as the products read them, an address
//! for each.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use eurus_gateway::{CopyAccess, GatewayConfig};
use eurus_registry::{CacheAccess, RegistryConfig};
use eurus_service::{Clock, ConfigError};
use eurus_sync_speed::SyncSpeedConfig;

use super::FETCHERS;
use super::beginning::Beginning;
use super::nodes::{Caller, Gateway, Registry, Shadow, SyncSpeed};
use super::running::Running;
use super::{Instance, World};
use crate::Failure;
use crate::stack::Stack;

use super::super::fault_hand::FaultHand;
use super::super::node::{NodeKind, properties};
use super::super::pace::Pace;
use super::super::programs::Programs;
use super::super::scenario::{CallerPart, NodePart, Program, Scenario, Time};

/// A multiple of 30 s: a moment at which read-only caches tick.
const TICK_MS: i64 = 1_800_000_000_000;
/// Ports of the nodes: on an address that no other run has.
const FIRST_PORT: u16 = 18_000;

/// In real time, how long an answer may take that is not an order's: a node that stands still answers never.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);

pub(super) fn world(scenario: &Scenario, programs: Programs) -> Result<World, Failure> {
    let (stack, pace, began_ms) = time(scenario)?;
    let clock = stack.clock.clone();
    let data = tempfile::tempdir()?;
    let mut addresses = Addresses::new();
    let refused = |name: &str, error: ConfigError| Failure::new(format!("{}: {name}: {error}", scenario.file));
    let mut registries = Vec::new();
    for part in &scenario.registries {
        let properties = properties(NodeKind::Registry, ours(part)).map_err(|error| refused(&part.name, error))?;
        let mut config = RegistryConfig::from_properties(&properties).map_err(|error| refused(&part.name, error))?;
        let access = CacheAccess::default();
        config.cache_access = Some(access.clone());
        let faults = FaultHand::new(clock.clone(), pace.hand(), &[]);
        config.faults = faults.faults();
        let (clock, running) = (clock.ahead_by_ms(part.ahead_ms), Running::default());
        let shadow = Some(Shadow::default());
        let (part, at) = (part.clone(), addresses.next());
        registries.push(Registry { part, config, at, access, faults, clock, running, opened_ms: None, shadow });
    }
    let mut gateways = Vec::new();
    for part in &scenario.gateways {
        let properties = properties(NodeKind::Gateway, ours(part)).map_err(|error| refused(&part.name, error))?;
        let mut config = GatewayConfig::from_properties(&properties).map_err(|error| refused(&part.name, error))?;
        let faults = FaultHand::new(clock.clone(), pace.hand(), &[]);
        config.faults = faults.faults();
        let (clock, running) = (clock.ahead_by_ms(part.ahead_ms), Running::default());
        let copy = CopyAccess::default();
        config.copy_access = Some(copy.clone());
        let (at, admin_at) = (addresses.next(), addresses.next());
        let part = part.clone();
        gateways.push(Gateway {
            part,
            config,
            at,
            admin_at,
            faults,
            clock,
            running,
            copy,
            beginning: Beginning::default(),
        });
    }
    let mut sync_speeds = Vec::new();
    for part in &scenario.sync_speeds {
        let properties = properties(NodeKind::SyncSpeed, ours(part)).map_err(|error| refused(&part.name, error))?;
        let folder = data.path().join(&part.name);
        std::fs::create_dir_all(&folder)?;
        let mut config =
            SyncSpeedConfig::from_properties(&properties, folder).map_err(|error| refused(&part.name, error))?;
        let faults = FaultHand::new(clock.clone(), pace.hand(), FETCHERS);
        config.faults = faults.faults();
        let (clock, running) = (clock.ahead_by_ms(part.ahead_ms), Running::default());
        sync_speeds.push(SyncSpeed { part: part.clone(), config, at: addresses.next(), faults, clock, running });
    }
    Ok(World {
        stack,
        pace,
        began_ms,
        start_ms: scenario.start_ms,
        programs,
        data,
        registries,
        gateways,
        sync_speeds,
        callers: scenario.callers.iter().map(caller).collect(),
        instances: scenario.producers.iter().cloned().map(Instance::new).collect(),
        links: BTreeMap::new(),
        names: HashMap::new(),
    })
}

fn caller(part: &CallerPart) -> Caller {
    Caller { part: part.clone(), list: Vec::new(), is_frozen: false, beginning: Beginning::default(), next: 0 }
}

/// How time passes, and the scenario's begin; in real time that is put off until everything is prepared.
fn time(scenario: &Scenario) -> Result<(Stack, Pace, i64), Failure> {
    match scenario.time {
        Time::Virtual => {
            let began_ms = TICK_MS + scenario.start_ms;
            let (clock, hand) = Clock::manual(began_ms);
            Ok((Stack::new(clock)?, Pace::ByHand(hand), began_ms))
        }
        Time::Real => {
            let clock = Clock::system();
            let mut stack = Stack::new(clock.clone())?;
            stack.http = reqwest::Client::builder().no_proxy().timeout(ANSWER_WITHIN).build()?;
            let now_ms = clock.now_ms();
            Ok((stack, Pace::Real(clock), now_ms))
        }
    }
}

/// The settings that are ours to check: a Java program has its own.
fn ours(part: &NodePart) -> &[(String, String)] {
    if part.program == Program::Java { &[] } else { &part.settings }
}

/// Addresses that are known before anything listens there: a loopback address of its own for each run, so that nobody
/// else takes a port between two starts of a node.
struct Addresses {
    ip: Ipv4Addr,
    next_port: u16,
}

impl Addresses {
    fn new() -> Self {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let [_, _, high, low] = std::process::id().wrapping_mul(251).wrapping_add(run).to_be_bytes();
        // 127.128.0.0/9: instances take theirs from below.
        let ip = Ipv4Addr::new(127, 128 + (high & 0x7f), low, 1 + u8::try_from(run % 250).unwrap_or(0));
        Self { ip, next_port: FIRST_PORT }
    }

    fn next(&mut self) -> SocketAddr {
        let port = self.next_port;
        self.next_port += 1;
        SocketAddr::new(IpAddr::V4(self.ip), port)
    }
}
