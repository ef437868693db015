//! What came of the runs, for people and for machines.

pub mod line;
