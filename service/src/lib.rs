//! What every eurus process has: a clock that can be injected, a shutdown signal, layered properties under
//! Spring's names, logs, listeners. Services take these as arguments; only a `main` builds them.
//!
//! | module | what |
//! |---|---|
//! | [`clock`] | [`Clock`] and [`Timer`]: the only way to read the time or to wait |
//! | [`counting`], [`metrics`] | counters that threads do not fight over; writing them for Prometheus |
//! | [`shutdown`] | [`Shutdown`]: one signal for all loops of a process |
//! | [`faults`] | [`Faults`]: named points at which a harness interferes |
//! | [`keys`] | every property name that is known, and what it means |
//! | [`properties`] | defaults < `application.yml` < environment < flags, with relaxed binding |
//! | [`listen`] | binding ports with an error a person can act on |
//! | [`open_files`] | how many files a process may have open |
//! | [`logging`] | log4rs, console and rolling file, one configuration for all |
//! | [`protection`] | refuses settings that only a registry honours |
//! | [`secret`] | a password or token that is compared in constant time and never shown |
//! | [`tls`] | certificates, keys and trust from `server.ssl.*` and `eureka.client.tls.*` |
//! | [`process`] | what the four `main`s share: arguments, start, signals, exit code |

pub mod clock;
pub mod counting;
pub mod faults;
pub mod keys;
pub mod listen;
pub mod logging;
pub mod metrics;
pub mod open_files;
pub mod process;
pub mod properties;
pub mod protection;
pub mod secret;
pub mod shutdown;
pub mod tls;

pub use clock::{Clock, Timer};
pub use faults::Faults;
pub use properties::{ConfigError, Properties};

pub use shutdown::Shutdown;
