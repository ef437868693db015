//! The documentation's commands, run as they stand there.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.
#![allow(clippy::disallowed_methods)] // Real processes keep their own clock.

mod downline;
mod downline_security;
mod support;
