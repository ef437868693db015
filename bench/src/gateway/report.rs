//! All that a run has measured; `--json` writes it as it is.

use serde::Serialize;

use super::contenders::Figures;
use super::program::Program;
use super::workload::Workload;
use crate::statistics::Figure;

/// A whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: String,
    pub(crate) method: String,
    pub(crate) turns: Vec<Turn>,
}

/// A slice of one program between two of nginx.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Turn {
    pub(crate) instances: usize,
    pub(crate) round: usize,
    pub(crate) workload: Workload,
    pub(crate) program: Program,
    pub(crate) figures: Figures,
    pub(crate) nginx_before: Figures,
    pub(crate) nginx_after: Figures,
}

/// One of a slice's figures.
pub(crate) type Measure = fn(&Figures) -> f64;

impl Report {
    pub(crate) fn failures(&self) -> u64 {
        self.turns.iter().map(Turn::failures).sum()
    }

    /// The turns of one table, in the order in which they were taken.
    pub(crate) fn of(&self, instances: usize, workload: Workload) -> impl Iterator<Item = &Turn> + Clone {
        self.turns.iter().filter(move |turn| turn.instances == instances && turn.workload == workload)
    }
}

impl Turn {
    pub(crate) fn failures(&self) -> u64 {
        // A slice of nginx after one turn is that before the next.
        self.figures.failures + self.nginx_after.failures
    }

    /// Over nginx's in the same moment: the mean of the slices before and after.
    pub(crate) fn over_nginx(&self, measure: Measure) -> f64 {
        measure(&self.figures) / f64::midpoint(measure(&self.nginx_before), measure(&self.nginx_after))
    }
}

/// Medians over rounds of a figure and of its ratio to nginx's; of nginx itself, its own.
pub(crate) fn medians<'a>(
    turns: impl Iterator<Item = &'a Turn> + Clone,
    program: Program,
    measure: Measure,
) -> (Option<Figure>, Option<Figure>) {
    if program == Program::Nginx {
        return (Figure::of(turns.map(|turn| measure(&turn.nginx_after))), Figure::of([1.0]));
    }
    let own = turns.filter(move |turn| turn.program == program);
    (Figure::of(own.clone().map(|turn| measure(&turn.figures))), Figure::of(own.map(|turn| turn.over_nginx(measure))))
}
