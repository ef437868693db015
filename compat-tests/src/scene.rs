//! The scene of most proofs: a registry, a gateway and sync-speed, three producers of one application, and a link
//! between registry and gateway that can misbehave. The clock is moved by hand and starts, unless told otherwise, 10 s
//! past a tick of the registry's read-only cache: ticks come 20, 50, 80 s after the start, the gateway's fetches after
//! 30, 60, 90 s.

use std::net::{IpAddr, Ipv4Addr};

use eurus_gateway::GatewayConfig;
use eurus_registry::RegistryConfig;
use eurus_service::Clock;
use eurus_service::clock::ManualClock;
use eurus_sync_speed::SyncSpeedConfig;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Failure;
use crate::link::Link;
use crate::producer::Producer;
use crate::stack::{GatewayAddress, Stack, gateway_config, sync_speed_config};

/// The application of the producers.
pub const APP: &str = "JAVA-SERVICE";
/// A multiple of 30 s: a moment at which the read-only cache ticks.
const TICK_MS: i64 = 1_800_000_000_000;
const AFTER_TICK_MS: i64 = 10_000;
/// Two rounds of the slowest caches: whatever was registered is routable then.
const ROUTABLE_AFTER_MS: i64 = 90_000;

/// Everything, running.
pub struct Scene {
    /// Time.
    pub hand: ManualClock,
    /// The services.
    pub stack: Stack,
    /// The registry's service URL.
    pub registry: String,
    /// What the gateway fetches through.
    pub link: Link,
    /// The gateway.
    pub gateway: GatewayAddress,
    /// sync-speed.
    pub sync_speed: String,
    /// On 127.0.0.2, .3 and .4.
    pub producers: Vec<Producer>,
    /// sync-speed's database is in it.
    pub data: TempDir,
    started_ms: i64,
}

/// One instance as the gateway's balancer lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its status after the marks.
    pub status: String,
    /// In words.
    pub why: String,
    /// Whether requests are sent there.
    pub in_rotation: bool,
}

impl Scene {
    /// Starts everything on Netflix's intervals and lets 90 s pass, so that the producers are routable.
    ///
    /// # Errors
    /// When a part does not start.
    pub async fn start() -> Result<Self, Failure> {
        Self::start_with(|_, _| ()).await
    }

    /// Starts with changes to the gateway's and sync-speed's configurations.
    ///
    /// # Errors
    /// When a part does not start.
    pub async fn start_with(configure: impl FnOnce(&mut GatewayConfig, &mut SyncSpeedConfig)) -> Result<Self, Failure> {
        Self::start_after_tick(AFTER_TICK_MS, configure).await
    }

