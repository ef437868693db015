//! One service as requests see it: who is in rotation, and every instance with its status and why.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use eurus_model::{InstanceInfo, InstanceStatus};

use crate::directive::Directive;
use crate::endpoint::Endpoint;
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
    /// Its plain port is not enabled.
    PlainPortDisabled,
    /// TLS is asked for, and its secure port is not enabled.
    SecurePortDisabled,
    /// The port that its metadata names for gRPC is no number.
    BadGrpcPort(String),
    /// Its metadata names a protocol that is none.
    BadProtocol(String),
    /// Nothing that a certificate could have as a name.
    BadServerName(String),
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
            Self::PlainPortDisabled => f.write_str("its plain port is disabled"),
            Self::SecurePortDisabled => {
                f.write_str("its secure port is disabled, and eurus.gateway.instances.secure wants TLS")
            }
            Self::BadGrpcPort(text) => {
                write!(f, "its metadata names '{}' as the port of gRPC, which is no number", text.escape_debug())
            }
            Self::BadProtocol(text) => {
                write!(f, "its metadata eurus.protocol says '{}'; http1 and http2 are allowed", text.escape_debug())
            }
            Self::BadServerName(name) => write!(
                f,
                "its hostName '{}' is no name for TLS: set eurus.gateway.instances.tls.server-name-of.<service>",
                name.escape_debug()
            ),
        }
    }
}
