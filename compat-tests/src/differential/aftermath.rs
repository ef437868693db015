//! Whether a request left the two servers in different states on purpose. What it left is looked at once, and then the
//! instance is taken out of both ([`crate::differential::replay`]), so that the sequence goes on from equal states.

use serde_json::Value;

use crate::differential::differences::Difference;
use crate::differential::step::{Effect, Place};
use crate::differential::tree::field;

/// An instance at both servers before and after a request.
#[derive(Debug, Default)]
pub struct Around {
    /// At the Java server, before.
    pub java_before: Option<Value>,
    /// At ours, before.
    pub ours_before: Option<Value>,
    /// At the Java server, after.
    pub java_after: Option<Value>,
    /// At ours, after.
    pub ours_after: Option<Value>,
    /// Whether the id has an override in another application.
    pub overridden_elsewhere: bool,
}

/// What [`left_behind`] says of one effect.
#[derive(Debug, PartialEq, Eq)]
pub enum Left {
    /// Equal states, as far as is known.
    Nothing,
    /// States that may differ, as a difference says.
    As(Difference),
    /// States that differ, and not as the difference says: in words.
    Otherwise(Difference, String),
}

/// Whether an effect left the servers in different states on purpose.
pub fn left_behind(place: Place, effect: &Effect, around: &Around) -> Left {
    match effect {
        Effect::Register { bad_number: true, .. } => Left::As(Difference::BadNumber),
        Effect::Heartbeat { brought, dirty_ms } => after_heartbeat(place, brought.as_deref(), *dirty_ms, around),
        Effect::SetStatus { bad_dirty: true, .. } | Effect::DeleteOverride { bad_dirty: true } => {
            unchanged(Difference::BadDirtyTimestamp, around)
        }
        Effect::SetStatus { value: Some(value), .. } => after_status(place, value, around),
        Effect::Cancel if around.java_before.is_none() && around.overridden_elsewhere => {
            Left::As(Difference::UnknownLease)
        }
        _ => Left::Nothing,
    }
}

fn text(instance: Option<&Value>, name: &str) -> String {
    instance.and_then(|instance| field(instance, name)).unwrap_or_default()
}

/// Ours keeps what it had.
fn unchanged(difference: Difference, around: &Around) -> Left {
    let (before, after) = (around.ours_before.as_ref(), around.ours_after.as_ref());
    if before.is_none() {
        return Left::Nothing;
    }
    for name in ["status", "overriddenStatus"] {
        if text(before, name) != text(after, name) {
            return Left::Otherwise(difference, format!("{name} was {}, is {}", text(before, name), text(after, name)));
        }
    }
    Left::As(difference)
}

fn after_status(place: Place, value: &str, around: &Around) -> Left {
    let before = around.java_before.as_ref();
    let had_it = text(before, "status") == value && value != "UNKNOWN";
    // An override that is shown is there, unless the id's other applications have dropped it.
    if !had_it || (text(before, "overriddenStatus") == value && !place.is_shared()) {
        return Left::Nothing;
    }
    let after = text(around.ours_after.as_ref(), "overriddenStatus");
    if after == value || place.is_shared() {
        return Left::As(Difference::SameStatus);
    }
    Left::Otherwise(Difference::SameStatus, format!("override {value} was to be kept, is {after}"))
}

fn after_heartbeat(place: Place, brought: Option<&str>, dirty_ms: Option<i64>, around: &Around) -> Left {
    let before = around.java_before.as_ref();
    if before.is_none() {
        return Left::Nothing;
    }
    let held_ms: i64 = text(before, "lastDirtyTimestamp").parse().unwrap_or_default();
    let known = text(before, "overriddenStatus");
    let is_adoptable = brought.filter(|status| !["UNKNOWN", "BOGUS"].contains(status));
    if let Some(brought) = is_adoptable
        && dirty_ms.is_some_and(|dirty_ms| dirty_ms > held_ms)
        && (place.is_shared() || known != brought)
    {
        let expected = if known == "UNKNOWN" { brought } else { &known };
        let after = text(around.ours_after.as_ref(), "overriddenStatus");
        let renewed = text(around.ours_after.as_ref(), "status") != "UNKNOWN";
        if place.is_shared() || after == expected || !renewed {
            return Left::As(Difference::ReplicaOverride);
        }
        return Left::Otherwise(Difference::ReplicaOverride, format!("override {expected} was to be kept, is {after}"));
    }
    let after = text(around.java_after.as_ref(), "status");
    if around.java_after.is_none() || text(before, "status") == after {
        return Left::Nothing;
    }
    match text(around.ours_after.as_ref(), "status") {
        ours if ours == after => Left::As(Difference::StatusOnRenewal),
        ours => Left::Otherwise(Difference::StatusOnRenewal, format!("status: Java {after}, ours {ours}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALONE: Place = Place { app: 0, id: 1 };

    fn instance(status: &str, overridden: &str) -> Option<Value> {
        let fields = json!({"status": status, "overriddenStatus": overridden, "lastDirtyTimestamp": "5"});
        Some(json!({ "instance": fields }))
    }

    #[test]
    fn the_same_status_again_must_leave_an_override() {
        let effect = Effect::SetStatus { value: Some("UP".to_owned()), bad_dirty: false };
        let left = |before, ours_after| {
            left_behind(ALONE, &effect, &Around { java_before: before, ours_after, ..Around::default() })
        };
        assert_eq!(left(instance("UP", "UNKNOWN"), instance("UP", "UP")), Left::As(Difference::SameStatus));
        assert!(matches!(left(instance("UP", "UNKNOWN"), instance("UP", "UNKNOWN")), Left::Otherwise(..)));
        assert_eq!(left(instance("UP", "UP"), None), Left::Nothing);
        assert_eq!(left(instance("DOWN", "UNKNOWN"), None), Left::Nothing);
        assert_eq!(left(None, None), Left::Nothing);
    }

    #[test]
    fn a_replica_s_override_is_taken_over_only_where_none_is_known() {
        let effect = Effect::Heartbeat { brought: Some("DOWN".to_owned()), dirty_ms: Some(6) };
        let left = |java_before, ours_after| {
            left_behind(ALONE, &effect, &Around { java_before, ours_after, ..Around::default() })
        };
        let meant = Left::As(Difference::ReplicaOverride);
        assert_eq!(left(instance("UP", "UNKNOWN"), instance("UP", "DOWN")), meant);
        assert_eq!(left(instance("UP", "UP"), instance("UP", "UP")), meant);
        assert!(matches!(left(instance("UP", "UP"), instance("UP", "DOWN")), Left::Otherwise(..)));
    }
}
