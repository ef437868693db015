//! An entry of which somebody is still to be told.

use crate::notify::batch::Target;
use crate::request::Kind;

/// What is left of one entry.
pub(super) struct OpenEntry {
    pub(super) kind: Kind,
    pub(super) deadline_ms: i64,
    pub(super) open: usize,
    pub(super) incomplete: bool,
    pub(super) targets: Vec<Target>,
}

impl OpenEntry {
    /// Everybody known has been told, and for some instance nobody was known.
    pub(super) fn waits_for_nodes(&self) -> bool {
        self.open == 0 && self.targets.iter().any(Target::is_untold)
    }
}
