//! The marks that are alive, as sync-speed answers them.

use serde::Deserialize;

use crate::directive::{Directive, DirectiveKind};
use crate::registration::Registration;

/// What an announcement is answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    /// The highest number of an entry; 0: there is none.
    pub(super) number: i64,
    /// How long it holds.
    pub(super) ttl_ms: i64,
    marks: Vec<LiveMark>,
    /// Whether there are more than one answer may hold.
    #[serde(default)]
    pub(super) truncated: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LiveMark {
    kind: LiveKind,
    entry: String,
    number: i64,
    application: String,
    instance_id: String,
    registration: LiveRegistration,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LiveKind {
    Downline,
    Upline,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LiveRegistration {
    ip: String,
    service_up_timestamp: i64,
}

impl Answer {
    pub(super) fn into_directives(self) -> Vec<Directive> {
        self.marks.into_iter().map(LiveMark::into_directive).collect()
    }
}

impl LiveMark {
    fn into_directive(self) -> Directive {
        Directive {
            kind: match self.kind {
                LiveKind::Downline => DirectiveKind::Downline,
                LiveKind::Upline => DirectiveKind::Upline,
            },
            entry: self.entry,
            number: self.number,
            application: self.application.to_uppercase(),
            instance_id: self.instance_id,
            registration: Registration {
                ip: self.registration.ip,
                service_up_ms: self.registration.service_up_timestamp,
            },
        }
    }
}
