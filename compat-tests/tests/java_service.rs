//! Three stock Spring Cloud services on our registry, behind our gateway: found, called in turn, taken offline under
//! load, brought back, stopped. In real time, for they keep their own.
#![allow(clippy::unwrap_used)] // Helpers of tests.

use std::net::{IpAddr, Ipv4Addr};

use compat_tests::Failure;
use compat_tests::java::free_port;
use compat_tests::java::service::{APP, JavaService};
use compat_tests::java::until::until;
use compat_tests::load::{Load, LoadSettings};
use compat_tests::stack::{GatewayAddress, Stack, gateway_config, sync_speed_config};
use eurus_registry::RegistryConfig;
use eurus_service::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

const CHOSEN: usize = 1;
/// Short, so that a change is everywhere soon. What is proven does not depend on it.
const INTERVAL_MS: i64 = 200;
/// For what takes a Java client one or two of its intervals of 2 s.
const SOON_MS: i64 = 30_000;
const CONNECTIONS: usize = 8;
/// Of one connection, between two requests: up to 400 requests a second in all.
const PAUSE_MS: i64 = 20;
const PER_SECOND_MIN: f64 = 200.0;
const REQUESTS_AFTER: usize = 600;

struct Peers {
    services: Vec<JavaService>,
    stack: Stack,
    registry: String,
    gateway: GatewayAddress,
    sync_speed: String,
    _data: TempDir,
}

