//! Which gateway nodes must hear of it, and where their admin API is. Pure.
//!
//! Anybody can register under a gateway's name. An address is therefore called only inside configured segments, and
//! only if it is a literal address: no name is resolved on the word of a stranger.

mod announced;

use std::net::{IpAddr, SocketAddr};

use eurus_model::{Applications, InstanceInfo, InstanceStatus};
use ipnetwork::IpNetwork;

use crate::access;
use crate::entry::{Ack, NodeRecord};
use crate::selection::address_of;
pub use announced::{Announced, find_known, known_of_group};

/// Metadata key of a gateway's admin port.
const MANAGEMENT_PORT: &str = "management.port";
/// Metadata key of a gateway's whole admin address.
const EURUS_ADMIN: &str = "eurus.admin";

/// One gateway process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its instance id in the registry.
    pub id: String,
    /// Its application name: the gateway group.
    pub group: String,
    /// Where its admin API is called, or why it is not.
    pub admin: Result<SocketAddr, String>,
}

impl Node {
    /// To be told about an instance, if it may be called.
    pub fn record(self, app: &str, instance_id: &str) -> NodeRecord {
        let (address, ack) = match self.admin {
            Ok(address) => (Some(address), Ack::Pending),
            Err(why) => {
                log::error!("gateway {} in group {} is not called: {why}", self.id, self.group);
                (None, Ack::Refused(why))
            }
        };
        NodeRecord {
            node: self.id,
            group: self.group,
            app: app.to_owned(),
            instance_id: instance_id.to_owned(),
            address,
            ack,
            attempts: 0,
            latency_us: None,
        }
    }
}

/// Every node of a group that may still carry traffic. An OUT_OF_SERVICE or STARTING gateway may hold connections;
/// one that is DOWN by its own word does not.
pub fn of_group(copy: &Applications, group: &str, networks: &[IpNetwork]) -> Vec<Node> {
    let Some(application) = copy.by_name.get(&group.to_uppercase()) else { return Vec::new() };
    application
        .instances
        .values()
        .filter(|instance| instance.status != InstanceStatus::Down)
        .map(|instance| Node {
            id: instance.instance_id.clone(),
            group: application.name.clone(),
            admin: admin_address(instance, networks),
        })
        .collect()
}

/// Whether a node is still in the copy, and with which admin address.
pub fn find(copy: &Applications, group: &str, id: &str, networks: &[IpNetwork]) -> Option<Result<SocketAddr, String>> {
    copy.get(group, id).map(|instance| admin_address(instance, networks))
}

/// Whether a name is registered by instances none of which says that it has an admin API, as gateways do.
pub(crate) fn is_registered_without_admin(copy: &Applications, name: &str) -> bool {
    let says_so = |instance: &std::sync::Arc<InstanceInfo>| {
        [EURUS_ADMIN, MANAGEMENT_PORT].iter().any(|key| instance.metadata(key).is_some())
    };
    copy.by_name
        .get(&name.to_uppercase())
        .is_some_and(|application| !application.instances.is_empty() && !application.instances.values().any(says_so))
}

fn admin_address(gateway: &InstanceInfo, networks: &[IpNetwork]) -> Result<SocketAddr, String> {
    // The gateway's own word first, where it may be taken; else its registered address with its management port.
    if let Some(own_word) = gateway.metadata(EURUS_ADMIN).and_then(literal_address)
        && access::is_inside(networks, own_word.ip())
    {
        return Ok(own_word);
    }
    let ip = address_of(gateway).ok_or_else(|| format!("its ipAddr '{}' is not an IP address", gateway.ip_addr))?;
    let port = gateway
        .metadata(MANAGEMENT_PORT)
        .ok_or_else(|| format!("no admin address: its metadata has no {MANAGEMENT_PORT}"))?;
    let port = port
        .parse()
        .ok()
        .filter(|port: &u16| *port > 0)
        .ok_or_else(|| format!("{MANAGEMENT_PORT} '{port}' in its metadata is not a port"))?;
    inside(networks, ip).map(|()| SocketAddr::new(ip, port))
}

fn inside(networks: &[IpNetwork], ip: IpAddr) -> Result<(), String> {
    if access::is_inside(networks, ip) {
        return Ok(());
    }
    let allowed: Vec<String> = networks.iter().map(ToString::to_string).collect();
    Err(format!("address {ip} is not in eurus.sync-speed.gateway-networks ({})", allowed.join(", ")))
}

