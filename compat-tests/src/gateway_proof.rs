//! The gateway under load while its instances come, go, crash (`kill -9`), hang (SIGSTOP), close connections, and answer garbage,
//! half a body or nothing: some of them at a time. Registry, gateway and each instance are processes. Every body is computed from
//! its request's number, so both sides check each byte; what may fail follows from who was in trouble meanwhile.
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | how long, with how many |
//! | `kind`, `content`, `events`, `grpc`, `digest`, `body` | what is asked and answered, computed from the request's number |
//! | [`instance`] | an instance, a process |
//! | `cluster`, `fleet` | registry and gateway; the instances |
//! | `fate`, `trouble` | what befalls whom, from the seed; who was in trouble when |
//! | `disturber` | that is done |
//! | `caller` | the load: asks, reads, checks |
//! | `account`, `judge`, `ledger` | what came of a request; what it may come to; all of them, counted |
//! | `vitals`, `level` | what the gateway's process says of itself; whether its memory is flat, and everything given back |
//! | `proof`, `verdict` | all of it, and what came of it |

mod account;
mod body;
mod caller;
mod cluster;
mod content;
mod digest;
mod disturber;
mod events;
mod fate;
mod fleet;
mod grpc;
pub mod instance;
mod judge;
mod kind;
mod ledger;
mod level;
mod proof;
pub mod settings;
mod trouble;
mod verdict;
mod vitals;

pub use proof::prove;
pub use settings::Settings;
pub use verdict::Verdict;
