//! How long an instance stays in rotation after it was taken out: through sync-speed, under a real load and in real
//! time; and with its status set at the registry alone, on Netflix's intervals, in virtual time.

use std::net::{IpAddr, Ipv4Addr};

use eurus_registry::RegistryConfig;
use eurus_service::Clock;
use serde_json::{Value, json};

use crate::Failure;
use crate::load::{Load, LoadSettings};
use crate::producer::Producer;
use crate::scene::{APP, Scene};
use crate::stack::{Stack, gateway_config, sync_speed_config};

/// Connections of the load.
pub const CONNECTIONS: usize = 8;
/// Milliseconds between two requests of one connection: 8 connections make up to 400 requests a second.
const PAUSE_MS: i64 = 20;
const CHOSEN: usize = 1;
/// The longest that a change can be on its way on Netflix's intervals, with room.
const LAG_BOUND_MS: i64 = 120_000;

/// What was seen of a downline through sync-speed.
#[derive(Clone, Debug)]
pub struct ThroughSyncSpeed {
    /// From `POST /offline` to its answer, microseconds.
    pub answered_after_us: i64,
    /// Requests that began on the instance before the answer.
    pub begun_before: usize,
    /// Requests that began on the instance after the answer: must be none.
    pub begun_after: usize,
    /// Requests that ended, before and after.
    pub requests: usize,
    /// Requests that ended after the answer.
    pub requests_after: usize,
    /// What failed requests said: must be none.
    pub failures: Vec<String>,
    /// Requests per second over the whole load.
    pub per_second: f64,
}

/// Takes one of three producers offline under load and goes on for `requests_after` requests; heartbeats go on.
///
/// # Errors
/// When a step fails.
pub async fn through_sync_speed(requests_before: usize, requests_after: usize) -> Result<ThroughSyncSpeed, Failure> {
    let clock = Clock::system();
    let mut stack = Stack::new(clock.clone())?;
    let data = tempfile::tempdir()?;
    // The intervals do not matter for what is measured; short ones make producers and gateway known sooner.
    let mut registry_settings = RegistryConfig::stock();
    registry_settings.response_cache_update_interval_ms = 100;
    let registry = stack.registry(registry_settings).await?;
    let producers = three_producers(&stack, &registry).await?;
    let mut gateway_settings = gateway_config(&registry);
    gateway_settings.fetch.interval_ms = 100;
    let gateway = stack.gateway(gateway_settings).await?;
    let mut sync_speed_settings = sync_speed_config(&registry, data.path());
    sync_speed_settings.eureka.fetch.interval_ms = 100;
    let sync_speed = stack.sync_speed(sync_speed_settings).await?;
    until(&clock, "the gateway is known", async || Ok(apps_known(&stack, &registry).await? >= 2)).await?;
    settle_fetches(&clock).await;

    let started_us = clock.now_us();
    let url = format!("{}/java-service/hello", gateway.url);
    let load = Load::start(&LoadSettings { url, connections: CONNECTIONS, pause_ms: PAUSE_MS }, &clock)?;
    until(&clock, "the load runs", async || Ok(load.ended() >= requests_before)).await?;

    let chosen = &producers[CHOSEN];
    let asked_us = clock.now_us();
    let body = json!({"ip": chosen.address.ip()});
    let answer = stack.http.post(format!("{sync_speed}/offline")).json(&body).send().await?;
    let answered_us = clock.now_us();
    let ended_at_answer = load.ended();
    chosen.fence(&stack.http).await?;
    let begun_before = chosen.requests();
    let (status, body) = (answer.status(), answer.json::<Value>().await?);
    let is_done = status == 200 && body["state"] == "done" && body["gateways"].as_array().map(Vec::len) == Some(1);
    Failure::unless(is_done, || format!("POST /offline: {status} {body}"))?;

    until(&clock, "the load goes on", async || {
        chosen.heartbeat(&stack.http, &registry).await?;
        Ok(load.ended() >= ended_at_answer + requests_after)
    })
    .await?;
    let samples = load.stop().await;
    let elapsed_us = clock.now_us() - started_us;
    let begun_after = chosen.requests() - begun_before;
    let requests = samples.len();
    let failures = samples.into_iter().filter_map(|sample| sample.outcome.err()).collect();
    for producer in producers {
        producer.stop().await;
    }
    stack.stop().await?;
    Ok(ThroughSyncSpeed {
        answered_after_us: answered_us - asked_us,
        begun_before,
        begun_after,
        requests,
        requests_after: requests - ended_at_answer,
        failures,
        per_second: requests as f64 * 1e6 / elapsed_us as f64,
    })
}

/// With the status set at the registry alone, on Netflix's intervals: how long, in virtual milliseconds (to the second),
/// requests still reach the instance. It depends on two phases: how long after a tick of the read-only cache the
/// gateway fetches, and how long after a fetch the status is set.
///
/// # Errors
/// When a step fails, or the instance is never left alone.
pub async fn at_registry_alone(fetch_after_tick_ms: i64, set_after_fetch_ms: i64) -> Result<i64, Failure> {
    let scene = Scene::start_after_tick(fetch_after_tick_ms, |_, _| ()).await?;
    scene.let_pass_ms(set_after_fetch_ms).await?;
    let chosen = &scene.producers[CHOSEN];
    Failure::unless(scene.is_called(chosen).await?, || "it is not called to begin with".to_owned())?;
    scene.set_status_at_registry(chosen, "OUT_OF_SERVICE").await?;
    let mut lag_ms = 0;
    while scene.is_called(chosen).await? {
        Failure::unless(lag_ms < LAG_BOUND_MS, || format!("it is still called after {lag_ms} ms"))?;
        scene.let_pass_ms(1_000).await?;
        lag_ms += 1_000;
    }
    scene.stack.stop().await?;
    Ok(lag_ms)
}

async fn three_producers(stack: &Stack, registry: &str) -> Result<Vec<Producer>, Failure> {
    let mut producers = Vec::new();
    for last in 2..=4 {
        let producer = Producer::start(APP, IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), stack.clock.clone())?;
        producer.register(&stack.http, registry).await?;
        producers.push(producer);
    }
    Ok(producers)
}

async fn apps_known(stack: &Stack, registry: &str) -> Result<usize, Failure> {
    let answer = stack.http.get(format!("{registry}apps")).header("accept", "application/json").send().await?;
    let body: Value = answer.json().await?;
    Ok(body["applications"]["application"].as_array().map_or(0, Vec::len))
}

/// Several rounds of the short intervals: every local copy is up to date.
async fn settle_fetches(clock: &Clock) {
    clock.timer("settle").sleep_ms(500).await;
}

/// Asks every few milliseconds until something holds; 30 s at most.
async fn until(
    clock: &Clock,
    what: &str,
    mut holds: impl AsyncFnMut() -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut timer = clock.timer("until");
    let until_ms = clock.now_ms() + 30_000;
    while !holds().await? {
        Failure::unless(clock.now_ms() < until_ms, || format!("not within 30 s: {what}"))?;
        timer.sleep_ms(5).await;
    }
    Ok(())
}