/// `http://<literal address>:<port>`, or with `https`, nothing more: no user, no path, no name. Which of both is spoken is not for
/// the gateway to say: a stranger would have the token sent in the clear.
pub(crate) fn literal_address(url: &str) -> Option<SocketAddr> {
    let url = url.trim();
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let address: SocketAddr = rest.strip_suffix('/').unwrap_or(rest).parse().ok()?;
    (address.port() > 0).then(|| SocketAddr::new(address.ip().to_canonical(), address.port()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn gateway(id: &str, ip: &str, status: InstanceStatus, metadata: &[(&str, &str)]) -> InstanceInfo {
        let mut gateway = InstanceInfo::new("GW", id, "h", ip);
        gateway.status = status;
        gateway.metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        gateway
    }

    #[test]
    fn admin_addresses() {
        const NOT_INSIDE: &str = "is not in eurus.sync-speed.gateway-networks (127.0.0.0/8, ::1/128)";
        type Row = (&'static str, &'static [(&'static str, &'static str)], Result<&'static str, &'static str>);
        let rows: &[Row] = &[
            ("127.0.0.1", &[("management.port", "8081")], Ok("127.0.0.1:8081")),
            ("::1", &[("management.port", "8081")], Ok("[::1]:8081")),
            ("::ffff:127.0.0.1", &[("management.port", "8081")], Ok("127.0.0.1:8081")),
            ("127.0.0.1", &[("eurus.admin", "http://127.0.0.5:9000")], Ok("127.0.0.5:9000")),
            ("127.0.0.1", &[("eurus.admin", "http://127.0.0.5:9000/")], Ok("127.0.0.5:9000")),
            ("127.0.0.1", &[("eurus.admin", "http://[::1]:9000"), ("management.port", "1")], Ok("[::1]:9000")),
            // Its own word leads outside, or is not literal: the registered address counts.
            (
                "127.0.0.1",
                &[("eurus.admin", "http://10.0.0.5:9000"), ("management.port", "8081")],
                Ok("127.0.0.1:8081"),
            ),
            (
                "127.0.0.1",
                &[("eurus.admin", "http://evil.example:80"), ("management.port", "8081")],
                Ok("127.0.0.1:8081"),
            ),
            (
                "127.0.0.1",
                &[("eurus.admin", "http://u@127.0.0.5:80"), ("management.port", "8081")],
                Ok("127.0.0.1:8081"),
            ),
            (
                "127.0.0.1",
                &[("eurus.admin", "http://127.0.0.5:80/x"), ("management.port", "8081")],
                Ok("127.0.0.1:8081"),
            ),
            ("127.0.0.1", &[("eurus.admin", "https://127.0.0.5:80"), ("management.port", "8081")], Ok("127.0.0.5:80")),
            ("127.0.0.1", &[("eurus.admin", "ftp://127.0.0.5:80"), ("management.port", "8081")], Ok("127.0.0.1:8081")),
            ("127.0.0.1", &[("eurus.admin", "http://10.0.0.5:9000")], Err("no admin address")),
            ("127.0.0.1", &[], Err("its metadata has no management.port")),
            ("127.0.0.1", &[("management.port", "")], Err("'' in its metadata is not a port")),
            ("127.0.0.1", &[("management.port", "0")], Err("'0' in its metadata is not a port")),
            ("127.0.0.1", &[("management.port", "65536")], Err("is not a port")),
            ("10.0.0.5", &[("management.port", "8081")], Err(NOT_INSIDE)),
            ("10.0.0.5", &[("eurus.admin", "http://10.0.0.5:1"), ("management.port", "8081")], Err(NOT_INSIDE)),
            ("169.254.169.254", &[("management.port", "80")], Err(NOT_INSIDE)),
            ("localhost", &[("management.port", "80")], Err("its ipAddr 'localhost' is not an IP address")),
        ];
        for (ip, metadata, expected) in rows {
            let answer = admin_address(&gateway("g", ip, InstanceStatus::Up, metadata), &access::loopback());
            match (expected, &answer) {
                (Ok(address), Ok(found)) => assert_eq!(*address, found.to_string(), "{ip} {metadata:?}"),
                (Err(part), Err(reason)) => {
                    assert!(reason.contains(part), "{ip} {metadata:?}: {reason}");
                }
                _ => panic!("{ip} {metadata:?}: {answer:?}"),
            }
        }
    }

    #[test]
    fn every_node_that_may_hold_traffic() {
        use InstanceStatus::{Down, OutOfService, Starting, Unknown, Up};
        let mut copy = Applications::default();
        for (id, status) in
            [("up", Up), ("out", OutOfService), ("starting", Starting), ("unknown", Unknown), ("down", Down)]
        {
            copy.insert(Arc::new(gateway(id, "127.0.0.1", status, &[("management.port", "8081")])));
        }
        let ids: Vec<String> = of_group(&copy, "gw", &access::loopback()).into_iter().map(|node| node.id).collect();
        assert_eq!(ids, ["out", "starting", "unknown", "up"]);
        assert!(of_group(&copy, "OTHER", &access::loopback()).is_empty());
    }
}
