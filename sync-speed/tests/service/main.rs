//! sync-speed as a whole, entered by `run` on port 0 with a manual clock, between a scripted registry and gateways
//! that record what they are told. No test sleeps: each moves the clock or awaits an event.

// clippy.toml allows these in test functions; here it is the whole crate that tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod access;
mod acknowledgements;
mod audit;
mod database_failures;
mod draining;
mod forgotten;
mod gateway_guesses;
mod gateways;
mod holding;
mod keep_percent;
#[cfg(feature = "kubernetes")]
mod kubernetes;
mod metrics;
mod offline;
mod online;
mod power_cut;
mod refusals;
mod refused;
mod registry_failures;
mod reload;
mod requests;
mod rolling;
mod security;
mod store;
mod support;
mod tls;
