//! Waiting for requests under way.

use serde::{Deserialize, Serialize};

/// How far waiting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrainState {
    /// Not over.
    Waiting,
    /// No gateway has a request under way on the instances.
    Drained,
    /// The bound came first, or a gateway could not be asked.
    BoundReached,
}

/// What waiting came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drain {
    /// How far it is.
    pub state: DrainState,
    /// How long it may take, milliseconds.
    pub within_ms: i64,
    /// Requests that were under way at the last look.
    pub under_way: u64,
    /// Of these: upgraded connections, as WebSockets are. They last as long as their peers want.
    #[serde(default, skip_serializing_if = "is_none")]
    pub upgraded: u64,
    /// How long it took, milliseconds.
    pub waited_ms: i64,
    /// Gateways that could not be asked, each with why: their requests are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_known: Vec<String>,
}

impl Drain {
    /// At the start.
    pub fn waiting(within_ms: i64) -> Self {
        let (under_way, upgraded, waited_ms) = (0, 0, 0);
        Self { state: DrainState::Waiting, within_ms, under_way, upgraded, waited_ms, not_known: Vec::new() }
    }
}

fn is_none(count: &u64) -> bool {
    *count == 0
}
