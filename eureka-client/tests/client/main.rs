//! The client against small scripted registries, on the manual clock.
// The lints spare test functions, not what they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod away;
mod emptied;
mod failover;
mod fetching;
mod following;
mod listeners;
mod lists;
mod operations;
mod registration;
mod scripted;
