//! THE list of differences that are meant: one name for each row of `registry/COMPATIBILITY.md`, and exactly when it applies.
//! Anything else that differs is a failure.
//!
//! Some leave the two servers in different states. What they leave is looked at once, and then the instance is taken out
//! of both ([`crate::differential::replay`]), so that the sequence goes on from equal states.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::differential::compare::Mismatch;
use crate::differential::request::Request;
use crate::differential::step::{Effect, Operation, Place};
use crate::differential::tree::field;
use crate::differential::wire::Answer;

/// A difference that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// Ours is empty.
    HeartbeatNotFound,
    /// Java labels JSON as XML.
    Label,
    /// Java packs all the same.
    GzipRefused,
    /// Tomcat refuses the path.
    EncodedSlash,
    /// Java leaves out the id.
    ShownId,
    /// Java keeps no override.
    SameStatus,
    /// Java replaces the override it has.
    ReplicaOverride,
    /// Java drops overrides of that id in other applications.
    UnknownLease,
    /// Java has changed half of it.
    BadDirtyTimestamp,
    /// Java does not forget `vips/a`.
    TwoVips,
    /// Java does not forget the list under the address that an instance had before.
    FormerVip,
    /// Java does not forget compact lists by virtual address.
    CompactVip,
    /// Java neither lists it nor forgets its lists.
    StatusOnRenewal,
    /// Java reads 0.
    BadNumber,
    /// Ours says it in JSON only.
    BatchEntityInXml,
    /// Java trips over it.
    NoBody,
    /// Java keeps the list as it was before the change.
    ListOfTheMoment,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeartbeatNotFound => "404 of a heartbeat",
            Self::Label => "`Accept: application/xml, application/json;q=0.5`",
            Self::GzipRefused => "`Accept-Encoding: gzip;q=0`",
            Self::EncodedSlash => "an encoded slash in an id",
            Self::ShownId => "an instance registered without an id",
            Self::SameStatus => "`PUT status` with the status it already has",
            Self::ReplicaOverride => "an override in a replica's heartbeat",
            Self::UnknownLease => "`DELETE` of an unknown lease",
            Self::BadDirtyTimestamp => "bad `lastDirtyTimestamp` on `PUT` or `DELETE status`",
            Self::TwoVips => "change of `a,b` as vip",
            Self::FormerVip => "the list under a former vip",
            Self::CompactVip => "compact lists by vip",
            Self::StatusOnRenewal => "changes of status found on a renewal",
            Self::BadNumber => "a number that is no number",
            Self::ListOfTheMoment => "a list that is built while a change comes",
            Self::NoBody => "a registration without `Content-Type` and body",
            Self::BatchEntityInXml => "the newer instance in a batch's answer in XML",
        })
    }
}

/// How often each was seen.
pub type Counts = BTreeMap<Difference, usize>;

/// Both answers to a request.
pub struct Answered<'a> {
    /// What was asked for.
    pub operation: &'a Operation,
    /// As it was sent.
    pub request: &'a Request,
    /// The Java server's.
    pub java: &'a Answer,
    /// Ours.
    pub ours: &'a Answer,
}

impl Answered<'_> {
    /// The difference that a mismatch of these answers is, if it is one.
    pub fn difference(&self, mismatch: &Mismatch) -> Option<Difference> {
        let (java, ours, request) = (self.java, self.ours, self.request);
        let effect = self.operation.effects.first().map(|(_, effect)| effect);
        let statuses = (java.status, ours.status);
        let is_heartbeat = matches!(effect, Some(Effect::Heartbeat { .. })) && request.method == "PUT";
        if is_heartbeat && statuses == (404, 404) && ours.body.is_empty() && mismatch.at != "allow" {
            return Some(Difference::HeartbeatNotFound);
        }
        let prefers_xml = request.says("accept", "application/xml, application/json;q=0.5");
        let bodies_differ = java.body.starts_with('{') && ours.body.starts_with('<') && mismatch.at != "status";
        let only_heads = request.method == "HEAD" && mismatch.at == "content-type";
        if prefers_xml && (bodies_differ || only_heads && ours.header("content-type") == Some("application/xml")) {
            return Some(Difference::Label);
        }
        let refuses_gzip = request.says("accept-encoding", "gzip;q=0");
        if refuses_gzip && java.header("content-encoding") == Some("gzip") && mismatch.at.starts_with("content-") {
            return Some(Difference::GzipRefused);
        }
        if request.path.contains("%2F") && java.status == 400 && [404, 406].contains(&ours.status) {
            return Some(Difference::EncodedSlash);
        }
        let is_bad_number = matches!(effect, Some(Effect::Register { bad_number: true, .. }));
        if is_bad_number && statuses == (204, 400) {
            return Some(Difference::BadNumber);
        }
        // In a batch the item fails.
        let (java_item, our_item) = (mismatch.java.as_ref(), mismatch.ours.as_ref());
        if self.operation.has_bad_number()
            && (number(java_item), number(our_item)) == (Some(200), Some(500))
            && (mismatch.at.contains("[statusCode") || mismatch.at.contains("ReplicationInstanceResponse"))
        {
            return Some(Difference::BadNumber);
        }
        let is_bad_dirty = matches!(
            effect,
            Some(Effect::SetStatus { bad_dirty: true, .. } | Effect::DeleteOverride { bad_dirty: true })
        );
        if is_bad_dirty && statuses == (200, 500) {
            return Some(Difference::BadDirtyTimestamp);
        }
        let is_empty = request.body.is_empty() && !request.headers.iter().any(|(name, _)| *name == "content-type");
        if request.method == "POST" && is_empty && statuses == (500, 415) {
            return Some(Difference::NoBody);
        }
        let is_batch = request.path.contains("/peerreplication/");
        if is_batch && mismatch.at.contains("/children[responseEntity ") && mismatch.ours.is_none() {
            return Some(Difference::BatchEntityInXml);
        }
        None
    }
}

fn number(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

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
