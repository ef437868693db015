//! One step of a sequence: a request, and what it is meant to do.

use crate::differential::request::Request;

/// Applications of a sequence.
pub const APPS: [&str; 3] = ["~T~-A", "~T~-B", "~T~-C"];
/// Ids of a sequence, the same in every application: overrides are kept by id alone, so that they meet.
pub const IDS: [&str; 4] = ["~t~-host:app:8001", "~t~-2", "~t~ 3+ü:%", "~t~-4.example.org"];
/// Only this id is used in more than one application; the others have the application's name in front.
const SHARED: usize = 0;

/// One instance of the small universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index in [`APPS`].
    pub app: usize,
    /// Index in [`IDS`].
    pub id: usize,
}

impl Place {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..APPS.len()).flat_map(|app| (0..IDS.len()).map(move |id| Self { app, id }))
    }

    /// Whether other applications have instances of this id, too.
    pub fn is_shared(self) -> bool {
        self.id == SHARED
    }

    /// The places with the same id.
    pub fn of_same_id(self) -> Vec<Self> {
        if self.is_shared() { (0..APPS.len()).map(|app| Self { app, ..self }).collect() } else { vec![self] }
    }

    /// Upper-case name of the application.
    pub fn app(self) -> &'static str {
        APPS[self.app]
    }

    /// The instance's id.
    pub fn id(self) -> String {
        if self.is_shared() {
            IDS[self.id].to_owned()
        } else {
            format!("{}{}", ["a", "b", "c"][self.app], IDS[self.id])
        }
    }
}

/// What a request does to an instance, if the servers let it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// With this `vipAddress` and `secureVipAddress`.
    Register {
        /// All virtual addresses, as given.
        vips: Vec<String>,
        /// The body holds text where a number belongs.
        bad_number: bool,
    },
    /// With the override that another registry knows.
    Heartbeat {
        /// By a replica, with its override.
        brought: Option<String>,
        /// The dirty timestamp that came along.
        dirty_ms: Option<i64>,
    },
    /// `PUT …/status`
    SetStatus {
        /// As it came.
        value: Option<String>,
        /// `lastDirtyTimestamp` is no number.
        bad_dirty: bool,
    },
    /// `DELETE …/status`
    DeleteOverride {
        /// `lastDirtyTimestamp` is no number.
        bad_dirty: bool,
    },
    /// `PUT …/metadata`
    Metadata,
    /// `DELETE`
    Cancel,
}

/// What is read from the response caches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    /// `apps` and `apps/{app}`.
    Plain,
    /// `apps/delta`
    Delta,
    /// `vips/{address}` or `svips/{address}`
    Vip {
        /// The address.
        address: String,
        /// `svips`
        secure: bool,
    },
}

/// A request and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What is sent.
    pub request: Request,
    /// What it does, item by item in a batch.
    pub effects: Vec<(Place, Effect)>,
    /// Which list it reads.
    pub list: Option<List>,
}

impl Operation {
    /// A request that changes nothing and reads no list.
    pub fn plain(request: Request) -> Self {
        Self { request, effects: Vec::new(), list: None }
    }

    /// A request about one instance.
    pub fn about(request: Request, place: Place, effect: Effect) -> Self {
        Self { request, effects: vec![(place, effect)], list: None }
    }

    /// Whether something registers with text where a number belongs.
    pub fn has_bad_number(&self) -> bool {
        self.effects.iter().any(|(_, effect)| matches!(effect, Effect::Register { bad_number: true, .. }))
    }

    /// A request for a list.
    pub fn read(request: Request, list: List) -> Self {
        Self { request, effects: Vec::new(), list: Some(list) }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A request to both.
    Ask(Operation),
    /// Waits for the next beat: leases may end.
    Wait,
}
