//! One instance: its process, its identity in the registry, its heartbeats.

use std::net::{IpAddr, SocketAddr};

use eurus_service::Clock;
use serde_json::{Value, json};

use super::super::scenario::ProducerPart;
use crate::Failure;
use crate::producer::Producer;

/// See the module.
pub(crate) struct Instance {
    pub(crate) part: ProducerPart,
    /// `None`: its process does not run.
    pub(crate) producer: Option<Producer>,
    /// From its first start on.
    pub(crate) address: Option<SocketAddr>,
    /// In the registry, from its first start on.
    pub(crate) id: String,
    /// The status that it says it has.
    pub(crate) own_status: String,
    /// Whether it renews by itself.
    pub(crate) is_beating: bool,
    /// The place of the registry in use.
    pub(crate) registry: usize,
    /// `lastDirtyTimestamp`, by its own clock.
    pub(crate) dirty_ms: i64,
    /// The newest of those that a registry has taken in.
    pub(crate) registered_dirty_ms: i64,
    /// Requests that are in the history.
    pub(crate) begun: usize,
    /// What its process registered with at its last start.
    registration: Value,
}

impl Instance {
    pub(super) fn new(part: ProducerPart) -> Self {
        Self {
            part,
            producer: None,
            address: None,
            id: String::new(),
            own_status: "UP".to_owned(),
            is_beating: false,
            registry: 0,
            dirty_ms: 0,
            registered_dirty_ms: 0,
            begun: 0,
            registration: Value::Null,
        }
    }

    /// Its application, as the registry names it.
    pub(crate) fn app(&self) -> String {
        self.part.app.to_uppercase()
    }

    /// Its process runs from now on; after the first time on the same port, with the same id.
    pub(crate) fn start(&mut self, clock: &Clock) -> Result<(), Failure> {
        let at = self.address.unwrap_or_else(|| SocketAddr::new(IpAddr::V4(self.part.ip), 0));
        let own_clock = clock.ahead_by_ms(self.part.ahead_ms);
        self.dirty_ms = own_clock.now_ms();
        let producer = Producer::start_at(&self.part.app, at, own_clock)?;
        (self.address, self.id) = (Some(producer.address), producer.instance_id.clone());
        self.registration = producer.registration();
        self.producer = Some(producer);
        (self.begun, self.own_status) = (0, "UP".to_owned());
        Ok(())
    }

    /// Its process is gone.
    pub(crate) async fn end(&mut self) {
        self.is_beating = false;
        if let Some(producer) = self.producer.take() {
            producer.stop().await;
        }
    }

    /// What it registers with now, also when its process is gone and a message of it comes late.
    pub(crate) fn registration(&self, clock: &Clock) -> Value {
        let mut body = self.registration.clone();
        let instance = &mut body["instance"];
        instance["status"] = json!(self.own_status);
        instance["leaseInfo"] = json!({
            "renewalIntervalInSecs": self.part.heartbeat_ms.unwrap_or(30_000) / 1_000,
            "durationInSecs": self.part.lease_ms / 1_000,
        });
        instance["lastUpdatedTimestamp"] = json!((clock.now_ms() + self.part.ahead_ms).to_string());
        instance["lastDirtyTimestamp"] = json!(self.dirty_ms.to_string());
        body
    }
}
