//! Where the three services are.

use std::net::SocketAddr;

use eurus_registry::ManagementUrls;

/// Where each service listens.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The registry.
    pub registry: SocketAddr,
    /// Its health and metrics, where they have a port of their own.
    pub management: Option<ManagementUrls>,
    /// `http`, or `https`: how the registry is spoken with.
    pub scheme: &'static str,
    /// The path before the registry's paths, as a rule empty.
    pub context_path: String,
    /// The gateway's data plane.
    pub gateway: SocketAddr,
    /// `http` or `https`, of the gateway.
    pub gateway_scheme: &'static str,
    /// The gateway's admin API.
    pub gateway_admin: SocketAddr,
    /// `http` or `https`.
    pub gateway_admin_scheme: &'static str,
    /// sync-speed.
    pub sync_speed: SocketAddr,
    /// `http` or `https`, of sync-speed.
    pub sync_speed_scheme: &'static str,
}

impl Addresses {
    /// The registry's service URL, as clients are given it.
    pub fn service_url(&self) -> String {
        format!("{}://{}{}/eureka/", self.scheme, self.registry, self.context_path)
    }

    /// A listener on all addresses is reached over the loopback address.
    pub(super) fn reachable(&self, credentials: &str) -> String {
        let Self { scheme, context_path, .. } = self;
        let address = over_loopback(self.registry);
        format!("{scheme}://{credentials}{address}{context_path}/eureka/")
    }

    /// The same for sync-speed.
    pub(super) fn reachable_sync_speed(&self) -> SocketAddr {
        over_loopback(self.sync_speed)
    }
}

fn over_loopback(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
