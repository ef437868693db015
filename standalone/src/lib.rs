//! eurus: registry, gateway and sync-speed in one process, and the command line.
//!
//! | module | what |
//! |---|---|
//! | [`cli`] | arguments and commands |
//! | [`embedded`] | all three services in one process on embedded defaults |
//! | [`producer`] | `eurus producer`: a small service that registers, to try things with |
//! | [`demo`] | `eurus demo`: the whole story in 12 seconds |
//! | [`downline`] | `eurus offline`, `online`, `watch`: sync-speed from a shell |
//! | [`harness`] | `eurus harness`: scenarios in virtual time |

pub mod cli;
pub mod demo;
pub mod downline;
pub mod embedded;
pub mod harness;
pub mod producer;
