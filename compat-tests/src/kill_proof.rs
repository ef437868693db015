//! kill -9 of real processes: a registry, ten gateways and sync-speed, or two of them on one database, each a process of
//! its own, and fifty instances behind them. Again and again all of these are taken offline share by share and brought
//! back, and processes are killed at moments that a seed chooses. What was acknowledged must be completed all the same.
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | how many, how long, on which database |
//! | `cluster` | the processes, at addresses that stay theirs |
//! | `database` | a database server of its own |
//! | `shops` | the instances |
//! | `plan` | who dies when, from the seed |
//! | `standstill` | who stands still instead |
//! | `killer` | that is done |
//! | `asking` | a request, sent again until it is acknowledged |
//! | `entry`, `ledger` | what the entries said, and what they must not unsay |
//! | `closed` | whom no request may reach any more |
//! | `numbers` | the gateways' marks, whose numbers must not go back |
//! | `agreement` | whether every gateway shows what the registry says |
//! | `watch` | looking at all that again and again |
//! | `round`, `proof` | one round; all of them, and the verdict |

mod agreement;
mod asking;
mod closed;
mod cluster;
mod database;
mod entry;
mod killer;
mod ledger;
mod numbers;
mod plan;
mod proof;
mod round;
pub mod settings;
mod shops;
mod standstill;
mod watch;

pub use proof::{Verdict, prove};
pub use settings::{DatabaseKind, Settings};
