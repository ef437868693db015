//! The layers through which a change travels from a registry to a caller.

use std::fmt;

/// Where an instance can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The registry's own record.
    Store,
    /// The registry's read-write cache.
    ReadWrite,
    /// The registry's read-only cache: what clients are answered.
    ReadOnly,
    /// The copy that a gateway's Eureka client fetched.
    ClientCopy,
    /// What a gateway sends requests to: copy and marks joined.
    Routable,
    /// The list of a Ribbon balancer over a client's copy, refreshed by a timer of its own. Simulated by the harness:
    /// a gateway of ours has no such layer.
    ServerList,
}

/// What can stand in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A registry.
    Registry,
    /// A gateway.
    Gateway,
    /// sync-speed.
    SyncSpeed,
    /// A simulated caller with a Ribbon list.
    Caller,
}

impl Layer {
    /// All, in the order in which a change travels.
    pub const ALL: [Self; 6] =
        [Self::Store, Self::ReadWrite, Self::ReadOnly, Self::ClientCopy, Self::Routable, Self::ServerList];

    /// As a scenario file writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::ReadWrite => "read-write",
            Self::ReadOnly => "read-only",
            Self::ClientCopy => "client-copy",
            Self::Routable => "routable",
            Self::ServerList => "server-list",
        }
    }

    /// Which kind of node has it.
    pub fn kind(self) -> Kind {
        match self {
            Self::Store | Self::ReadWrite | Self::ReadOnly => Kind::Registry,
            Self::ClientCopy | Self::Routable => Kind::Gateway,
            Self::ServerList => Kind::Caller,
        }
    }

    /// Whether the harness plays it rather than watching a real one.
    pub fn is_simulated(self) -> bool {
        self == Self::ServerList
    }
}

impl Kind {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Gateway => "gateway",
            Self::SyncSpeed => "sync-speed",
            Self::Caller => "caller",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
