//! The registry and the gateway.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use eurus_service::Clock;

use super::settings::Settings;
use crate::Failure;
use crate::harness::node::NodeKind;
use crate::process::node::Node;

/// Seconds instead of half minutes: who leaves, dies or comes is known soon.
const REGISTRY: [(&str, &str); 3] = [
    ("eureka.server.response-cache-update-interval-ms", "300"),
    ("eureka.server.eviction-interval-timer-in-ms", "1000"),
    ("eureka.server.enable-self-preservation", "false"),
];
/// Idle connections are closed within a proof, and an answer that stands still is cut before its instance wakes.
const GATEWAY: [(&str, &str); 4] = [
    ("eureka.client.registry-fetch-interval-seconds", "1"),
    ("eurus.gateway.connect-timeout-ms", "500"),
    ("eurus.gateway.idle-timeout-ms", "3000"),
    ("eurus.gateway.idle-ms", "2000"),
];
/// Last bytes of their addresses.
const REGISTRY_PLACE: u8 = 1;
const GATEWAY_PLACE: u8 = 2;

/// A loopback address that no connection of another process takes by chance: those come from 127.0.0.1.
pub(super) fn ip(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 9, 3, last))
}

pub(super) struct Cluster {
    registry: Node,
    gateway: Node,
}

impl Cluster {
    /// Returns when both are healthy.
    pub(super) async fn start(
        settings: &Settings,
        data: &Path,
        http: &reqwest::Client,
        clock: &Clock,
    ) -> Result<Self, Failure> {
        let node = |kind, name: &str, place| Node::new(kind, name.to_owned(), ip(place), data.join(name));
        let mut registry = node(NodeKind::Registry, "registry", REGISTRY_PLACE)?;
        let mut gateway = node(NodeKind::Gateway, "gateway", GATEWAY_PLACE)?;
        REGISTRY.iter().for_each(|(key, value)| registry.set(key, value));
        GATEWAY.iter().for_each(|(key, value)| gateway.set(key, value));
        gateway.set("eurus.gateway.response-timeout-ms", settings.response_timeout_ms);
        gateway.registry = Some(format!("{}/eureka/", registry.origin()));
        for node in [&mut registry, &mut gateway] {
            if let Some(logs) = &settings.logs {
                node.set("logging.file.name", logs.join(format!("{}.log", node.name)).display());
            }
            node.start(&settings.programs)?;
            node.until_healthy(http, clock).await?;
        }
        Ok(Self { registry, gateway })
    }

    /// Service URL of the registry.
    pub(super) fn registry(&self) -> String {
        format!("{}/eureka/", self.registry.origin())
    }

    /// Where the gateway serves.
    pub(super) fn gateway(&self) -> SocketAddr {
        self.gateway.at
    }

    /// Its admin API.
    pub(super) fn admin(&self) -> String {
        self.gateway.origin()
    }

    /// Its process.
    pub(super) fn pid(&self) -> Result<u32, Failure> {
        self.gateway.pid().ok_or_else(|| Failure::new("the gateway does not run"))
    }
}
