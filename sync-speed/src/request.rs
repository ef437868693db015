//! What is asked: take out of traffic, or bring back, the instances behind an address.

use std::fmt;
use std::net::IpAddr;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Out of traffic.
    Offline,
    /// Back into traffic.
    Online,
}

impl Kind {
    /// The name in the store, in answers and in entry ids.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Online => "online",
        }
    }

    /// The opposite of [`Kind::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Offline, Self::Online].into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which instances are meant: all behind an address, or fewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// In canonical form: an IPv4-mapped IPv6 address is the IPv4 address.
    pub ip: IpAddr,
    /// Upper case.
    pub app: Option<String>,
    /// Plain or TLS port of the instance.
    pub port: Option<u16>,
    /// Exactly this one.
    pub instance_id: Option<String>,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IP {}", self.ip)?;
        if let Some(app) = &self.app {
            write!(f, ", application {app}")?;
        }
        if let Some(port) = self.port {
            write!(f, ", port {port}")?;
        }
        if let Some(instance_id) = &self.instance_id {
            write!(f, ", instance id {instance_id}")?;
        }
        Ok(())
    }
}

/// One request, checked at the edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which way.
    pub kind: Kind,
    /// What is meant.
    pub target: Target,
    /// Take an application's last UP instance too.
    pub force: bool,
    /// Peer address of the connection, for the journal.
    pub caller: IpAddr,
    /// The body as it was sent, for the journal.
    pub body: String,
}
