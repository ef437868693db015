//! Our gateway and sync-speed on a stock Spring Cloud Eureka server in place of our registry: a downline holds there
//! too, though the server's cache goes on saying UP for a while.
#![allow(clippy::unwrap_used)] // Helpers of tests.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use compat_tests::Failure;
use compat_tests::java::free_port;
use compat_tests::java::server::JavaServer;
use compat_tests::java::until::until;
use compat_tests::load::{Load, LoadSettings};
use compat_tests::producer::Producer;
use compat_tests::stack::{GatewayAddress, Stack, gateway_config, sync_speed_config};
use eurus_service::Clock;
use serde_json::{Value, json};

const APP: &str = "JAVA-SERVICE";
const SERVER_IP: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 5));
const CHOSEN: usize = 1;
/// Of the server's response cache: long against the gateway's fetches, so that many of them bring an old copy.
const CACHE_MS: i64 = 3_000;
const FETCH_INTERVAL_MS: i64 = 200;
/// For what waits for the server's cache.
const SOON_MS: i64 = 30_000;
const CONNECTIONS: usize = 8;
const PAUSE_MS: i64 = 20;

struct Peers {
    server: JavaServer,
    stack: Stack,
    gateway: GatewayAddress,
    sync_speed: String,
    producers: Vec<Producer>,
    _data: tempfile::TempDir,
}

