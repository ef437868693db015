//! What a fetch tells those who follow it.

use std::fmt;
use std::sync::Arc;

use eurus_model::Applications;

/// How a fetch brought the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FetchKind {
    /// The whole list, which replaced the copy.
    Full,
    /// Recent changes, applied to the copy; the hash of the result was the registry's.
    Delta,
}

impl fmt::Display for FetchKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Delta => "delta",
        })
    }
}

/// One successful fetch.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// Full or delta.
    pub kind: FetchKind,
    /// The clock at the START of the request that brought it, epoch milliseconds. Of a full fetch that follows a
    /// mismatching delta: the start of the full request.
    pub started_ms: i64,
    /// The clock when the answer was complete, epoch milliseconds.
    pub received_ms: i64,
    /// The whole fetched copy after this fetch, the delta already applied.
    pub registry: Arc<Applications>,
    /// Upper-case application and instance id of what a delta named, repeated or not; empty for a full fetch.
    pub changed: Vec<(String, String)>,
}

/// Called synchronously with each fetched copy, in order, one at a time, BEFORE anything else can see the copy: the
/// place for compensation. It must not block.
pub trait FetchListener: Send + Sync {
    /// A fetch succeeded; [`EurekaClient::registry`](crate::EurekaClient::registry) still shows the copy before it.
    fn fetched(&self, fetch: &Fetch);
}
