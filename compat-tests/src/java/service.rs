//! A stock Spring Cloud service with the stock Eureka client.

use std::net::{IpAddr, SocketAddr};
use std::process::ExitStatus;

use eurus_service::Clock;
use serde_json::Value;

use crate::Failure;
use crate::process::PeerProcess;

/// The application it registers as.
pub const APP: &str = "JAVA-SERVICE";
/// The stock intervals are 30 s: a test would wait for minutes. The log says what its client makes of each delta.
/// Nothing else differs from stock.
const ARGUMENTS: [&str; 3] = [
    "--eureka.instance.lease-renewal-interval-in-seconds=2",
    "--eureka.client.registry-fetch-interval-seconds=2",
    "--logging.level.com.netflix.discovery.DiscoveryClient=DEBUG",
];
/// What its client logs of each delta.
const DELTA: &str = "Got delta update with apps hashcode";
/// What it logs when the hash of its copy is not the registry's after a delta.
const MISMATCH: &str = "The Reconcile hashcodes do not match";

/// What its client made of the deltas it fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deltas {
    /// How many it fetched.
    pub fetched: usize,
    /// After how many of them its own hash was another than the registry's.
    pub mismatches: usize,
}

/// A running service.
pub struct JavaService {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it registers under.
    pub instance_id: String,
    process: PeerProcess,
    http: reqwest::Client,
}

impl JavaService {
    /// Starts one that registers at a registry (`http://host:port/eureka/`). It does not answer yet.
    ///
    /// # Errors
    /// As [`crate::java::start`].
    pub fn start(ip: IpAddr, port: u16, registry: &str, http: reqwest::Client) -> Result<Self, Failure> {
        let instance_id = format!("{ip}:java-service:{port}");
        let (address, port_text) = (ip.to_string(), port.to_string());
        let environment = [
            ("ADDRESS", address.as_str()),
            ("PORT", port_text.as_str()),
            ("INSTANCE_ID", instance_id.as_str()),
            ("EUREKA_URL", registry),
        ];
        let process = crate::java::start(&instance_id, "java-service", &environment, &ARGUMENTS)?;
        Ok(Self { address: SocketAddr::new(ip, port), instance_id, process, http })
    }

    /// Returns when it answers.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn until_healthy(&mut self, clock: &Clock) -> Result<(), Failure> {
        let url = format!("http://{}/actuator/health", self.address);
        self.process.until_answers(&url, &self.http, clock).await
    }

    /// How many `/hello` requests it has begun to serve.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn requests(&self) -> Result<u64, Failure> {
        let body = self.get("/requests").await?;
        body["count"].as_u64().ok_or_else(|| Failure::new(format!("{}: no count in {body}", self.instance_id)))
    }

    /// The ids of a service's instances as its own discovery client sees them, in order.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn seen(&self, service: &str) -> Result<Vec<String>, Failure> {
        let body = self.get("/seen").await?;
        let ids = body[service].as_array().into_iter().flatten().filter_map(|seen| seen["instanceId"].as_str());
        let mut ids: Vec<String> = ids.map(ToOwned::to_owned).collect();
        ids.sort();
        Ok(ids)
    }

    /// What its client made of the deltas so far, by its own log.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn deltas(&self) -> Result<Deltas, Failure> {
        let output = self.process.output()?;
        Ok(Deltas { fetched: output.matches(DELTA).count(), mismatches: output.matches(MISMATCH).count() })
    }

    /// Ends it in good order.
    ///
    /// # Errors
    /// When it goes on regardless.
    pub async fn terminate(self, clock: &Clock) -> Result<ExitStatus, Failure> {
        self.process.terminate(clock).await
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        let url = format!("http://{}{path}", self.address);
        let answer = self.http.get(&url).send().await?;
        Failure::unless(answer.status() == 200, || format!("GET {url} answered {}", answer.status()))?;
        Ok(answer.json().await?)
    }
}
