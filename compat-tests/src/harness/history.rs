//! Everything that happened in a run, in its order: what the checker judges.

use super::checker::Rule;
use super::layer::Layer;
use super::timeline::Change;

/// Of an order to a sync-speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// `POST /offline`.
    Offline,
    /// `POST /online`.
    Online,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A step was carried out.
    Step {
        /// Its name.
        name: String,
        /// What came of it, where that is not plain.
        outcome: Option<String>,
    },
    /// A request began at an instance.
    Begun {
        /// Where.
        instance: String,
    },
    /// A request ended, as its caller saw it.
    Ended {
        /// The gateway or the simulated caller.
        through: String,
        /// When it was sent, since the scenario's begin, milliseconds.
        started_ms: i64,
        /// The instance that answered, or what went wrong.
        outcome: Result<String, String>,
    },
    /// A registry acknowledged a registration.
    Registered {
        /// Which registry.
        registry: String,
        /// Of whom.
        instance: String,
        /// Whether the registry did not know the instance before: another life of it begins.
        is_new: bool,
    },
    /// A registry acknowledged a heartbeat.
    Renewed {
        /// Which registry.
        registry: String,
        /// Of whom.
        instance: String,
    },
    /// A registry said that it does not know the instance that sends a heartbeat.
    Unknown {
        /// Which registry.
        registry: String,
        /// Of whom.
        instance: String,
        /// The lease that it was given, milliseconds.
        lease_ms: i64,
    },
    /// A registry acknowledged a deregistration.
    Cancelled {
        /// Which registry.
        registry: String,
        /// Of whom.
        instance: String,
    },
    /// Somebody changed an override at a registry, past sync-speed.
    StatusSet {
        /// Of whom.
        instance: String,
    },
    /// sync-speed answered.
    Ordered {
        /// What was asked.
        kind: OrderKind,
        /// Of whom.
        instance: String,
        /// `asked`, then `done`, `partial`, `failed`, or the status of a refusal.
        state: String,
    },
    /// An entry that sync-speed had answered is not in its journal at the end as it was answered.
    EntryLost {
        /// Whose.
        sync_speed: String,
        /// The entry.
        id: String,
        /// As it was answered.
        state: String,
        /// As it is; `None`: it is not there.
        found: Option<String>,
    },
    /// At the end a rule cannot be checked of a node.
    NotChecked {
        /// Which.
        rule: Rule,
        /// Why: the node does not run, as a scenario leaves it.
        why: String,
    },
    /// A registry began anew, with nothing.
    Emptied {
        /// Which.
        registry: String,
    },
    /// A layer shows something else.
    Changed(Change),
    /// A list was looked at whose hash does not fit its body.
    WrongHash {
        /// Whose.
        node: String,
        /// Of which layer.
        layer: Layer,
        /// What the list says.
        said: String,
        /// What its body comes to.
        counted: String,
    },
}

/// A happening with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Since the scenario's begin, milliseconds. Several have the same: their order is that of the history.
    pub at_ms: i64,
    /// What.
    pub what: Happening,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// In order.
    pub events: Vec<Event>,
}

impl History {
    /// Adds what just happened.
    pub fn note(&mut self, at_ms: i64, what: Happening) {
        self.events.push(Event { at_ms, what });
    }
}
