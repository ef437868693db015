//! All rounds, and the verdict.

use std::fmt;

use eurus_service::Clock;

use super::closed::Closed;
use super::cluster::Cluster;
use super::database::Database;
use super::ledger::Ledger;
use super::numbers::Numbers;
use super::plan::Plan;
use super::round::{Round, Took};
use super::settings::Settings;
use super::shops::{APP, Shops};
use super::watch::Watch;
use crate::Failure;
use crate::harness::node::NodeKind;
use crate::load::{Load, LoadSettings};

/// Of each gateway's load, between two requests.
const PAUSE_MS: i64 = 50;
/// A call to a node; one that hangs is made again.
const CALL_WITHIN: std::time::Duration = std::time::Duration::from_secs(5);
/// Several fetches and heartbeats: gateways and sync-speed know each other.
const INTRODUCED_MS: i64 = 3_000;

/// What came of it.
#[derive(Debug, Default)]
pub struct Verdict {
    /// How many rounds were played to their end.
    pub rounds: u32,
    /// How often a sync-speed, a gateway, and the registry were killed.
    pub kills: [usize; 3],
    /// How often a sync-speed stood still.
    pub standstills: usize,
    /// Requests through the gateways.
    pub requests: usize,
    /// How long it took, milliseconds.
    pub took_ms: i64,
    /// Every rule that was broken.
    pub violations: Vec<String>,
}

impl Verdict {
    /// Whether nothing was broken.
    pub fn holds(&self) -> bool {
        self.violations.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, kills: [sync_speeds, gateways, registries], standstills, requests, took_ms, violations } =
            self;
        writeln!(
            f,
            "{rounds} rounds in {} s: sync-speed killed {sync_speeds} times, a gateway {gateways} times, the registry \
             {registries} times; a sync-speed stood still {standstills} times; {requests} requests",
            took_ms / 1_000
        )?;
        violations.iter().try_for_each(|violation| writeln!(f, "VIOLATION: {violation}"))?;
        match violations.len() {
            0 => f.write_str("everything that was acknowledged was completed, once, and everybody agrees"),
            count => write!(f, "{count} violations"),
        }
    }
}

/// Plays all rounds; `tell` is told of each when it is over.
///
/// # Errors
/// When something cannot be started. What goes wrong in a round is in the verdict.
pub async fn prove(settings: &Settings, mut tell: impl FnMut(String)) -> Result<Verdict, Failure> {
    let clock = Clock::system();
    let began_ms = clock.now_ms();
    let http = reqwest::Client::builder().no_proxy().timeout(CALL_WITHIN).pool_max_idle_per_host(2).build()?;
    let data = tempfile::tempdir()?;
    let database = Database::start(settings.database, &clock).await?;
    let mut cluster = Cluster::new(settings, data.path(), database.as_ref())?;
    cluster.start_all()?;
    let shops = Shops::start(settings.instances, &cluster.places.registry, &http, &clock)?;
    cluster.until_healthy(&http, &clock).await?;
    let mut watch = Watch {
        places: std::sync::Arc::clone(&cluster.places),
        shops,
        http,
        clock: clock.clone(),
        ledger: Ledger::default(),
        closed: Closed::default(),
        numbers: Numbers::default(),
        is_closing: false,
    };
    let mut loads = Vec::new();
    for origin in &cluster.places.data {
        let url = format!("{origin}/{}/hello", APP.to_lowercase());
        loads.push(Load::start(&LoadSettings { url, connections: 1, pause_ms: PAUSE_MS }, &clock)?);
    }
    let mut verdict = Verdict::default();
    if let Err(failure) = play(settings, &mut cluster, &mut watch, &loads, &mut verdict, &mut tell).await {
        verdict.violations.push(failure.to_string());
    }
    for load in loads {
        verdict.requests += load.stop().await.len();
    }
    watch.shops.stop().await;
    verdict.took_ms = clock.now_ms() - began_ms;
    Ok(verdict)
}

async fn play(
    settings: &Settings,
    cluster: &mut Cluster,
    watch: &mut Watch,
    loads: &[Load],
    verdict: &mut Verdict,
    tell: &mut impl FnMut(String),
) -> Result<(), Failure> {
    watch.until_agreed("UP").await?;
    watch.clock.timer("introduction").sleep_ms(INTRODUCED_MS).await;
    let mut dice = fastrand::Rng::with_seed(settings.seed);
    // Undisturbed, to know how long it takes.
    let mut takes = Took { offline_ms: 0, online_ms: 0 };
    let mut standing_still = vec![false; count(settings.kills)];
    standing_still.resize(count(settings.kills + settings.standstills), true);
    dice.shuffle(&mut standing_still);
    let rounds = [None].into_iter().chain(standing_still.into_iter().map(Some));
    for (number, stands_still) in (0..).zip(rounds) {
        let sizes = (settings.gateways, settings.sync_speeds());
        let took = (takes.offline_ms, takes.online_ms);
        let plan = match stands_still {
            None => Plan::undisturbed(),
            Some(false) => Plan::of(&mut dice, sizes, took),
            Some(true) => Plan::standing_still(&mut dice, sizes, took),
        };
        verdict.standstills += usize::from(plan.standstill.is_some());
        for (count, kind) in verdict.kills.iter_mut().zip([NodeKind::SyncSpeed, NodeKind::Gateway, NodeKind::Registry])
        {
            *count += plan.kills(kind);
        }
        let played = Round { number, plan: &plan, cluster, watch, loads }.play().await;
        let (words, took) = played.map_err(|failure| Failure::new(format!("round {number}: {plan}: {failure}")))?;
        if number == 0 {
            takes = took;
        }
        verdict.rounds = number;
        for violation in watch.violations().into_iter().skip(verdict.violations.len()) {
            tell(format!("round {number}: VIOLATION: {violation}"));
            verdict.violations.push(violation);
        }
        tell(format!("round {number}: {words}"));
    }
    Ok(())
}

fn count(rounds: u32) -> usize {
    usize::try_from(rounds).unwrap_or(usize::MAX)
}
