//! Configurations of Eureka servers as Spring's users have them, given unchanged to the real command. Those that are
//! right must take effect, seen over HTTP; those that are wrong must say so in one line before anything is served.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers of tests.

mod process;
mod refused;
mod said;
mod take_effect;
