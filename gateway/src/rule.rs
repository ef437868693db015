//! How one of several endpoints is chosen. One rule per file.

pub(crate) mod round_robin;

use std::sync::Arc;

use crate::endpoint::Endpoint;

/// A balancing rule. It keeps its own state and is shared by all threads; it outlives the snapshots of its service.
pub(crate) trait Rule: Send + Sync {
    /// Chooses among the candidates that are acceptable. `None` only when there is none. To be asked once for a try:
    /// a rule counts its choices, and a choice that is thrown away shifts the load.
    fn choose(&self, candidates: &[Arc<Endpoint>], is_acceptable: &dyn Fn(&Endpoint) -> bool) -> Option<Arc<Endpoint>>;
}
