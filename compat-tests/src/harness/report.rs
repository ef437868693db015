//! What came of the runs, for people and for machines.

pub mod html;
pub mod json;
pub mod junit;
pub mod line;
