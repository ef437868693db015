//! What came of a sequence.

use crate::differential::compare::Mismatch;
use crate::differential::request::Request;

/// What came of a sequence.
#[derive(Debug)]
pub enum Outcome {
    /// Everything was the same.
    Same,
    /// The machine was too slow for the sequence's leases: nothing is known.
    Late,
    /// Something was not.
    Different(Box<Finding>),
}

/// A difference that is not meant.
#[derive(Debug)]
pub struct Finding {
    /// What was asked, and both statuses.
    pub asked: Vec<(Request, u16, u16)>,
    /// The step that showed it; beyond the last: the final state.
    pub step: usize,
    /// What is not the same.
    pub mismatches: Vec<Mismatch>,
    /// The Java server's last answer.
    pub java: String,
    /// Ours.
    pub ours: String,
}
