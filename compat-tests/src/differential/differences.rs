//! THE list of differences that are meant: one name for each row of `registry/COMPATIBILITY.md`, and exactly when it applies.
//! Anything else that differs is a failure.
//!
//! Here is what tells it from two answers; some leave the two servers in different states, which is told by what they
//! leave: [`crate::differential::aftermath`].

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::differential::compare::Mismatch;
use crate::differential::request::Request;
use crate::differential::step::{Effect, Operation};
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
    /// Spring's server does not show them.
    StatusOverrides,
    /// Spring's server refuses to hear of groups.
    Groups,
    /// Ours compresses only what changed.
    RenewalInGzip,
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
            Self::RenewalInGzip => "the last renewal in a compressed full list",
            Self::StatusOverrides => "`GET serverinfo/statusoverrides`",
            Self::Groups => "`PUT asg/{name}/status`",
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
        if request.path.ends_with("/serverinfo/statusoverrides") && statuses == (404, 200) {
            return Some(Difference::StatusOverrides);
        }
        if request.path.contains("/asg/") && java.status == 400 && ours.status < 500 {
            return Some(Difference::Groups);
        }
        let is_batch = request.path.contains("/peerreplication/");
        // With its id, if it has one.
        if is_batch && mismatch.at.contains("/children[responseEntity") && mismatch.ours.is_none() {
            return Some(Difference::BatchEntityInXml);
        }
        None
    }
}

fn number(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
