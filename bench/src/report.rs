//! All that a run has measured; `--json` writes it as it is.

use serde::Serialize;

use crate::measure::{Loop, Sample};
use crate::operation::Operation;
use crate::servers::Kind;

/// A whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// What it ran on.
    pub(crate) machine: String,
    /// How it was done.
    pub(crate) method: String,
    pub(crate) sizes: Vec<Size>,
}

/// One number of instances.
#[derive(Debug, Serialize)]
pub(crate) struct Size {
    pub(crate) instances: usize,
    pub(crate) changes_in_delta: usize,
    pub(crate) samples: Vec<Sample>,
    pub(crate) processes: Vec<ProcessFigures>,
}

/// What a registry's process itself costs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProcessFigures {
    pub(crate) server: Kind,
    /// From each start to its first answer.
    pub(crate) started_us: Vec<i64>,
    /// A second after the first answer.
    pub(crate) idle_kib: u64,
    /// With all instances registered.
    pub(crate) registered_kib: u64,
    /// After all rounds.
    pub(crate) loaded_kib: u64,
}

impl Report {
    /// Slices whose figures are worth nothing.
    pub(crate) fn failures(&self) -> usize {
        self.sizes.iter().flat_map(|size| &size.samples).filter(|sample| sample.failed()).count()
    }
}

impl Size {
    /// The samples of one cell of the table.
    pub(crate) fn of(&self, operation: Operation, server: Kind, how: Loop) -> impl Iterator<Item = &Sample> {
        self.samples
            .iter()
            .filter(move |sample| (sample.operation, sample.server, sample.how) == (operation, server, how))
    }

    /// One measure of a cell: round and value.
    pub(crate) fn values(
        &self,
        operation: Operation,
        server: Kind,
        how: Loop,
        measure: fn(&Sample) -> f64,
    ) -> Vec<(usize, f64)> {
        self.of(operation, server, how).map(|sample| (sample.round, measure(sample))).collect()
    }

    pub(crate) fn process(&self, server: Kind) -> Option<&ProcessFigures> {
        self.processes.iter().find(|process| process.server == server)
    }
}
