//! The marks that are alive, for a gateway that starts or was cut off: offlines that hold, and the last onlines.
//!
//! **No order falls between.** A gateway is remembered first (committed), and the marks are read then. An entry is
//! written down as done first (committed), and announced gateways are read then (`audience`). Whichever of the two
//! commits last sees the other: either the marks hold the entry, or the entry names the gateway, or both, which the
//! number makes harmless. For this all nodes of sync-speed must read from where they write: no replica that lags.

use std::collections::{BTreeMap, BTreeSet};

use eurus_model::Applications;

use crate::candidates::RECENT_MS;
use crate::downline::Downline;
use crate::request::Kind;
use crate::store::{LIVE_MARKS_MAX, LiveMark, StoreError};

/// For how long an online is passed on: as long as a copy may still show what was before it.
const ONLINE_MS: i64 = RECENT_MS;

/// What a gateway is answered.
pub(crate) struct LiveMarks {
    /// The last number that was given to an entry when the marks were read, or a little before.
    pub(crate) number: i64,
    /// By falling number.
    pub(crate) marks: Vec<LiveMark>,
    /// Whether there are more than one answer may hold.
    pub(crate) are_more: bool,
}

impl Downline {
    /// The marks that are alive for a group of gateways.
    pub(crate) async fn live_marks(&self, group: &str) -> Result<LiveMarks, StoreError> {
        let now_ms = self.clock.now_ms();
        let number = self.store.last_number().await?;
        let mut marks = self.store.live_marks(now_ms.saturating_sub(ONLINE_MS)).await?;
        let are_more = marks.len() > LIVE_MARKS_MAX;
        marks.truncate(LIVE_MARKS_MAX);
        let groups = self.store.all_groups().await?;
        let copy = self.client.last_fetch().map(|_| self.client.registry());
        marks.retain(|mark| {
            serves(&groups, self.default_group.as_deref(), &mark.app, group)
                && !copy.as_ref().is_some_and(|copy| is_over(mark, copy, now_ms))
        });
        Ok(LiveMarks { number, marks, are_more })
    }
}

fn serves(stored: &BTreeMap<String, BTreeSet<String>>, default_group: Option<&str>, app: &str, group: &str) -> bool {
    match stored.get(app) {
        Some(groups) => groups.contains(group),
        None => default_group.is_some_and(|default| default == group),
    }
}

/// An offline of an instance that our copy of the registry does not show, although all caches have caught up since: it has
/// left. What else ends an offline is in the journal (`holding`).
fn is_over(mark: &LiveMark, copy: &Applications, now_ms: i64) -> bool {
    if mark.kind == Kind::Online || now_ms.saturating_sub(mark.created_ms) < RECENT_MS {
        return false;
    }
    copy.get(&mark.app, &mark.instance_id).is_none()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use eurus_model::InstanceInfo;

    use super::*;
    use crate::registration::Registration;

    fn mark(kind: Kind, created_ms: i64) -> LiveMark {
        LiveMark {
            kind,
            entry: "e".to_owned(),
            number: created_ms,
            created_ms,
            app: "A".to_owned(),
            instance_id: "a".to_owned(),
            registration: Registration { ip: "10.0.0.1".to_owned(), service_up_ms: 5 },
        }
    }

    #[test]
    fn whom_an_application_is_served_by() {
        let stored = BTreeMap::from([("A".to_owned(), BTreeSet::from(["G".to_owned(), "H".to_owned()]))]);
        for (default, app, group, expected) in [
            (None, "A", "G", true),
            (None, "A", "I", false),
            (Some("I"), "A", "I", false),
            (Some("I"), "B", "I", true),
            (Some("I"), "B", "G", false),
            (None, "B", "G", false),
        ] {
            assert_eq!(serves(&stored, default, app, group), expected, "{default:?} {app} {group}");
        }
    }

    #[test]
    fn who_has_left_is_no_mark_once_all_caches_have_caught_up() {
        const NOW_MS: i64 = 1_000_000;
        let (old, young) = (NOW_MS - RECENT_MS, NOW_MS - RECENT_MS + 1);
        for (kind, created_ms, is_shown, expected) in [
            (Kind::Offline, old, true, false),
            (Kind::Offline, old, false, true),
            (Kind::Offline, young, false, false),
            (Kind::Online, old, false, false),
        ] {
            let mut copy = Applications::default();
            if is_shown {
                copy.insert(Arc::new(InstanceInfo::new("A", "a", "h", "10.0.0.1")));
            }
            assert_eq!(is_over(&mark(kind, created_ms), &copy, NOW_MS), expected, "{kind} {created_ms} {is_shown}");
        }
    }
}
