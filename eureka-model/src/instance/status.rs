//! The status of an instance.

use std::fmt;
use std::str::FromStr;

/// The status that balancers look at. The order is the order of the wire names, as in `apps__hashcode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstanceStatus {
    /// Not ready for traffic: its health check failed or it is shutting down.
    Down,
    /// Taken out of traffic on purpose, by an override.
    OutOfService,
    /// Initialising.
    Starting,
    /// Not known: also what remains when an override is removed without a new value.
    #[default]
    Unknown,
    /// Ready for traffic.
    Up,
}

impl InstanceStatus {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Down => "DOWN",
            Self::OutOfService => "OUT_OF_SERVICE",
            Self::Starting => "STARTING",
            Self::Unknown => "UNKNOWN",
            Self::Up => "UP",
        }
    }

    /// What a registration or a fetched list means by a status: names nobody knows are `UNKNOWN`.
    pub fn from_wire_lenient(name: &str) -> Self {
        name.parse().unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for InstanceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A status name outside the five that Eureka knows (they are upper case).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStatus(pub String);

impl fmt::Display for UnknownStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown status '{}': allowed are UP, DOWN, STARTING, OUT_OF_SERVICE, UNKNOWN", self.0)
    }
}

impl std::error::Error for UnknownStatus {}

impl FromStr for InstanceStatus {
    type Err = UnknownStatus;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name {
            "DOWN" => Self::Down,
            "OUT_OF_SERVICE" => Self::OutOfService,
            "STARTING" => Self::Starting,
            "UNKNOWN" => Self::Unknown,
            "UP" => Self::Up,
            other => return Err(UnknownStatus(other.to_owned())),
        })
    }
}
