//! All that a run has measured; `--json` writes it as it is.

use serde::Serialize;

use super::rounds::Phase;
use super::stock::Stock;

/// A whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: String,
    pub(crate) method: String,
    /// Writes of a block to the disk that the database is on, before each number of gateways and instances.
    pub(crate) sync_us: Vec<i64>,
    pub(crate) phases: Vec<Phase>,
    /// `None`: left out.
    pub(crate) stock: Option<Stock>,
}

impl Report {
    /// What must not happen and did.
    pub(crate) fn failures(&self) -> u64 {
        self.phases.iter().map(Phase::failures).sum()
    }
}
