//! A gateway under test.

use std::net::{SocketAddr, TcpListener};

use eurus_gateway::config::ErrorDetails;
use eurus_gateway::{DataListeners, GatewayConfig, GatewayListeners, RunError};
use eurus_service::clock::ManualClock;
use eurus_service::{Clock, Shutdown};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::producer::{APP, Producer};
use super::registry::{Registry, SERVICE_UP_MS};
use super::{soon, until};

pub(crate) const START_MS: i64 = 1_795_317_500_000;
pub(crate) const FETCH_MS: i64 = 30_000;

pub(crate) struct Gateway {
    pub(crate) data: SocketAddr,
    /// Of TLS, where that is configured.
    pub(crate) tls: Option<SocketAddr>,
    pub(crate) admin: SocketAddr,
    pub(crate) hand: ManualClock,
    pub(crate) http: reqwest::Client,
    stop: Shutdown,
    task: JoinHandle<Result<(), RunError>>,
}

impl Gateway {
    /// Two data-plane threads; full fetches every [`FETCH_MS`]; ready when its first copy is there.
    pub(crate) async fn start(registry: &Registry) -> Self {
        Self::start_with(registry, |_| ()).await
    }

    pub(crate) async fn start_with(registry: &Registry, adjust: impl FnOnce(&mut GatewayConfig)) -> Self {
        let gateway = Self::start_unready(registry, adjust);
        until("the first fetch", async || gateway.admin_get("/actuator/health").await.0 == 200).await;
        gateway
    }

    pub(crate) fn start_unready(registry: &Registry, adjust: impl FnOnce(&mut GatewayConfig)) -> Self {
        let mut config = GatewayConfig::stock();
        config.service_urls = vec![registry.url()];
        config.fetch.interval_ms = FETCH_MS;
        config.fetch.disable_delta = true;
        config.edge.error_details = ErrorDetails::Full;
        // Instances of tests fail on purpose, and are to be asked again.
        config.edge.failures_in_a_row_max = 0;
        adjust(&mut config);
        let bind = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (data, admin) = (bind(), bind());
        let addresses = (data.local_addr().unwrap(), admin.local_addr().unwrap());
        let tls = config.tls.as_ref().map(|_| bind());
        let tls_address = tls.as_ref().map(|tls| tls.local_addr().unwrap());
        let for_two = |listener: TcpListener| vec![listener.try_clone().unwrap(), listener];
        let data = DataListeners { plain: for_two(data), tls: tls.map(for_two).unwrap_or_default() };
        let listeners = GatewayListeners { data, admin };
        let (clock, hand) = Clock::manual(START_MS);
        let stop = Shutdown::new();
        let task = tokio::spawn(eurus_gateway::run(config, listeners, clock, stop.clone()));
        let http = reqwest::Client::new();
        Self { data: addresses.0, tls: tls_address, admin: addresses.1, hand, http, stop, task }
    }

    /// Status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        read(self.http.get(format!("http://{}{path}", self.data))).await
    }

    /// Status and JSON body of the admin API.
    pub(crate) async fn admin_get(&self, path: &str) -> (u16, Value) {
        // A worker of the admin API may still be starting: no answer is an answer to wait for.
        let (status, body) = read(self.http.get(format!("http://{}{path}", self.admin))).await;
        (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}")))
    }

    pub(crate) async fn admin_post(&self, path: &str, body: String) -> (u16, Value) {
        let request = self.http.post(format!("http://{}{path}", self.admin)).header("content-type", "application/json");
        // A connection of its own: an idle one may be closed by the gateway in the moment in which the request leaves.
        let (status, body) = read(request.header("connection", "close").body(body)).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    /// The number of a series, from its metrics.
    pub(crate) async fn metric(&self, series: &str) -> Option<f64> {
        let (_, text) = read(self.http.get(format!("http://{}/metrics", self.admin))).await;
        text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
    }

    /// An order for a producer: the outcome, or the error.
    pub(crate) async fn order(&self, path: &str, number: i64, producer: &Producer) -> String {
        let (status, body) = self.admin_post(path, order(number, producer).to_string()).await;
        if status == 200 { body["outcome"].as_str().unwrap().to_owned() } else { format!("{status} {}", body["error"]) }
    }

    /// What the balancer knows of a producer.
    pub(crate) async fn instance(&self, producer: &Producer) -> Value {
        let (_, body) = self.admin_get("/services").await;
        let services = body["services"].as_array().unwrap();
        let instances = services.iter().filter(|service| service["name"] == APP);
        let mut instances = instances.flat_map(|service| service["instances"].as_array().unwrap());
        instances.find(|instance| instance["instanceId"] == producer.id.as_str()).cloned().unwrap_or_default()
    }

    pub(crate) async fn is_in_rotation(&self, producer: &Producer) -> bool {
        self.instance(producer).await["in_rotation"] == true
    }

    /// Lets the next fetch happen.
    pub(crate) async fn fetch(&self) {
        self.hand.advance_ms(FETCH_MS).await.unwrap();
    }

    pub(crate) fn trigger_stop(&self) {
        self.stop.trigger();
    }

    /// Ends it as a kill would.
    pub(crate) async fn kill(self) {
        self.stop.abort();
        drop(soon("its end", self.task).await.unwrap());
    }

    pub(crate) async fn stop(self) -> Result<(), RunError> {
        self.stop.trigger();
        soon("stopping", self.task).await.unwrap()
    }
}

pub(crate) fn order(number: i64, producer: &Producer) -> Value {
    json!({
        "entry": format!("entry-{number}"), "number": number, "application": APP, "instanceId": producer.id,
        "registration": {"ip": producer.address.ip().to_string(), "serviceUpTimestamp": SERVICE_UP_MS}
    })
}

async fn read(request: reqwest::RequestBuilder) -> (u16, String) {
    let response = soon("an answer", request.send()).await.unwrap();
    (response.status().as_u16(), soon("its body", response.text()).await.unwrap())
}