impl Peers {
    async fn start() -> Result<Self, Failure> {
        let mut stack = Stack::new(Clock::system())?;
        let address = SocketAddr::new(SERVER_IP, free_port(&[SERVER_IP])?);
        let server = JavaServer::start(address, CACHE_MS, stack.http.clone(), &stack.clock).await?;
        let mut producers = Vec::new();
        for last in 2..=4 {
            let producer = Producer::start(APP, IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), stack.clock.clone())?;
            producer.register(&stack.http, &server.service_url).await?;
            producers.push(producer);
        }
        let mut gateway_settings = gateway_config(&server.service_url);
        gateway_settings.fetch.interval_ms = FETCH_INTERVAL_MS;
        let gateway = stack.gateway(gateway_settings).await?;
        let data = tempfile::tempdir()?;
        let mut sync_speed_settings = sync_speed_config(&server.service_url, data.path());
        sync_speed_settings.eureka.fetch.interval_ms = FETCH_INTERVAL_MS;
        let sync_speed = stack.sync_speed(sync_speed_settings).await?;
        let peers = Self { server, stack, gateway, sync_speed, producers, _data: data };
        peers.until_all_know_all().await;
        Ok(peers)
    }

    async fn soon(&self, what: &str, holds: impl AsyncFnMut() -> Result<bool, Failure>) {
        until(&self.stack.clock, SOON_MS, what, holds).await.unwrap();
    }

    /// The gateway routes to all producers, and whoever fetched after the server's cache showed the gateway knows it.
    async fn until_all_know_all(&self) {
        self.soon("the gateway has three in rotation", async || Ok(self.in_rotation().await? == 3)).await;
        // Three producers, the gateway, sync-speed.
        self.soon("the server lists all", async || Ok(self.server.statuses().await?.len() == 5)).await;
        self.stack.clock.timer("a few fetches").sleep_ms(5 * FETCH_INTERVAL_MS).await;
    }

    /// The gateway's list of services.
    async fn services(&self) -> Result<Value, Failure> {
        Ok(self.stack.http.get(format!("{}/services", self.gateway.admin)).send().await?.json().await?)
    }

    async fn in_rotation(&self) -> Result<usize, Failure> {
        let body = self.services().await?;
        let service = body["services"].as_array().into_iter().flatten().find(|service| service["name"] == APP);
        let instances = service.and_then(|service| service["instances"].as_array()).into_iter().flatten();
        Ok(instances.filter(|instance| instance["in_rotation"] == true).count())
    }

    /// What the server's cache says of a producer.
    async fn cached_status(&self, producer: &Producer) -> Result<Option<String>, Failure> {
        let statuses = self.server.statuses().await?;
        Ok(statuses.into_iter().find(|(id, _)| *id == producer.instance_id).map(|(_, status)| status))
    }

    /// Returns just after a tick of the server's cache: until the next one, what changes now is not in it.
    async fn until_cache_ticks(&self, marker: &Producer) {
        marker.register(&self.stack.http, &self.server.service_url).await.unwrap();
        self.soon("the server lists a new instance", async || Ok(self.cached_status(marker).await?.is_some())).await;
    }

    /// Returns when the gateway has fetched a copy or two from now on.
    async fn until_fetched_again(&self) {
        let from_ms = self.stack.clock.now_ms() + 2 * FETCH_INTERVAL_MS;
        let fetched = async || Ok(self.services().await?["fetched_ms"].as_i64() > Some(from_ms));
        self.soon("the gateway fetches", fetched).await;
    }

    /// `POST /offline` or `/online`.
    async fn done(&self, what: &str, producer: &Producer) {
        let body = json!({"ip": producer.address.ip()});
        let answer = self.stack.http.post(format!("{}/{what}", self.sync_speed)).json(&body).send().await.unwrap();
        let (status, body) = (answer.status(), answer.json::<Value>().await.unwrap());
        assert!(status == 200 && body["state"] == "done", "{what}: {status} {body}");
        assert_eq!(body["gateways"].as_array().map(Vec::len), Some(1), "{what}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the Java peers: ./test builds and runs them"]
async fn a_downline_on_a_java_server_holds_against_its_stale_cache() {
    let peers = Peers::start().await.unwrap();
    let (clock, chosen) = (&peers.stack.clock, &peers.producers[CHOSEN]);
    let url = format!("{}/java-service/hello", peers.gateway.url);
    let load = Load::start(&LoadSettings { url, connections: CONNECTIONS, pause_ms: PAUSE_MS }, clock).unwrap();
    peers.soon("the load runs", async || Ok(load.ended() >= 200)).await;

    let marker = Producer::start("MARKER", SERVER_IP, clock.clone()).unwrap();
    peers.until_cache_ticks(&marker).await;

    peers.done("offline", chosen).await;
    let ended_at_answer = load.ended();
    chosen.fence(&peers.stack.http).await.unwrap();
    let begun = chosen.requests();
    assert!(begun > 0, "it must have been called before");
    let record = peers.server.instance(APP, &chosen.instance_id).await.unwrap().unwrap();
    assert_eq!(record["status"], "OUT_OF_SERVICE", "{record}");

    peers.until_fetched_again().await;
    assert_eq!(peers.cached_status(chosen).await.unwrap().as_deref(), Some("UP"), "the copy that came was old");
    assert_eq!(peers.in_rotation().await.unwrap(), 2);
    let confirmed = async || Ok(peers.cached_status(chosen).await?.as_deref() == Some("OUT_OF_SERVICE"));
    peers.soon("the server's cache says so too", confirmed).await;
    peers
        .soon("the load goes on", async || {
            chosen.heartbeat(&peers.stack.http, &peers.server.service_url).await?;
            Ok(load.ended() >= ended_at_answer + 600)
        })
        .await;
    assert_eq!(chosen.requests(), begun, "nothing begins there after the answer");
    let ended_while_out = load.ended() - ended_at_answer;

    peers.done("online", chosen).await;
    peers.soon("it is called again", async || Ok(chosen.requests() > begun)).await;
    let back = chosen.requests();
    let up = async || {
        Failure::unless(peers.in_rotation().await? == 3, || "an old copy took it out again".to_owned())?;
        Ok(peers.cached_status(chosen).await?.as_deref() == Some("UP"))
    };
    peers.soon("the server's cache says UP again", up).await;
    peers.soon("it is called on", async || Ok(chosen.requests() > back + 100)).await;

    let samples = load.stop().await;
    let failed: Vec<_> = samples.iter().filter_map(|sample| sample.outcome.as_ref().err()).collect();
    assert!(failed.is_empty(), "no request fails: {failed:?}");
    eprintln!("{begun} begun before, {ended_while_out} ended while out, none failed");
    peers.stack.stop().await.unwrap();
}
