//! Metrics as text for Prometheus: how they are written; what there is to say, each service says itself.

pub mod process;
mod text;

pub use text::{Family, Pairs, Syntax, Text};
