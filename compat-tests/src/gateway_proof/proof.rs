//! All of it: start, load and trouble, the end, and what is left behind.

use std::time::Duration;

use eurus_service::Clock;
use tokio::sync::Mutex;

use super::caller::Callers;
use super::cluster::Cluster;
use super::disturber::disturb;
use super::fleet::Fleet;
use super::ledger::Ledger;
use super::level::Level;
use super::settings::Settings;
use super::verdict::Verdict;
use super::vitals::{Metrics, descriptors, resident_kib};
use crate::Failure;
use crate::harness::proof::progress::Progress;
use crate::java::until::Patience;

const CALL_WITHIN: Duration = Duration::from_secs(5);
const KNOWN_WITHIN_MS: i64 = 30_000;
/// Idle connections to instances are kept for 2 s, callers' end with the load.
const GIVEN_BACK_WITHIN_MS: i64 = 20_000;
/// What may differ between two looks: the admin API's own connections.
const DESCRIPTORS_SPARE: usize = 3;
const SAMPLE_EVERY_MS: i64 = 500;

/// What is looked at.
struct Watched<'a> {
    cluster: &'a Cluster,
    ledger: &'a Ledger,
    http: &'a reqwest::Client,
    clock: &'a Clock,
}

/// # Errors
/// When something cannot be started, or ends by itself. What the gateway does wrong is in the verdict.
pub async fn prove(settings: &Settings, progress: &mut Progress) -> Result<Verdict, Failure> {
    let clock = Clock::system();
    let began_ms = clock.now_ms();
    let http = reqwest::Client::builder().no_proxy().timeout(CALL_WITHIN).pool_max_idle_per_host(1).build()?;
    let data = tempfile::tempdir()?;
    let cluster = Cluster::start(settings, data.path(), &http, &clock).await?;
    let fleet = Mutex::new(Fleet::start(settings, &cluster.registry(), &http, &clock).await?);
    let ledger = Ledger::with_failures(settings.logs.as_deref())?;
    let watched = Watched { cluster: &cluster, ledger: &ledger, http: &http, clock: &clock };
    watched.until_in_rotation(settings.instances).await?;
    let pid = cluster.pid()?;
    let before = descriptors(pid)?;

    let until_ms = clock.now_ms() + i64::from(settings.seconds) * 1_000;
    let callers = Callers::start(settings, cluster.gateway(), &ledger, &clock);
    let (fates, samples) = tokio::join!(
        disturb(settings, &fleet, &ledger, &clock, until_ms),
        watched.sample(until_ms, settings, progress)
    );
    callers.stop().await;
    let fates = fates?;

    let memory = Level::of(&samples?);
    memory.unless_flat().unwrap_or_else(|words| ledger.violate(words));
    let after = watched.until_given_back(before).await?;
    let metrics = Metrics::of(&cluster.admin(), &http).await?;
    watched.compare(&metrics);
    let retries = metrics.sum("eurus_gateway_retries_total", None);
    let took_ms = clock.now_ms() - began_ms;
    let (seed, counts) = (settings.seed, ledger.counts());
    Ok(Verdict { seed, counts, fates, memory, descriptors: [before, after], retries, took_ms })
}

impl Watched<'_> {
    async fn until_in_rotation(&self, instances: usize) -> Result<(), Failure> {
        let mut patience = Patience::new(self.clock, KNOWN_WITHIN_MS);
        loop {
            let metrics = Metrics::of(&self.cluster.admin(), self.http).await?;
            // The gateway registers too.
            if metrics.sum("eurus_gateway_instances_in_rotation", None) >= instances as u64 {
                return Ok(());
            }
            patience.wait("the gateway knows all instances").await?;
        }
    }

    /// The gateway's memory, again and again, until the time is over; what is new is told.
    async fn sample(&self, until_ms: i64, settings: &Settings, progress: &mut Progress) -> Result<Vec<u64>, Failure> {
        let mut timer = self.clock.timer("samples");
        let mut samples = Vec::new();
        let length_ms = i64::from(settings.seconds) * 1_000;
        loop {
            let left_ms = until_ms - self.clock.now_ms();
            if left_ms <= 0 {
                return Ok(samples);
            }
            samples.push(resident_kib(self.cluster.pid()?)?);
            let (news, requests) = self.ledger.news();
            news.iter().for_each(|words| progress.line(&format!("VIOLATION (seed {}): {words}", settings.seed)));
            progress.pass(length_ms - left_ms, length_ms, SAMPLE_EVERY_MS, &format!("{requests} requests"));
            timer.sleep_ms(SAMPLE_EVERY_MS.min(left_ms)).await;
        }
    }

    /// How many file descriptors are left when everything was given back, or the patience is over.
    async fn until_given_back(&self, before: usize) -> Result<usize, Failure> {
        let mut patience = Patience::new(self.clock, GIVEN_BACK_WITHIN_MS);
        loop {
            let metrics = Metrics::of(&self.cluster.admin(), self.http).await?;
            let after = descriptors(self.cluster.pid()?)?;
            let mut kept = vec![("requests under way", self.under_way().await?)];
            for (what, name) in [
                ("callers' connections", "eurus_gateway_connections_open"),
                ("upgraded connections", "eurus_gateway_upgraded_open"),
                ("idle connections to instances", "eurus_gateway_idle_connections"),
            ] {
                kept.push((what, metrics.sum(name, None)));
            }
            kept.push(("file descriptors more", after.saturating_sub(before + DESCRIPTORS_SPARE) as u64));
            kept.retain(|(_, count)| *count > 0);
            if kept.is_empty() {
                return Ok(after);
            }
            if let Err(failure) = patience.wait("everything is given back").await {
                self.ledger.violate(format!("{failure}: {kept:?}"));
                return Ok(after);
            }
        }
    }

    /// At all instances, as the gateway counts.
    async fn under_way(&self) -> Result<u64, Failure> {
        let url = format!("{}/services", self.cluster.admin());
        let answer: serde_json::Value = serde_json::from_str(&self.http.get(&url).send().await?.text().await?)?;
        let services = answer["services"].as_array().into_iter().flatten();
        let instances = services.flat_map(|service| service["instances"].as_array().into_iter().flatten());
        let counts = instances.map(|instance| instance["under_way"].as_u64());
        counts
            .sum::<Option<u64>>()
            .ok_or_else(|| Failure::new(format!("{url} does not say what is under way: {answer}")))
    }

    /// What the gateway counted beside what callers saw. Of an answer that a caller did not see the gateway may have sent the head.
    fn compare(&self, metrics: &Metrics) {
        let counts = self.ledger.counts();
        for (what, counted, seen) in [
            ("answers", metrics.sum("eurus_gateway_answers_total", Some("class=\"2xx\"")), counts.heads),
            ("upgrades", metrics.sum("eurus_gateway_upgrades_total", None), counts.upgrades),
        ] {
            if counted < seen || counted > seen + counts.unseen {
                let unseen = counts.unseen;
                self.ledger
                    .violate(format!("the gateway counted {counted} {what}, callers saw {seen}, {unseen} unclear"));
            }
        }
    }
}
