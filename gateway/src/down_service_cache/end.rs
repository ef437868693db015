//! Whether a fetched copy ends a mark, and why.

use eurus_model::{InstanceInfo, InstanceStatus};

use super::{DownServiceCacheConfig, Mark, MarkLife};
use crate::directive::DirectiveKind;
use crate::registration::Relation;

/// Why a mark ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// A copy fetched after the window agrees.
    Confirmed {
        /// How long after the window that fetch began: the registry's lag beyond it.
        lag_ms: i64,
    },
    /// Mode `plain`: the window is over.
    WindowOver,
    /// The bound is over and no copy agreed.
    Unconfirmed {
        /// What the copy shows.
        shown: InstanceStatus,
    },
    /// The bound is over, and the copy does not show the instance.
    Absent,
    /// A later life of the instance has registered.
    NewerRegistration,
}

/// Why the mark ends with a fetched copy, if it does. `fetched` is its instance there.
pub(super) fn end_of(
    mark: &Mark,
    started_ms: i64,
    fetched: Option<&InstanceInfo>,
    config: &DownServiceCacheConfig,
) -> Option<EndReason> {
    let relation = fetched.map(|fetched| mark.directive.registration.relation_of(fetched));
    if relation == Some(Relation::Newer) {
        return Some(EndReason::NewerRegistration);
    }
    let lag_ms = started_ms - (mark.recorded_ms + config.window_ms);
    if lag_ms < 0 {
        return None;
    }
    if config.life == MarkLife::Plain {
        return Some(EndReason::WindowOver);
    }
    let is_at_bound = started_ms >= mark.recorded_ms + config.bound_ms;
    match (fetched, relation) {
        (Some(_), Some(Relation::OtherAddress)) => Some(EndReason::NewerRegistration),
        (Some(fetched), _) if mark.agrees_with(fetched.status) => Some(EndReason::Confirmed { lag_ms }),
        (Some(fetched), _) => is_at_bound.then_some(EndReason::Unconfirmed { shown: fetched.status }),
        // That it is absent confirms nothing: a registry that has just started shows nobody, and may show the instance
        // again in the status before.
        (None, _) => is_at_bound.then_some(EndReason::Absent),
    }
}

impl Mark {
    pub(super) fn agrees_with(&self, shown: InstanceStatus) -> bool {
        (shown == InstanceStatus::OutOfService) == (self.directive.kind == DirectiveKind::Downline)
    }
}