    /// Starts at a moment of choice, in milliseconds after a tick of the read-only cache.
    ///
    /// # Errors
    /// When a part does not start.
    pub async fn start_after_tick(
        after_tick_ms: i64,
        configure: impl FnOnce(&mut GatewayConfig, &mut SyncSpeedConfig),
    ) -> Result<Self, Failure> {
        let started_ms = TICK_MS + after_tick_ms;
        let (clock, hand) = Clock::manual(started_ms);
        let mut stack = Stack::new(clock)?;
        let data = tempfile::tempdir()?;
        let registry = stack.registry(RegistryConfig::stock()).await?;
        let link = Link::start(registry.trim_end_matches("/eureka/"))?;
        let mut producers = Vec::new();
        for last in 2..=4 {
            let producer = Producer::start(APP, IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), stack.clock.clone())?;
            producer.register(&stack.http, &registry).await?;
            producers.push(producer);
        }
        let mut gateway_settings = gateway_config(&link.service_url);
        let mut sync_speed_settings = sync_speed_config(&registry, data.path());
        configure(&mut gateway_settings, &mut sync_speed_settings);
        let gateway = stack.gateway(gateway_settings).await?;
        let sync_speed = stack.sync_speed(sync_speed_settings).await?;
        let scene = Self { hand, stack, registry, link, gateway, sync_speed, producers, data, started_ms };
        scene.let_pass_ms(ROUTABLE_AFTER_MS).await?;
        Ok(scene)
    }

    /// Lets time pass; every producer sends its heartbeats meanwhile.
    ///
    /// # Errors
    /// When a loop hangs or a heartbeat is refused.
    pub async fn let_pass_ms(&self, duration_ms: i64) -> Result<(), Failure> {
        let mut left_ms = duration_ms;
        while left_ms > 0 {
            let step_ms = left_ms.min(30_000);
            self.hand.advance_ms(step_ms).await?;
            for producer in &self.producers {
                producer.heartbeat(&self.stack.http, &self.registry).await?;
            }
            left_ms -= step_ms;
        }
        Ok(())
    }

    /// Moves to a moment, in milliseconds since the start.
    ///
    /// # Errors
    /// As [`Scene::let_pass_ms`].
    pub async fn move_to_ms(&self, since_start_ms: i64) -> Result<(), Failure> {
        self.let_pass_ms(self.started_ms + since_start_ms - self.hand.now_ms()).await
    }

    /// How the gateway's balancer lists a producer.
    ///
    /// # Errors
    /// When the gateway does not list it at all.
    pub async fn listed(&self, producer: &Producer) -> Result<Listed, Failure> {
        let services = self.get(&format!("{}/services", self.gateway.admin)).await?;
        let instance = services["services"]
            .as_array()
            .and_then(|services| services.iter().find(|service| service["name"] == producer.app))
            .and_then(|service| service["instances"].as_array())
            .and_then(|instances| instances.iter().find(|instance| instance["instanceId"] == producer.instance_id))
            .ok_or_else(|| Failure::new(format!("{} is not listed: {services}", producer.instance_id)))?;
        Ok(Listed {
            status: instance["status"].as_str().unwrap_or_default().to_owned(),
            why: instance["why"].as_str().unwrap_or_default().to_owned(),
            in_rotation: instance["in_rotation"] == true,
        })
    }

    /// Sends requests through the gateway; gives the ids of the instances that answered, in order.
    ///
    /// # Errors
    /// When one fails.
    pub async fn answered_by(&self, requests: usize) -> Result<Vec<String>, Failure> {
        let mut ids = Vec::new();
        for _ in 0..requests {
            let answer = self.get(&format!("{}/java-service/hello", self.gateway.url)).await?;
            ids.push(answer["instanceId"].as_str().unwrap_or_default().to_owned());
        }
        Ok(ids)
    }

    /// Whether requests still reach a producer: asked twice of each instance in turn, and of the balancer's list.
    ///
    /// # Errors
    /// When a request fails, or the list says otherwise than the requests.
    pub async fn is_called(&self, producer: &Producer) -> Result<bool, Failure> {
        let called = self.answered_by(2 * self.producers.len()).await?.contains(&producer.instance_id);
        let listed = self.listed(producer).await?;
        Failure::unless(called == listed.in_rotation, || format!("called: {called}, but listed as {listed:?}"))?;
        Ok(called)
    }

    /// `POST /offline` or `/online`; gives status code and body.
    ///
    /// # Errors
    /// When sync-speed does not answer JSON.
    pub async fn ask(&self, what: &str, body: &Value) -> Result<(u16, Value), Failure> {
        let answer = self.stack.http.post(format!("{}/{what}", self.sync_speed)).json(body).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// Takes a producer offline and insists on `done`.
    ///
    /// # Errors
    /// When it is not.
    pub async fn offline(&self, producer: &Producer) -> Result<(), Failure> {
        self.done("offline", producer).await
    }

    /// Brings a producer back and insists on `done`.
    ///
    /// # Errors
    /// When it is not.
    pub async fn online(&self, producer: &Producer) -> Result<(), Failure> {
        self.done("online", producer).await
    }

    async fn done(&self, what: &str, producer: &Producer) -> Result<(), Failure> {
        let (status, body) = self.ask(what, &json!({"ip": producer.address.ip()})).await?;
        let is_done = status == 200 && body["state"] == "done" && body["gateways"].as_array().map(Vec::len) == Some(1);
        Failure::unless(is_done, || format!("{what}: {status} {body}"))
    }

    /// The status in the registry's own record.
    ///
    /// # Errors
    /// When there is no such instance.
    pub async fn registry_status(&self, producer: &Producer) -> Result<String, Failure> {
        let record = self.get(&format!("{}apps/{}/{}", self.registry, producer.app, producer.instance_id)).await?;
        Ok(record["instance"]["status"].as_str().unwrap_or_default().to_owned())
    }

    /// Sets the status at the registry alone, as without sync-speed.
    ///
    /// # Errors
    /// When the registry refuses.
    pub async fn set_status_at_registry(&self, producer: &Producer, status: &str) -> Result<(), Failure> {
        let (app, id) = (&producer.app, &producer.instance_id);
        let url = format!("{}apps/{app}/{id}/status?value={status}", self.registry);
        let answer = self.stack.http.put(&url).send().await?;
        Failure::unless(answer.status() == 200, || format!("PUT {url} answered {}", answer.status()))
    }

    /// JSON of a GET that must answer 200.
    ///
    /// # Errors
    /// When it does not.
    pub async fn get(&self, url: &str) -> Result<Value, Failure> {
        let answer = self.stack.http.get(url).header("accept", "application/json").send().await?;
        let (status, body) = (answer.status(), answer.bytes().await?);
        Failure::unless(status == 200, || format!("GET {url}: {status} {}", String::from_utf8_lossy(&body)))?;
        Ok(serde_json::from_slice(&body)?)
    }
}
