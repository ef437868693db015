//! A stock Spring Cloud Eureka server.

use std::net::SocketAddr;

use eurus_service::Clock;
use serde_json::Value;

use crate::Failure;
use crate::process::PeerProcess;

/// A server, running unless crashed.
pub struct JavaServer {
    /// `http://ip:port/eureka/`.
    pub service_url: String,
    address: SocketAddr,
    cache_ms: i64,
    arguments: Vec<String>,
    process: PeerProcess,
    http: reqwest::Client,
}

impl JavaServer {
    /// Starts one and waits until it answers. `cache_ms`: how often its response cache takes over changes, stock 30 s.
    ///
    /// # Errors
    /// As [`crate::java::start`]; when it does not answer in time.
    pub async fn start(
        address: SocketAddr,
        cache_ms: i64,
        http: reqwest::Client,
        clock: &Clock,
    ) -> Result<Self, Failure> {
        Self::start_with(address, cache_ms, &[], http, clock).await
    }

    /// As [`JavaServer::start`], with properties of its own (`--eureka.server.…=…`).
    ///
    /// # Errors
    /// As [`JavaServer::start`].
    pub async fn start_with(
        address: SocketAddr,
        cache_ms: i64,
        arguments: &[String],
        http: reqwest::Client,
        clock: &Clock,
    ) -> Result<Self, Failure> {
        let process = process(address, cache_ms, arguments)?;
        let service_url = format!("http://{address}/eureka/");
        let mut server = Self { service_url, address, cache_ms, arguments: arguments.to_vec(), process, http };
        server.until_healthy(clock).await?;
        Ok(server)
    }

    /// Ends it at once, by `SIGKILL`: it says nothing to anybody.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn crash(&mut self) -> Result<(), Failure> {
        self.process.kill()
    }

    /// After a crash: starts another at the same address, which knows nobody, and waits until it answers.
    ///
    /// # Errors
    /// As [`JavaServer::start`].
    pub async fn start_again(&mut self, clock: &Clock) -> Result<(), Failure> {
        self.process = process(self.address, self.cache_ms, &self.arguments)?;
        self.until_healthy(clock).await
    }

    async fn until_healthy(&mut self, clock: &Clock) -> Result<(), Failure> {
        // Its list is not asked for: the answer, empty, would stay in its cache.
        self.process.until_answers(&format!("http://{}/actuator/health", self.address), &self.http, clock).await
    }

    /// Its list of all instances, from its response cache.
    ///
    /// # Errors
    /// When it does not answer 200.
    pub async fn apps(&self) -> Result<Value, Failure> {
        let (status, body) = self.get("apps").await?;
        body.ok_or_else(|| Failure::new(format!("GET apps answered {status}")))
    }

    /// Its own record of one instance, past the cache; `None`: it knows none.
    ///
    /// # Errors
    /// When it answers neither 200 nor 404.
    pub async fn instance(&self, app: &str, id: &str) -> Result<Option<Value>, Failure> {
        let path = format!("apps/{app}/{id}");
        let (status, body) = self.get(&path).await?;
        Failure::unless(body.is_some() || status == 404, || format!("GET {path} answered {status}"))?;
        Ok(body.map(|mut body| body["instance"].take()))
    }

    /// The ids of all instances on its list, in order, each with its status.
    ///
    /// # Errors
    /// As [`JavaServer::apps`].
    pub async fn statuses(&self) -> Result<Vec<(String, String)>, Failure> {
        let apps = self.apps().await?;
        let applications = apps["applications"]["application"].as_array().into_iter().flatten();
        let instances = applications.flat_map(|application| application["instance"].as_array().into_iter().flatten());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut statuses: Vec<_> =
            instances.map(|instance| (text(&instance["instanceId"]), text(&instance["status"]))).collect();
        statuses.sort();
        Ok(statuses)
    }

    async fn get(&self, path: &str) -> Result<(u16, Option<Value>), Failure> {
        let url = format!("{}{path}", self.service_url);
        let answer = self.http.get(&url).header("accept", "application/json").send().await?;
        let status = answer.status().as_u16();
        let body = if status == 200 { Some(answer.json().await?) } else { None };
        Ok((status, body))
    }
}

fn process(address: SocketAddr, cache_ms: i64, arguments: &[String]) -> Result<PeerProcess, Failure> {
    let name = format!("the Eureka server at {address}");
    let (ip, port, cache_ms) = (address.ip().to_string(), address.port().to_string(), cache_ms.to_string());
    let environment = [("ADDRESS", ip.as_str()), ("PORT", port.as_str()), ("CACHE_MS", cache_ms.as_str())];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    crate::java::start(&name, "eureka-server", &environment, &arguments)
}
