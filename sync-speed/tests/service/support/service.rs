//! The service under test, entered by `run`, on a manual clock.

use std::net::IpAddr;

use eurus_client::Timeouts;
use eurus_service::clock::ManualClock;
use eurus_service::{Clock, Shutdown};
use eurus_sync_speed::selection::OptedIn;
use eurus_sync_speed::{RunError, SyncSpeedConfig};
use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::gateway::FakeGateway;
use super::registry::FakeRegistry;
use super::{Events, free_listener};

pub(crate) const GROUP: &str = "EURUS-GATEWAY";
pub(crate) const START_MS: i64 = 1_795_000_000_000;

/// Registry and events of one test, and the folder that outlives a service.
pub(crate) struct World {
    pub(crate) events: Events,
    pub(crate) registry: FakeRegistry,
    pub(crate) folder: TempDir,
}

pub(crate) struct Service {
    pub(crate) url: String,
    pub(crate) hand: ManualClock,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), RunError>>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl World {
    pub(crate) fn new() -> Self {
        let events = Events::default();
        let registry = FakeRegistry::start(events.clone());
        Self { events, registry, folder: tempfile::tempdir().unwrap() }
    }

    /// Three instances of one application, each with an address of its own.
    pub(crate) fn with_three() -> Self {
        let world = Self::new();
        for n in 2..5 {
            world.registry.add("JAVA-SERVICE", &format!("java-{n}"), &format!("10.0.0.{n}"), 80);
        }
        world
    }

    /// And two more that share an address.
    pub(crate) fn with_twins() -> Self {
        let world = Self::with_three();
        for (id, port) in [("twin-1", 80), ("twin-2", 81)] {
            world.registry.add("JAVA-SERVICE", id, "10.0.0.50", port);
        }
        world
    }

    /// A gateway, registered.
    pub(crate) fn gateway(&self, node: &str) -> FakeGateway {
        self.gateway_in(GROUP, node)
    }

    pub(crate) fn gateway_in(&self, group: &str, node: &str) -> FakeGateway {
        let gateway = FakeGateway::start(node, "127.0.0.1", self.events.clone());
        self.registry.add_gateway(group, node, "127.0.0.1", gateway.port);
        gateway
    }

    pub(crate) fn config(&self) -> SyncSpeedConfig {
        let mut config = SyncSpeedConfig::stock(self.folder.path().to_owned());
        config.workers = 1;
        config.access.apps = OptedIn::All;
        config.default_gateway_group = Some(GROUP.to_owned());
        config.eureka.service_urls = vec![self.registry.url.clone()];
        config.eureka.timeouts = Timeouts { connect_ms: 2_000, read_ms: 2_000 };
        config.eureka.registration = None;
        config
    }

    /// Lets time pass, in small steps, until so many events contain a text.
    #[cfg(feature = "kubernetes")]
    pub(crate) async fn pass_until(&self, service: &Service, count: usize, part: &str) {
        let time_passes = async {
            while self.events.matching(part).len() < count {
                service.advance_ms(100).await;
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(super::EVENT_BOUND, time_passes).await;
        assert!(waited.is_ok(), "waited for {count} × '{part}' among {:#?}", self.events.matching(""));
    }

    pub(crate) fn start(&self) -> Service {
        self.start_with(|_| {})
    }

    pub(crate) fn start_with(&self, change: impl FnOnce(&mut SyncSpeedConfig)) -> Service {
        self.start_at(START_MS, change)
    }

    pub(crate) fn start_at(&self, start_ms: i64, change: impl FnOnce(&mut SyncSpeedConfig)) -> Service {
        let mut config = self.config();
        change(&mut config);
        let (clock, hand) = Clock::manual(start_ms);
        let listener = free_listener("127.0.0.1");
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = Shutdown::new();
        let running = tokio::spawn(eurus_sync_speed::run(config, listener, clock, shutdown.clone()));
        Service { url, hand, shutdown, running }
    }
}

impl Service {
    pub(crate) async fn offline(&self, body: Value) -> Answer {
        self.post("/offline", body.to_string()).await
    }

    pub(crate) async fn online(&self, body: Value) -> Answer {
        self.post("/online", body.to_string()).await
    }

    pub(crate) async fn post(&self, path: &str, body: String) -> Answer {
        send(as_json(client().post(format!("{}{path}", self.url)), body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(client().get(format!("{}{path}", self.url))).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        send(as_json(client().put(format!("{}{path}", self.url)), body.to_string())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(client().delete(format!("{}{path}", self.url))).await
    }

    /// The same entry, asked for by its id.
    pub(crate) async fn entry(&self, answer: &Answer) -> Answer {
        self.get(&format!("/offline/{}", answer.body["id"].as_str().unwrap())).await
    }

    /// Sends a request that answers later.
    pub(crate) fn offline_in_background(&self, body: Value) -> JoinHandle<Answer> {
        let request = as_json(client().post(format!("{}/offline", self.url)), body.to_string());
        tokio::spawn(send(request))
    }

    pub(crate) async fn advance_ms(&self, duration_ms: i64) {
        self.hand.advance_ms(duration_ms).await.unwrap();
    }

    /// Gone without a goodbye, as by `kill -9`.
    pub(crate) async fn abort(self) {
        self.shutdown.abort();
        // How it ends is nobody's business.
        let _ = self.running.await;
    }

    /// How it ended by itself.
    #[cfg(feature = "kubernetes")]
    pub(crate) async fn ended(self) -> Result<(), RunError> {
        self.running.await.unwrap()
    }

    /// Stops while an order may still wait for its answer.
    #[cfg(feature = "kubernetes")]
    pub(crate) async fn stop_as_time_passes(self) {
        self.shutdown.trigger();
        while !self.running.is_finished() {
            self.advance_ms(100).await;
            tokio::task::yield_now().await;
        }
        self.running.await.unwrap().unwrap();
    }

    pub(crate) async fn stop(self) {
        self.shutdown.trigger();
        self.running.await.unwrap().unwrap();
    }
}

pub(crate) fn as_json(request: reqwest::RequestBuilder, body: String) -> reqwest::RequestBuilder {
    request.header("Content-Type", "application/json").body(body)
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A client that connects from another address of this machine.
pub(crate) fn client_from(address: &str) -> reqwest::Client {
    let address: IpAddr = address.parse().unwrap();
    reqwest::Client::builder().no_proxy().local_address(address).build().unwrap()
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{status} '{text}': {error}"));
    Answer { status, body }
}

impl Answer {
    /// Status and body together, for messages of failed assertions.
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }
}
