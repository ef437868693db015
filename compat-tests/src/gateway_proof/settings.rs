//! What a proof is made of.

use std::path::PathBuf;

pub use super::fate::Fate;
pub use super::instance::Sabotage;
use crate::harness::Programs;

/// The instances' application.
pub(super) const APP: &str = "SHOP";

/// See the module.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long requests are sent.
    pub seconds: u32,
    /// Where chance begins.
    pub seed: u64,
    /// How many instances.
    pub instances: usize,
    /// How many of them may be in trouble at the same time.
    pub at_once: usize,
    /// How many callers; each has one request under way.
    pub callers: usize,
    /// Of one caller, between two requests.
    pub pause_ms: i64,
    /// From the end of a request to the head of its answer; beyond, the gateway takes another instance.
    pub response_timeout_ms: i64,
    /// Troubles are as brief as they may be: a slice has many of them.
    pub is_brief: bool,
    /// What is started as registry and gateway.
    pub programs: Programs,
    /// What is started as an instance: a program and its first arguments.
    pub instance: (PathBuf, Vec<std::ffi::OsString>),
    /// Which troubles there are; all, when none is said.
    pub fates: Vec<Fate>,
    /// What the instances do wrong, to see that it is noticed.
    pub sabotage: Option<Sabotage>,
    /// Where the nodes' logs are kept; `None`: nowhere.
    pub logs: Option<PathBuf>,
}

impl Settings {
    /// The whole proof: 600 s, 6 instances of which 2 are in trouble, 64 callers.
    pub fn whole(programs: Programs, instance: (PathBuf, Vec<std::ffi::OsString>)) -> Self {
        Self {
            seconds: 600,
            seed: 1,
            instances: 6,
            at_once: 2,
            callers: 64,
            pause_ms: 10,
            response_timeout_ms: 1_000,
            is_brief: false,
            programs,
            instance,
            fates: Vec::new(),
            sabotage: None,
            logs: None,
        }
    }
}
