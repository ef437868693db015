//! A Eureka client: registers this process, renews its lease, and keeps a copy of the registry's list.
//!
//! | module | what |
//! |---|---|
//! | [`client`] | [`EurekaClient`]: what a service holds |
//! | [`config`], `properties` | [`ClientConfig`]; reading it from `eureka.client.*` |
//! | [`events`] | [`Fetch`] and [`FetchListener`]: each fetched copy, before anything else sees it |
//! | [`registries`] | [`Registries`]: the Eureka API over several service URLs, with failover |
//! | `fetched` | the fetched copy: full replaces, delta applies, hash check. Pure |
//! | `vanished` | whether a whole list that suddenly shows no service is believed. Pure |
//! | `fetcher`, `fetch_loop` | one fetch at a time and its publication; when the next one is due |
//! | [`registration`], `registration_loop` | register, heartbeat, cancel; when the next one is due |
//! | [`points`], [`CopyAccess`] | where a harness can interfere; the copy brought up to date by hand |
//! | `backoff`, [`reach`] | how long a loop waits after a failure; what is logged of a row of them. Pure |
//! | [`error`] | [`ClientError`]: which call, which instance, which URLs, what to do |
//!
//! A turn of the fetch loop: `fetch_loop::follow` → `Fetcher::follow` → `Registries::delta` → `Fetched::apply` → (on a
//! mismatch `Registries::apps` → `Fetched::replace`) → `Fetcher::publish`: listeners in order, then one swap.
//!
//! Invariants: the fetched copy holds only what the registry said, so that a service's own marks never disturb the hash
//! check. One fetch at a time. A failure leaves the last known good copy. Only the two loops wait, on the injected clock;
//! time-outs of a request are in real time.

mod backoff;
pub mod client;
pub mod config;
mod copy_access;
pub mod error;
pub mod events;
mod fetch_loop;
mod fetched;
mod fetcher;
pub mod points;
mod properties;
pub mod reach;
pub mod registration;
mod registration_loop;
pub mod registries;
mod vanished;

pub use client::{ClientHealth, EurekaClient, LastFetch};
pub use config::{ClientConfig, FetchConfig, Timeouts};
pub use copy_access::CopyAccess;
pub use error::{ClientError, FailureKind};
/// What [`ClientConfig`] registers and [`Fetch`] holds: named here, so that users of the client need not name the model.
pub use eurus_model::InstanceInfo;
pub use events::{Fetch, FetchKind, FetchListener};
pub use reach::Away;
pub use registration::{Forgotten, RegistrationHealth};
pub use registration_loop::CANCEL_DURATION_MAX;
pub use registries::{Changed, Heartbeat, Outcome, Registries, without_credentials};
