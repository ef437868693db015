//! A registry under a manual clock on a free port, and a client that writes raw bytes.
//! Each test target uses a part of it.
#![allow(dead_code)]

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use eurus_registry::{Listeners, RegistryConfig, RunError, run};
use eurus_service::clock::ManualClock;
use eurus_service::{Clock, Shutdown};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// An exchange that takes longer hangs.
const EXCHANGE_S_MAX: Duration = Duration::from_secs(60);

/// A running registry.
pub(crate) struct Rig {
    pub(crate) address: SocketAddr,
    pub(crate) hand: ManualClock,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), RunError>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn parse(raw: &[u8]) -> Self {
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(raw[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        Self { status, headers, body: raw[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }
}

impl Rig {
    pub(crate) async fn start(config: RegistryConfig, start_ms: i64) -> Self {
        let (clock, hand) = Clock::manual(start_ms);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let config = RegistryConfig { workers: 1, ..config };
        let running = tokio::spawn(run(config, listener, clock, shutdown.clone()));
        let rig = Self { address, hand, shutdown, running };
        // The answer proves that the loops' timers exist: from now on time waits for them.
        assert_eq!(rig.get("/actuator/health").await.status, 200);
        rig
    }

    /// The same with a free port for health and metrics; whether anything answers there is for the test to see.
    pub(crate) async fn with_management_port(config: RegistryConfig, start_ms: i64) -> (Self, SocketAddr) {
        let (clock, hand) = Clock::manual(start_ms);
        let (main, own) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let (address, own_address) = (main.local_addr().unwrap(), own.local_addr().unwrap());
        let shutdown = Shutdown::new();
        let listeners = Listeners { main, management: Some(own) };
        let running = tokio::spawn(run(RegistryConfig { workers: 1, ..config }, listeners, clock, shutdown.clone()));
        (Self { address, hand, shutdown, running }, own_address)
    }

    pub(crate) async fn stop(self) {
        self.shutdown.trigger();
        self.running.await.unwrap().unwrap();
    }

    pub(crate) async fn advance_ms(&self, duration_ms: i64) {
        self.hand.advance_ms(duration_ms).await.unwrap();
    }

    /// Writes raw bytes and reads until the other side closes.
    pub(crate) async fn exchange(&self, raw: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(raw).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        Answer::parse(&answer)
    }

    /// Writes parts and reads what comes; `None` when nothing does. The other side may answer and close before the last
    /// part is written.
    pub(crate) async fn exchange_parts(&self, parts: &[&[u8]]) -> Option<Answer> {
        self.try_exchange(parts, false).await
    }

    /// The same, but the sending side is closed after the last part.
    pub(crate) async fn exchange_and_break_off(&self, parts: &[&[u8]]) -> Option<Answer> {
        self.try_exchange(parts, true).await
    }

    async fn try_exchange(&self, parts: &[&[u8]], breaks_off: bool) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let (mut reading, mut writing) = stream.split();
        let write = async {
            for part in parts {
                if writing.write_all(part).await.is_err() {
                    break;
                }
            }
            if breaks_off {
                writing.shutdown().await.unwrap();
            }
        };
        let mut answer = Vec::new();
        let read = async { drop(reading.read_to_end(&mut answer).await) };
        let both = async { tokio::join!(write, read) };
        tokio::time::timeout(EXCHANGE_S_MAX, both).await.expect("the connection was never closed");
        (!answer.is_empty()).then(|| Answer::parse(&answer))
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut raw = format!("{method} {path} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n");
        for (name, value) in headers {
            raw.push_str(&format!("{name}: {value}\r\n"));
        }
        raw.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.exchange(raw.as_bytes()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[("Accept", "application/json")], "").await
    }

    pub(crate) async fn put(&self, path: &str) -> Answer {
        self.send("PUT", path, &[("Accept", "application/json")], "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[("Accept", "application/json")], "").await
    }

    /// Registers an instance; the id is its host name.
    pub(crate) async fn register(&self, app: &str, id: &str, changes: Value) -> Answer {
        let mut instance = json!({
            "instanceId": id, "hostName": id, "app": app, "ipAddr": "10.0.0.1", "status": "UP",
            "port": {"$": 8001, "@enabled": "true"}, "vipAddress": app.to_lowercase(),
            "dataCenterInfo": {
                "@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"
            },
            "lastDirtyTimestamp": "1000",
        });
        for (name, value) in changes.as_object().unwrap() {
            instance[name] = value.clone();
        }
        let headers = [("Accept", "application/json"), ("Content-Type", "application/json")];
        let body = json!({ "instance": instance }).to_string();
        self.send("POST", &format!("/eureka/apps/{app}"), &headers, &body).await
    }

    /// `status/action/override` of an instance in a single read; `None` is a 404.
    pub(crate) async fn instance(&self, app: &str, id: &str) -> Option<String> {
        let answer = self.get(&format!("/eureka/apps/{app}/{id}")).await;
        (answer.status == 200).then(|| state(&answer.json()["instance"]))
    }

    /// The same in `apps` or `apps/delta`, with the list's hash.
    pub(crate) async fn listed(&self, list: &str, id: &str) -> (Option<String>, String) {
        let answer = self.get(list).await;
        assert_eq!(answer.status, 200, "{list}");
        let applications = &answer.json()["applications"];
        let hash = applications["apps__hashcode"].as_str().unwrap().to_owned();
        (instances(&applications["application"]).find(|one| one["instanceId"] == id).map(|one| state(&one)), hash)
    }
}

/// All instances of a list of applications.
pub(crate) fn instances(applications: &Value) -> impl Iterator<Item = Value> {
    let all: Vec<Value> =
        applications.as_array().unwrap().iter().flat_map(|app| app["instance"].as_array().unwrap().clone()).collect();
    all.into_iter()
}

/// `status/action/override` of an instance in a list.
pub(crate) fn state(instance: &Value) -> String {
    let text = |name: &str| instance[name].as_str().unwrap().to_owned();
    format!("{}/{}/{}", text("status"), text("actionType"), text("overriddenStatus"))
}
