//! Random scenarios: made from a seed, run, shrunk when a rule is broken, written as a file that shows it again.
//!
//! | module | what |
//! |---|---|
//! | `dice` | chance that falls alike on every machine |
//! | `cast`, `episodes`, `moments`, `generate` | a scenario from a seed: who is there, what happens to them, and when |
//! | `story`, `gaps` | whether its steps can be carried out; what is known not to be there yet and is left out |
//! | `trial` | one run, and what it found |
//! | `shrink`, `shrink/*` | the shortest scenario that still finds it |
//! | [`hunt`], `under_way`, [`overrides`] | many seeds; settings of all nodes of a kind, as to switch a safeguard off |

mod cast;
mod dice;
mod episodes;
mod gaps;
mod generate;
pub mod hunt;
mod moments;
pub mod overrides;
mod shrink;
mod story;
#[cfg(test)]
mod tests;
mod trial;
mod under_way;

pub use generate::scenario;
pub use trial::Finding;
