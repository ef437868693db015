//! An order from the downline service: take one instance out of rotation, or let it in again.

use std::fmt;

use eurus_model::InstanceStatus;

use crate::registration::Registration;

/// The two orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DirectiveKind {
    /// `POST /downline`: no request begins there any more.
    Downline,
    /// `POST /upline`: it may be called again.
    Upline,
}

impl fmt::Display for DirectiveKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Downline => "downline",
            Self::Upline => "upline",
        })
    }
}

/// One order for one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    /// Down or up.
    pub(crate) kind: DirectiveKind,
    /// The id of the entry in the downline service's journal: for people.
    pub(crate) entry: String,
    /// Rises with every order for an instance, so that a late one is recognised.
    pub(crate) number: i64,
    /// Upper-case application name.
    pub(crate) application: String,
    /// Instance id.
    pub(crate) instance_id: String,
    /// The life of the instance that is meant.
    pub(crate) registration: Registration,
}

impl Directive {
    /// Whether an instance that shows this status is as ordered without a mark.
    pub(crate) fn is_met_by(&self, shown: InstanceStatus) -> bool {
        match self.kind {
            DirectiveKind::Downline => shown != InstanceStatus::Up,
            DirectiveKind::Upline => shown != InstanceStatus::OutOfService,
        }
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, entry, number, application, instance_id, .. } = self;
        write!(f, "{kind} {number} of {application}/{instance_id} (entry {entry})")
    }
}
