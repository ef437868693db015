//! Our client against a stock Spring Cloud Eureka server: registers, renews, follows changes by deltas, and survives
//! the server's crash. What the server holds is read off its own JSON. In real time, for it keeps its own.
#![allow(clippy::unwrap_used)] // Helpers of tests.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use compat_tests::Failure;
use compat_tests::java::free_port;
use compat_tests::java::server::JavaServer;
use compat_tests::java::until::until;
use compat_tests::producer::Producer;
use eurus_client::{ClientConfig, EurekaClient, Fetch, FetchConfig, FetchKind, FetchListener, InstanceInfo};
use eurus_service::{Clock, Shutdown};
use parking_lot::Mutex;
use serde_json::json;

const SERVER_IP: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 5));
const FOLLOWER: &str = "FOLLOWER";
const FOLLOWER_ID: &str = "127.0.0.6:follower:9200";
/// Of the server's response cache and of the client's fetches.
const INTERVAL_MS: i64 = 1_000;
/// For what takes one or two intervals; after failures the client waits up to ten.
const SOON_MS: i64 = 30_000;

/// What one fetch said of the other instance.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    kind: FetchKind,
    /// Status and last action of the other instance; `None`: it is not on the list.
    other: Option<(String, String)>,
    /// Whether the fetch was a delta that named it.
    named: bool,
    hash_matches: bool,
    instances: usize,
}

/// Follows one instance through all fetches.
struct Follower {
    app: String,
    id: String,
    seen: Mutex<Vec<Seen>>,
}

impl FetchListener for Follower {
    fn fetched(&self, fetch: &Fetch) {
        let other = fetch.registry.get(&self.app, &self.id).map(|held| {
            let action = held.action.map_or("", |action| action.as_str());
            (held.status.to_string(), action.to_owned())
        });
        self.seen.lock().push(Seen {
            kind: fetch.kind,
            other,
            named: fetch.changed.iter().any(|(app, id)| (app, id) == (&self.app, &self.id)),
            hash_matches: fetch.registry.reconcile_hash() == fetch.registry.hashcode,
            instances: fetch.registry.instances().count(),
        });
    }
}

impl Follower {
    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    fn fulls(&self) -> usize {
        self.seen().iter().filter(|seen| seen.kind == FetchKind::Full).count()
    }
}

struct Peers {
    clock: Clock,
    http: reqwest::Client,
    server: JavaServer,
    client: Arc<EurekaClient>,
    other: Producer,
    follower: Arc<Follower>,
}

impl Peers {
    async fn start() -> Result<Self, Failure> {
        let clock = Clock::system();
        let http = reqwest::Client::builder().no_proxy().build()?;
        let address = SocketAddr::new(SERVER_IP, free_port(&[SERVER_IP])?);
        let server = JavaServer::start(address, INTERVAL_MS, http.clone(), &clock).await?;
        let other = Producer::start("OTHER", IpAddr::V4(Ipv4Addr::new(127, 0, 0, 7)), clock.clone())?;
        let follower =
            Arc::new(Follower { app: other.app.clone(), id: other.instance_id.clone(), seen: Mutex::new(Vec::new()) });
        let listeners: Vec<Arc<dyn FetchListener>> = vec![Arc::clone(&follower) as _];
        let client = EurekaClient::new(config(&server.service_url), clock.clone(), listeners)
            .map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { clock, http, server, client, other, follower })
    }

    async fn soon(&self, what: &str, holds: impl AsyncFnMut() -> Result<bool, Failure>) {
        let held = until(&self.clock, SOON_MS, what, holds).await;
        assert!(held.is_ok(), "{held:?}; seen: {:#?}; {:?}", self.follower.seen(), self.client.health());
    }

    /// When the server last renewed the client's lease.
    async fn renewed_ms(&self) -> Result<Option<i64>, Failure> {
        let record = self.server.instance(FOLLOWER, FOLLOWER_ID).await?;
        Ok(record.and_then(|record| record["leaseInfo"]["lastRenewalTimestamp"].as_i64()))
    }

    /// A request about the other instance, as its own client or an operator sends it.
    async fn ask(&self, method: reqwest::Method, what: &str) {
        let url = format!("{}apps/{}/{}{what}", self.server.service_url, self.other.app, self.other.instance_id);
        let answer = self.http.request(method, &url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{url}");
    }

    /// Waits for the delta that brings a state of the other instance.
    async fn delta_brings(&self, other: Option<(&str, &str)>) {
        let expected = other.map(|(status, action)| (status.to_owned(), action.to_owned()));
        let brings = |seen: &Seen| seen.kind == FetchKind::Delta && seen.named && seen.other == expected;
        let what = format!("a delta brings {expected:?}");
        self.soon(&what, async || Ok(self.follower.seen().iter().any(brings))).await;
    }

    /// Waits until the client holds what the server lists, the hashes being equal.
    async fn converges(&self, instances: usize) {
        let what = format!("the copy is the server's list of {instances}");
        self.soon(&what, async || Ok(self.server.statuses().await?.len() == instances && self.is_server_s().await?))
            .await;
    }

    async fn is_server_s(&self) -> Result<bool, Failure> {
        let copy = self.client.registry();
        let mut held: Vec<_> =
            copy.instances().map(|held| (held.instance_id.clone(), held.status.to_string())).collect();
        held.sort();
        let apps = self.server.apps().await?;
        let hash = &apps["applications"]["apps__hashcode"];
        Ok(held == self.server.statuses().await? && copy.reconcile_hash().as_str() == hash)
    }
}

