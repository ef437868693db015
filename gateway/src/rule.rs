//! How one of several endpoints is chosen. One rule per file.

pub(crate) mod round_robin;

use std::sync::Arc;

use crate::endpoint::Endpoint;

/// A balancing rule. It keeps its own state and is shared by all threads; it outlives the snapshots of its service.
pub(crate) trait Rule: Send + Sync {
    /// Chooses among the candidates. `None` only when there is none.
    fn choose(&self, candidates: &[Arc<Endpoint>]) -> Option<Arc<Endpoint>>;
}
