//! One service as requests see it: who is in rotation, and every instance with its status and why.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use eurus_model::{InstanceInfo, InstanceStatus};

use crate::directive::Directive;
use crate::endpoint::Endpoint;
use crate::own_addresses::OwnAddresses;
use crate::rule::Rule;
use crate::tally::ServiceTally;
use crate::timestamp::Timestamp;

/// A service's part of a snapshot.
pub(crate) struct Service {
    /// Upper-case name.
    pub(crate) name: String,
    /// Chooses among `rotation`.
    pub(crate) rule: Arc<dyn Rule>,
    /// Endpoints that requests may go to.
    pub(crate) rotation: Vec<Arc<Endpoint>>,
    /// All instances, by id.
    pub(crate) instances: Vec<InstanceView>,
}

impl Service {
    /// What is counted for the metrics; `None`: no instance has an address.
    pub(crate) fn tally(&self) -> Option<&Arc<ServiceTally>> {
        self.instances.iter().find_map(|view| view.endpoint.as_ref()).map(|endpoint| endpoint.tally().service())
    }
}

/// One instance: the fetched copy joined with what was ordered.
#[derive(Clone)]
pub(crate) struct InstanceView {
    /// As fetched.
    pub(crate) fetched: Arc<InstanceInfo>,
    /// What the balancer goes by.
    pub(crate) status: InstanceStatus,
    /// Where it comes from.
    pub(crate) why: Why,
    /// `None`: there is no address to connect to.
    pub(crate) endpoint: Option<Arc<Endpoint>>,
}

impl InstanceView {
    /// Whether requests may go there.
    pub(crate) fn in_rotation(&self) -> bool {
        self.status == InstanceStatus::Up && self.endpoint.is_some()
    }
}

/// Why an instance has the status it has.
#[derive(Clone, Debug)]
pub(crate) enum Why {
    /// The fetched copy says so.
    Registry(InstanceStatus),
    /// A mark says so.
    Mark {
        /// The order.
        directive: Directive,
        /// When it came, epoch milliseconds.
        recorded_ms: i64,
        /// What the fetched copy says.
        registry: InstanceStatus,
        /// What the mark makes of it.
        status: InstanceStatus,
    },
    /// UP, but without an address we could connect to.
    NoAddress(NoAddress),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(status) => write!(f, "{status} from registry"),
            Self::Mark { directive, recorded_ms, registry, status } => write!(
                f,
                "{status} by {} {} (entry {}) at {}; the registry's copy says {registry}",
                directive.kind,
                directive.number,
                directive.entry,
                Timestamp(*recorded_ms)
            ),
            Self::NoAddress(reason) => write!(f, "UP from registry, but not callable: {reason}"),
        }
    }
}

/// Why an instance cannot be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoAddress {
    /// It says that it is a part of eurus: a gateway, or the downline service, whose callers are checked by address.
    Internal,
    /// `ipAddr` is not an IP address.
    NotAnIp(String),
    /// "All addresses": a connection to it stays on this machine.
    Unspecified,
    /// It leads to whatever this machine's own network segment offers, such as a cloud's metadata service.
    LinkLocal(IpAddr),
    /// This gateway listens there.
    Ourselves(SocketAddr),
    /// Outside 1 to 65535.
    BadPort(i32),
    /// Only the TLS port is enabled.
    PlainPortDisabled,
}

impl fmt::Display for NoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internal => write!(f, "it is a part of eurus itself (metadata {})", InstanceInfo::INTERNAL),
            Self::NotAnIp(text) => write!(f, "its ipAddr '{text}' is not an IP address"),
            Self::Unspecified => f.write_str("its ipAddr is no single address"),
            Self::LinkLocal(ip) => write!(f, "its ipAddr {ip} is link-local"),
            Self::Ourselves(address) => write!(f, "{address} is this gateway itself"),
            Self::BadPort(number) => write!(f, "its port {number} is not between 1 and 65535"),
            Self::PlainPortDisabled => f.write_str("its plain port is disabled, and TLS to instances is not supported"),
        }
    }
}

/// Where an instance listens: its `ipAddr` and plain port. Names are not resolved: the address is what an order to
/// take an instance down speaks of.
pub(crate) fn address_of(instance: &InstanceInfo, own: &OwnAddresses) -> Result<SocketAddr, NoAddress> {
    if instance.is_internal() {
        return Err(NoAddress::Internal);
    }
    let ip: IpAddr = instance.ip_addr.parse().map_err(|_| NoAddress::NotAnIp(instance.ip_addr.clone()))?;
    if !instance.port.enabled {
        return Err(NoAddress::PlainPortDisabled);
    }
    check_ip(ip)?;
    match u16::try_from(instance.port.number) {
        Ok(port) if port > 0 => {
            let address = SocketAddr::new(ip, port);
            if own.contains(address) { Err(NoAddress::Ourselves(address)) } else { Ok(address) }
        }
        _ => Err(NoAddress::BadPort(instance.port.number)),
    }
}

/// Anybody who can register names an address: some of them lead where only this machine may go.
fn check_ip(ip: IpAddr) -> Result<(), NoAddress> {
    let canonical = ip.to_canonical();
    let is_link_local = match canonical {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    match () {
        () if canonical.is_unspecified() => Err(NoAddress::Unspecified),
        () if is_link_local => Err(NoAddress::LinkLocal(ip)),
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eurus_model::Port;

    #[test]
    fn addresses() {
        let table = [
            ("127.0.0.2", 8080, true, Ok("127.0.0.2:8080")),
            ("::1", 80, true, Ok("[::1]:80")),
            ("localhost", 80, true, Err(NoAddress::NotAnIp("localhost".to_owned()))),
            ("127.0.0.2", 0, true, Err(NoAddress::BadPort(0))),
            ("127.0.0.2", 65_536, true, Err(NoAddress::BadPort(65_536))),
            ("127.0.0.2", 8080, false, Err(NoAddress::PlainPortDisabled)),
            ("0.0.0.0", 80, true, Err(NoAddress::Unspecified)),
            ("::", 80, true, Err(NoAddress::Unspecified)),
            ("169.254.169.254", 80, true, Err(NoAddress::LinkLocal("169.254.169.254".parse().unwrap()))),
            ("::ffff:169.254.169.254", 80, true, Err(NoAddress::LinkLocal("::ffff:169.254.169.254".parse().unwrap()))),
            ("fe80::1", 80, true, Err(NoAddress::LinkLocal("fe80::1".parse().unwrap()))),
            ("127.0.0.1", 8081, true, Err(NoAddress::Ourselves("127.0.0.1:8081".parse().unwrap()))),
        ];
        let own = OwnAddresses::new(vec!["127.0.0.1:8081".parse().unwrap()], None);
        for (ip, number, enabled, expected) in table {
            let mut instance = InstanceInfo::new("a", "1", "h", ip);
            instance.port = Port { number, enabled };
            let expected = expected.map(|address| address.parse::<SocketAddr>().unwrap());
            assert_eq!(address_of(&instance, &own), expected);
        }
    }

    #[test]
    fn parts_of_eurus_are_not_called() {
        let mut instance = InstanceInfo::new("EURUS-SYNC-SPEED", "1", "h", "127.0.0.1");
        assert!(address_of(&instance, &OwnAddresses::default()).is_ok());
        instance.metadata.push((InstanceInfo::INTERNAL.to_owned(), "true".to_owned()));
        assert_eq!(address_of(&instance, &OwnAddresses::default()), Err(NoAddress::Internal));
    }
}
