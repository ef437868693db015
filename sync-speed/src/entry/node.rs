//! One gateway node of an entry, and what became of telling it.

use std::fmt;
use std::net::SocketAddr;

/// What became of telling one gateway node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ack {
    /// Not answered yet.
    Pending,
    /// Failed so far, and is asked again.
    Retrying(String),
    /// It answered that it will not, and a person has to act; it is asked again all the same, slowly.
    Rejected(String),
    /// The node did it.
    Applied,
    /// A newer entry of this service overrules it.
    Superseded,
    /// The registration that it named has ended.
    PassedOver(String),
    /// The node has left the registry and does not answer.
    Gone,
    /// The node is not called, or its answer is final and no acknowledgement.
    Refused(String),
    /// The entry's time to retry is over.
    GaveUp(String),
}

impl Ack {
    /// The name in the store.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Retrying(_) => "retrying",
            Self::Rejected(_) => "rejected",
            Self::Applied => "applied",
            Self::Superseded => "superseded",
            Self::PassedOver(_) => "passed-over",
            Self::Gone => "gone",
            Self::Refused(_) => "refused",
            Self::GaveUp(_) => "gave-up",
        }
    }

    /// Why, where there is a why.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Retrying(why)
            | Self::Rejected(why)
            | Self::PassedOver(why)
            | Self::Refused(why)
            | Self::GaveUp(why) => Some(why),
            Self::Pending | Self::Applied | Self::Superseded | Self::Gone => None,
        }
    }

    /// The opposite of [`Ack::as_str`] and [`Ack::detail`].
    pub fn parse(name: &str, detail: Option<String>) -> Option<Self> {
        let why = detail.unwrap_or_default();
        Some(match name {
            "pending" => Self::Pending,
            "retrying" => Self::Retrying(why),
            "rejected" => Self::Rejected(why),
            "applied" => Self::Applied,
            "superseded" => Self::Superseded,
            "passed-over" => Self::PassedOver(why),
            "gone" => Self::Gone,
            "refused" => Self::Refused(why),
            "gave-up" => Self::GaveUp(why),
            _ => return None,
        })
    }

    /// Whether the node still has to acknowledge.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Pending | Self::Retrying(_) | Self::Rejected(_))
    }

    /// Whether it is settled, and the node has not acknowledged.
    pub const fn is_failed(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::GaveUp(_))
    }

    /// How much a person has to care: of several instances a node is told about, the worst is shown.
    pub const fn severity(&self) -> u8 {
        match self {
            Self::Applied => 0,
            Self::Superseded => 1,
            Self::PassedOver(_) => 2,
            Self::Gone => 3,
            Self::Pending => 4,
            Self::Retrying(_) => 5,
            Self::Rejected(_) => 6,
            Self::GaveUp(_) => 7,
            Self::Refused(_) => 8,
        }
    }
}

impl fmt::Display for Ack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.detail() {
            // What it says to a person, who need not know that it is asked again: the answer says so.
            Some(why) if matches!(self, Self::Rejected(_)) => write!(f, "refused: {why}"),
            Some(why) => write!(f, "{}: {why}", self.as_str()),
            None => f.write_str(self.as_str()),
        }
    }
}

/// One gateway node that must hear about one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRecord {
    /// Instance id of the gateway.
    pub node: String,
    /// Application name of the gateway.
    pub group: String,
    /// Application of the instance, upper case.
    pub app: String,
    /// The instance.
    pub instance_id: String,
    /// The admin address; `None`: there is none that may be called.
    pub address: Option<SocketAddr>,
    /// What became of it.
    pub ack: Ack,
    /// How often it was called.
    pub attempts: u32,
    /// From the first call to the acknowledgement.
    pub latency_us: Option<i64>,
}
