//! What is measured: the operations, their requests, and what their answers must contain.

use serde::Serialize;

use crate::load::requests::Request;
use crate::population::{Encoding, Population, get};

/// How many instances have changed lately in the delta that is measured, as in a steady state.
pub(crate) const DELTA_CHANGES: usize = 20;

/// One operation of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Operation {
    Heartbeat,
    OneInstance,
    OneApp,
    Delta,
    AppsGzip,
    AppsPlain,
    Register,
}

/// All operations. Those that change nothing come first; registering again fills the delta with all that it registers.
pub(crate) const ALL: [Operation; 7] = [
    Operation::Heartbeat,
    Operation::OneInstance,
    Operation::OneApp,
    Operation::Delta,
    Operation::AppsGzip,
    Operation::AppsPlain,
    Operation::Register,
];

impl Operation {
    /// As it is called in the tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Heartbeat => "heartbeat",
            Self::OneInstance => "one instance",
            Self::OneApp => "one app",
            Self::Delta => "delta, gzip",
            Self::AppsGzip => "apps, gzip",
            Self::AppsPlain => "apps, plain",
            Self::Register => "register",
        }
    }

    /// The requests to a registry.
    pub(crate) fn requests(self, population: Population, dirty_ms: i64) -> Vec<Request> {
        match self {
            Self::Heartbeat => population.heartbeats(dirty_ms),
            Self::OneInstance => population.single_instances(),
            Self::OneApp => population.single_apps(),
            Self::Delta => vec![get("/eureka/apps/delta", Encoding::Gzip)],
            Self::AppsGzip => vec![get("/eureka/apps/", Encoding::Gzip)],
            Self::AppsPlain => vec![get("/eureka/apps/", Encoding::Plain)],
            Self::Register => population.registrations(),
        }
    }

    /// The requests to nginx: for a file, or the registry's own where nginx answers without a file.
    pub(crate) fn static_requests(self, population: Population, dirty_ms: i64) -> Vec<Request> {
        match self.file() {
            Some(file) => vec![get(&format!("/files/{file}"), self.encoding())],
            None => self.requests(population, dirty_ms),
        }
    }

    /// The file that nginx serves for it; `None`: there is nothing to serve.
    pub(crate) fn file(self) -> Option<&'static str> {
        match self {
            Self::Heartbeat | Self::Register => None,
            Self::OneInstance => Some("one-instance"),
            Self::OneApp => Some("one-app"),
            Self::Delta => Some("delta"),
            Self::AppsGzip => Some("apps-gzip"),
            Self::AppsPlain => Some("apps-plain"),
        }
    }

    fn encoding(self) -> Encoding {
        if self == Self::AppsPlain { Encoding::Plain } else { Encoding::Gzip }
    }

    /// How many instances each answer must have.
    pub(crate) fn instances_in_answer(self, population: Population) -> usize {
        match self {
            Self::Heartbeat | Self::Register => 0,
            Self::OneInstance => 1,
            Self::OneApp => population.instances_of_first_app(),
            Self::Delta => DELTA_CHANGES.min(population.instances),
            Self::AppsGzip | Self::AppsPlain => population.instances,
        }
    }

    /// Answers so large that it matters how nginx sends files.
    pub(crate) fn is_large(self) -> bool {
        matches!(self, Self::AppsGzip | Self::AppsPlain)
    }
}