fn config(service_url: &str) -> ClientConfig {
    let mut config = ClientConfig::stock(vec![service_url.to_owned()]);
    let mut instance = InstanceInfo::new(FOLLOWER, FOLLOWER_ID, "127.0.0.6", "127.0.0.6");
    instance.port.number = 9200;
    instance.vip_address = Some("follower".to_owned());
    instance.metadata = vec![("zone".to_owned(), "north & south".to_owned())];
    instance.lease.renewal_interval_s = 1;
    instance.lease.duration_s = 30;
    config.registration = Some(instance);
    config.fetch = Some(FetchConfig { interval_ms: INTERVAL_MS, ..FetchConfig::default() });
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the Java peers: ./test builds and runs them"]
async fn our_client_follows_a_java_server_and_survives_its_crash() {
    let mut peers = Peers::start().await.unwrap();
    let shutdown = Shutdown::new();
    let running = tokio::spawn(Arc::clone(&peers.client).run(shutdown.clone()));
    is_registered_and_renewed(&peers).await;
    follows_another_by_deltas(&peers).await;
    survives_a_crash(&mut peers).await;

    shutdown.trigger();
    running.await.unwrap();
    assert_eq!(peers.server.instance(FOLLOWER, FOLLOWER_ID).await.unwrap(), None, "it takes itself out");
}

async fn is_registered_and_renewed(peers: &Peers) {
    let record = async || peers.server.instance(FOLLOWER, FOLLOWER_ID).await;
    peers.soon("the server has it", async || Ok(record().await?.is_some())).await;
    let registered = record().await.unwrap().unwrap();
    assert_eq!(registered["status"], "UP", "{registered}");
    assert_eq!(registered["ipAddr"], "127.0.0.6", "{registered}");
    assert_eq!(registered["port"], json!({"$": 9200, "@enabled": "true"}), "{registered}");
    assert_eq!(registered["metadata"]["zone"], "north & south", "{registered}");
    assert_eq!(registered["leaseInfo"]["renewalIntervalInSecs"], 1, "{registered}");
    assert_eq!(registered["leaseInfo"]["durationInSecs"], 30, "{registered}");
    for _ in 0..2 {
        let before_ms = peers.renewed_ms().await.unwrap();
        peers.soon("it renews", async || Ok(peers.renewed_ms().await? > before_ms)).await;
    }
    peers.converges(1).await;
}

async fn follows_another_by_deltas(peers: &Peers) {
    assert_eq!(peers.follower.fulls(), 1, "the first: {:#?}", peers.follower.seen());
    peers.other.register(&peers.http, &peers.server.service_url).await.unwrap();
    peers.delta_brings(Some(("UP", "ADDED"))).await;
    peers.ask(reqwest::Method::PUT, "/status?value=OUT_OF_SERVICE").await;
    peers.delta_brings(Some(("OUT_OF_SERVICE", "MODIFIED"))).await;
    peers.ask(reqwest::Method::DELETE, "").await;
    peers.delta_brings(None).await;
    peers.converges(1).await;
    let seen = peers.follower.seen();
    assert_eq!(peers.follower.fulls(), 1, "every later one was a delta: {seen:#?}");
    assert!(seen.iter().all(|seen| seen.hash_matches), "{seen:#?}");
}

async fn survives_a_crash(peers: &mut Peers) {
    peers.other.register(&peers.http, &peers.server.service_url).await.unwrap();
    peers.converges(2).await;
    let before = peers.client.registry();
    peers.server.crash().unwrap();
    peers
        .soon("fetches and heartbeats fail", async || {
            let health = peers.client.health();
            Ok(health.fetch_away.is_some()
                && health.registration.is_some_and(|registration| registration.away.is_some()))
        })
        .await;
    assert!(Arc::ptr_eq(&before, &peers.client.registry()), "the last known good copy stays");

    let (fulls, fetches) = (peers.follower.fulls(), peers.follower.seen().len());
    peers.server.start_again(&peers.clock).await.unwrap();
    let registered = async || Ok(peers.server.instance(FOLLOWER, FOLLOWER_ID).await?.is_some());
    peers.soon("it registers again", registered).await;
    // The new server has never heard of the other instance: no delta can say that it is gone.
    peers.converges(1).await;
    assert!(peers.follower.fulls() > fulls, "{:#?}", peers.follower.seen());
    peers.other.register(&peers.http, &peers.server.service_url).await.unwrap();
    peers.converges(2).await;
    let seen = peers.follower.seen().split_off(fetches);
    assert!(seen.iter().all(|seen| seen.hash_matches), "{seen:#?}");
    assert_eq!(seen.last().map(|seen| seen.kind), Some(FetchKind::Delta), "{seen:#?}");
    let health = peers.client.health();
    assert!(health.fetch_away.is_none(), "{health:?}");
}
