//! `eurus offline`, `online` and `watch`: as programs against eurus itself, and against a sync-speed by script for what
//! happens seldom. What waits is run in this process, on a manual clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is tests and their helpers.
#![allow(clippy::disallowed_methods)] // They read files.

mod following;
mod orders;
mod platforms;
mod scripted;
mod support;
