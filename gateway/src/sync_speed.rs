//! What the gateway says to the downline service, sync-speed, and what it learns from it.
//!
//! Before it follows the registry's copy, which may be from before an order, it announces itself and takes in the marks
//! that are alive; afterwards it renews that for as long as it runs. It says so when no sync-speed is there.
//!
//! | module | what |
//! |---|---|
//! | `config` | where sync-speed is, and how long a start waits for it |
//! | `call` | one call to one sync-speed |
//! | `transport` | how it gets there: plain or over TLS |
//! | `live_marks` | the marks as they come |
//! | `announcing` | the control loop |
//! | `refusals` | reports of instances that refuse connections |
//! | `standing` | how that stands, for the health check |

mod announcing;
mod call;
mod config;
mod live_marks;
mod refusals;
mod standing;
mod transport;

pub(crate) use announcing::{Announcer, Parts, then_follow};
pub use config::SyncSpeedConfig;
pub(crate) use refusals::Refusals;
pub(crate) use standing::{Standing, State};