impl Peers {
    async fn start() -> Result<Self, Failure> {
        let mut stack = Stack::new(Clock::system())?;
        let registry = stack
            .registry(RegistryConfig { response_cache_update_interval_ms: INTERVAL_MS, ..RegistryConfig::stock() })
            .await?;
        let addresses = [2, 3, 4].map(|last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)));
        let port = free_port(&addresses)?;
        let mut services = Vec::new();
        for ip in addresses {
            services.push(JavaService::start(ip, port, &registry, stack.http.clone())?);
        }
        let mut gateway_settings = gateway_config(&registry);
        gateway_settings.fetch.interval_ms = INTERVAL_MS;
        let gateway = stack.gateway(gateway_settings).await?;
        let data = tempfile::tempdir()?;
        let mut sync_speed_settings = sync_speed_config(&registry, data.path());
        sync_speed_settings.eureka.fetch.interval_ms = INTERVAL_MS;
        let sync_speed = stack.sync_speed(sync_speed_settings).await?;
        for service in &mut services {
            service.until_healthy(&stack.clock).await?;
        }
        Ok(Self { services, stack, registry, gateway, sync_speed, _data: data })
    }

    fn chosen(&self) -> &JavaService {
        &self.services[CHOSEN]
    }

    fn ids(&self) -> Vec<String> {
        self.services.iter().map(|service| service.instance_id.clone()).collect()
    }

    fn ids_but_chosen(&self) -> Vec<String> {
        self.ids().into_iter().filter(|id| *id != self.chosen().instance_id).collect()
    }

    async fn soon(&self, what: &str, holds: impl AsyncFnMut() -> Result<bool, Failure>) {
        until(&self.stack.clock, SOON_MS, what, holds).await.unwrap();
    }

    async fn get(&self, url: &str) -> Result<(u16, Value), Failure> {
        let answer = self.stack.http.get(url).header("accept", "application/json").send().await?;
        let (status, body) = (answer.status().as_u16(), answer.bytes().await?);
        // A 404 of a registry has no body.
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
        Ok((status, body))
    }

    /// The registry's own record of a service; null when there is none.
    async fn record(&self, instance_id: &str) -> Result<Value, Failure> {
        let (status, mut body) = self.get(&format!("{}apps/{APP}/{instance_id}", self.registry)).await?;
        Failure::unless(matches!(status, 200 | 404), || format!("the record of {instance_id}: {status} {body}"))?;
        Ok(body["instance"].take())
    }

    async fn last_renewal_ms(&self, instance_id: &str) -> Result<i64, Failure> {
        let record = self.record(instance_id).await?;
        let renewed_ms = record["leaseInfo"]["lastRenewalTimestamp"].as_i64();
        renewed_ms.ok_or_else(|| Failure::new(format!("no lastRenewalTimestamp in {record}")))
    }

    /// Waits for heartbeats: each moves the time of the last renewal.
    async fn renews(&self, instance_id: &str, times: usize) {
        for _ in 0..times {
            let before_ms = self.last_renewal_ms(instance_id).await.unwrap();
            let what = format!("{instance_id} renews");
            self.soon(&what, async || Ok(self.last_renewal_ms(instance_id).await? > before_ms)).await;
        }
    }

    /// The services as the gateway's balancer lists them.
    async fn listed(&self) -> Result<Vec<Value>, Failure> {
        let (_, body) = self.get(&format!("{}/services", self.gateway.admin)).await?;
        let service = body["services"].as_array().into_iter().flatten().find(|service| service["name"] == APP);
        Ok(service.and_then(|service| service["instances"].as_array()).cloned().unwrap_or_default())
    }

    async fn in_rotation(&self) -> Result<usize, Failure> {
        Ok(self.listed().await?.iter().filter(|instance| instance["in_rotation"] == true).count())
    }

    /// How many requests the gateway began at the chosen service.
    async fn begun_by_gateway(&self) -> Result<u64, Failure> {
        let listed = self.listed().await?;
        let chosen = listed.iter().find(|instance| instance["instanceId"] == self.chosen().instance_id);
        chosen
            .and_then(|instance| instance["requests"].as_u64())
            .ok_or_else(|| Failure::new(format!("{} is not listed: {listed:?}", self.chosen().instance_id)))
    }

    async fn seen_by_all(&self, expected: &[String]) {
        for service in &self.services {
            let what = format!("{} sees {expected:?}", service.instance_id);
            self.soon(&what, async || Ok(service.seen("java-service").await? == expected)).await;
        }
    }

    /// `POST /offline` or `/online` for the chosen service's address.
    async fn done(&self, what: &str) {
        let body = json!({"ip": self.chosen().address.ip()});
        let answer = self.stack.http.post(format!("{}/{what}", self.sync_speed)).json(&body).send().await.unwrap();
        let (status, body) = (answer.status(), answer.json::<Value>().await.unwrap());
        assert!(status == 200 && body["state"] == "done", "{what}: {status} {body}");
        assert_eq!(body["gateways"].as_array().map(Vec::len), Some(1), "{what}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the Java peers: ./test builds and runs them"]
async fn java_services_are_found_called_taken_offline_brought_back_and_stopped() {
    let mut peers = Peers::start().await.unwrap();
    register_and_renew(&peers).await;
    answer_in_turn(&peers).await;
    peers.seen_by_all(&peers.ids()).await;
    offline_and_online_under_load(&peers).await;
    deltas_have_our_hash(&peers);
    deregister_on_sigterm(&mut peers).await;
    peers.stack.stop().await.unwrap();
}

async fn register_and_renew(peers: &Peers) {
    for service in &peers.services {
        let id = &service.instance_id;
        let is_up = async || Ok(peers.record(id).await?["status"] == "UP");
        peers.soon(&format!("{id} is registered and UP"), is_up).await;
        let record = peers.record(id).await.unwrap();
        assert_eq!(record["ipAddr"], service.address.ip().to_string(), "{record}");
        assert_eq!(record["port"], json!({"$": service.address.port(), "@enabled": "true"}), "{record}");
        assert_eq!(record["leaseInfo"]["renewalIntervalInSecs"], 2, "{record}");
        peers.renews(id, 1).await;
    }
}

async fn answer_in_turn(peers: &Peers) {
    peers.soon("the gateway has three in rotation", async || Ok(peers.in_rotation().await? == 3)).await;
    let mut answered = Vec::new();
    for _ in 0..9 {
        let (status, body) = peers.get(&format!("{}/java-service/hello", peers.gateway.url)).await.unwrap();
        assert_eq!(status, 200, "{body}");
        answered.push(body["instanceId"].as_str().unwrap().to_owned());
    }
    let mut first = answered[..3].to_vec();
    first.sort();
    assert_eq!(first, peers.ids(), "one round reaches all three");
    assert!(answered.chunks(3).all(|round| round == &answered[..3]), "in turn: {answered:?}");
}

async fn offline_and_online_under_load(peers: &Peers) {
    let (clock, chosen) = (&peers.stack.clock, peers.chosen());
    let settings = LoadSettings {
        url: format!("{}/java-service/hello", peers.gateway.url),
        connections: CONNECTIONS,
        pause_ms: PAUSE_MS,
    };
    let load = Load::start(&settings, clock).unwrap();
    peers.soon("the load reaches the instances", async || Ok(load.ended() >= 400)).await;
    let (measured_from_us, ended_before) = (clock.now_us(), load.ended());

    peers.done("offline").await;
    let (answered_us, ended_at_answer) = (clock.now_us(), load.ended());
    let begun = peers.begun_by_gateway().await.unwrap();
    // A Java service serves on many threads: what was sent to it before the answer may be counted only now.
    peers.soon("it has begun all that was sent to it", async || Ok(chosen.requests().await? == begun)).await;
    assert!(begun > 100, "it must have been called before: {begun}");

    peers.soon("the load goes on", async || Ok(load.ended() >= ended_at_answer + REQUESTS_AFTER)).await;
    peers.renews(&chosen.instance_id, 2).await;
    let record = peers.record(&chosen.instance_id).await.unwrap();
    assert_eq!((&record["status"], &record["overriddenStatus"]), (&json!("OUT_OF_SERVICE"), &json!("OUT_OF_SERVICE")));
    peers.seen_by_all(&peers.ids_but_chosen()).await;
    assert_eq!(chosen.requests().await.unwrap(), begun, "no request begins there after the answer");
    assert_eq!(peers.begun_by_gateway().await.unwrap(), begun);
    let ended_while_out = load.ended() - ended_at_answer;

    let brought_back_us = clock.now_us();
    peers.done("online").await;
    peers.soon("it is called again", async || Ok(chosen.requests().await? > begun)).await;
    peers.seen_by_all(&peers.ids()).await;
    assert_eq!(peers.record(&chosen.instance_id).await.unwrap()["status"], "UP");

    let samples = load.stop().await;
    let per_second = (samples.len() - ended_before) as f64 * 1e6 / (clock.now_us() - measured_from_us) as f64;
    let failed: Vec<_> = samples.iter().filter_map(|sample| sample.outcome.as_ref().err()).collect();
    assert!(failed.is_empty(), "no request fails: {failed:?}");
    let late = samples.iter().filter(|sample| (answered_us..brought_back_us).contains(&sample.started_us));
    let late: Vec<_> = late.filter(|sample| sample.outcome.as_ref() == Ok(&chosen.instance_id)).collect();
    assert!(late.is_empty(), "it answered what was asked after the downline: {late:?}");
    assert!(per_second >= PER_SECOND_MIN, "{per_second:.0} requests/s");
    eprintln!("{begun} begun before, {ended_while_out} ended while out, {per_second:.0} requests/s, none failed");
}

/// Registrations, an offline and an online lie behind: the stock client counted what we counted each time.
fn deltas_have_our_hash(peers: &Peers) {
    for service in &peers.services {
        let deltas = service.deltas().unwrap();
        assert!(deltas.fetched >= 3, "{}: {deltas:?}", service.instance_id);
        assert_eq!(deltas.mismatches, 0, "{}: {deltas:?}", service.instance_id);
    }
}

async fn deregister_on_sigterm(peers: &mut Peers) {
    let service = peers.services.pop().unwrap();
    let id = service.instance_id.clone();
    let status = service.terminate(&peers.stack.clock).await.unwrap();
    assert_eq!(status.code(), Some(143), "{status}");
    // It sends its DELETE before it ends.
    assert_eq!(peers.record(&id).await.unwrap(), Value::Null, "{id} is gone");
    peers.soon("the gateway has two in rotation", async || Ok(peers.in_rotation().await? == 2)).await;
}
