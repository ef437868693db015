//! Whether two answers are the same: status, the headers that clients read, and the body as a tree without order.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::differential::step::{List, Operation};
use crate::differential::timeline::Timelines;
use crate::differential::tree::tree;
use crate::differential::wire::Answer;

/// Earlier numbers are no times of a server's clock.
const SERVER_TIMES_MS: i64 = 1_750_000_000_000;

/// One thing that is not the same. `None`: it is not there.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// `status`, a header's name, or a path within the body.
    pub at: String,
    /// What the Java server has.
    pub java: Option<Value>,
    /// What ours has.
    pub ours: Option<Value>,
}

impl Mismatch {
    /// Of two values that are there.
    pub fn of(at: impl Into<String>, java: impl Into<Value>, ours: impl Into<Value>) -> Self {
        Self { at: at.into(), java: Some(java.into()), ours: Some(ours.into()) }
    }
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), ToString::to_string);
        write!(f, "{}: Java {}, ours {}", self.at, shown(&self.java), shown(&self.ours))
    }
}

/// What a comparison knows besides the answers.
pub struct Comparison<'a> {
    /// When requests were made.
    pub timelines: &'a Timelines,
    /// Whether lists are built between requests.
    pub loosely: bool,
    /// The sequence's name, upper case: a delta holds those of earlier sequences, too.
    pub name: &'a str,
}

impl Comparison<'_> {
    /// What is different in the answers to an operation, knowing that Java leaves out an id that it was not told; and
    /// whether it did.
    pub fn answers(&self, operation: &Operation, java: &Answer, ours: &Answer) -> (bool, Vec<Mismatch>) {
        let (mut found, mut shows_id) = (Vec::new(), false);
        if java.status != ours.status {
            found.push(Mismatch::of("status", java.status, ours.status));
        }
        for name in ["content-type", "content-encoding", "allow"] {
            let value = |answer: &Answer| answer.header(name).map(Value::from);
            if value(java) != value(ours) {
                found.push(Mismatch { at: name.to_owned(), java: value(java), ours: value(ours) });
            }
        }
        let is_html = [java, ours].iter().all(|answer| answer.header("content-type").is_some_and(is_html));
        if operation.request.method == "HEAD" || is_html {
            return (false, found);
        }
        let is_delta = operation.list == Some(List::Delta);
        match (tree(&java.body), tree(&ours.body)) {
            (Some(mut java), Some(mut ours)) => {
                shows_id = show_ids(&mut java);
                if is_delta {
                    self.leave_out_others(&mut java);
                    self.leave_out_others(&mut ours);
                }
                self.values(is_delta, "", &java, &ours, &mut found);
            }
            _ if java.body != ours.body => {
                found.push(Mismatch::of("body", java.body.as_str(), ours.body.as_str()));
            }
            _ => {}
        }
        (shows_id, found)
    }

    /// What is different in two bodies.
    pub fn trees(&self, java: &Value, ours: &Value) -> Vec<Mismatch> {
        let mut found = Vec::new();
        self.values(false, "", java, ours, &mut found);
        found
    }

    fn values(&self, is_delta: bool, at: &str, java: &Value, ours: &Value, found: &mut Vec<Mismatch>) {
        match (java, ours) {
            (Value::Object(java), Value::Object(ours)) => {
                for name in java.keys().chain(ours.keys().filter(|name| !java.contains_key(*name))) {
                    self.children(is_delta, format!("{at}/{name}"), java.get(name), ours.get(name), found);
                }
            }
            (Value::Array(java), Value::Array(ours)) => {
                let (java, ours) = (by_key(java), by_key(ours));
                for key in java.keys().chain(ours.keys().filter(|key| !java.contains_key(*key))) {
                    let at = format!("{at}[{}{}]", key.0, if key.1 > 0 { "'" } else { "" });
                    self.children(is_delta, at, java.get(key).copied(), ours.get(key).copied(), found);
                }
            }
            _ if java == ours || (is_delta && at.contains("versions__delta")) || self.same_time(java, ours) => {}
            _ => found.push(Mismatch::of(at, java.clone(), ours.clone())),
        }
    }

    fn children(
        &self,
        is_delta: bool,
        at: String,
        java: Option<&Value>,
        ours: Option<&Value>,
        found: &mut Vec<Mismatch>,
    ) {
        match (java, ours) {
            (Some(java), Some(ours)) => self.values(is_delta, &at, java, ours, found),
            (java, ours) => found.push(Mismatch { at, java: java.cloned(), ours: ours.cloned() }),
        }
    }

    /// Two times of servers' clocks in the same notation, made by the same request.
    fn same_time(&self, java: &Value, ours: &Value) -> bool {
        if java.is_string() != ours.is_string() {
            return false;
        }
        if let (Some(java), Some(ours)) = (java.as_str(), ours.as_str())
            && is_iso(java)
        {
            return is_iso(ours);
        }
        match (number(java), number(ours)) {
            (Some(java), Some(ours)) => {
                java > SERVER_TIMES_MS && ours > SERVER_TIMES_MS && self.timelines.agree(java, ours, self.loosely)
            }
            _ => false,
        }
    }

    fn leave_out_others(&self, tree: &mut Value) {
        let list = &mut tree["applications"];
        let is_xml = list.get("children").is_some();
        let Some(applications) = list[if is_xml { "children" } else { "application" }].as_array_mut() else { return };
        applications.retain(|one| {
            if is_xml && one.get("application").is_none() {
                return true;
            }
            one.to_string().contains(&format!("\"{}-", self.name))
        });
    }
}

/// Gives instances without an id their host name's, which it is; whether there were any.
pub(super) fn show_ids(value: &mut Value) -> bool {
    match value {
        Value::Object(object) => {
            let is_nameless =
                object.get("hostName").is_some_and(Value::is_string) && !object.contains_key("instanceId");
            if is_nameless {
                object.insert("instanceId".to_owned(), object["hostName"].clone());
            }
            let in_xml = object
                .get_mut("instance")
                .and_then(|instance| instance.get_mut("children"))
                .and_then(Value::as_array_mut)
                .is_some_and(show_xml_id);
            object.values_mut().map(show_ids).fold(is_nameless || in_xml, |shown, below| shown | below)
        }
        Value::Array(values) => values.iter_mut().map(show_ids).fold(false, |shown, below| shown | below),
        _ => false,
    }
}

fn show_xml_id(children: &mut Vec<Value>) -> bool {
    let host_name = children.iter().find_map(|child| child.get("hostName").cloned());
    match host_name {
        Some(name) if !children.iter().any(|child| child.get("instanceId").is_some()) => {
            children.push(serde_json::json!({ "instanceId": name }));
            true
        }
        _ => false,
    }
}

/// Values by a name that does not depend on their order, and a number where a name is used again.
fn by_key(values: &[Value]) -> BTreeMap<(String, usize), &Value> {
    let mut keyed = BTreeMap::new();
    for (place, value) in values.iter().enumerate() {
        // An array of other things has an order.
        let key = key(value).unwrap_or_else(|| place.to_string());
        let used = keyed.keys().filter(|(known, _): &&(String, usize)| *known == key).count();
        keyed.insert((key, used), value);
    }
    keyed
}

fn key(value: &Value) -> Option<String> {
    let json_name = ["instanceId", "name"].iter().find_map(|name| value.get(name)?.as_str());
    if let Some(name) = json_name {
        return Some(name.to_owned());
    }
    let (element, content) = value.as_object().filter(|object| object.len() == 1)?.iter().next()?;
    let children = content.get("children").and_then(Value::as_array);
    let name = children
        .into_iter()
        .flatten()
        .find_map(|child| ["instanceId", "name"].iter().find_map(|name| child.get(name)?["text"].as_str()));
    Some(match name {
        Some(name) => format!("{element} {name}"),
        None => element.clone(),
    })
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// `2026-11-22T03:17:24.118+00:00`
fn is_iso(text: &str) -> bool {
    text.len() == 29 && text.ends_with("+00:00") && text.as_bytes().get(10) == Some(&b'T')
}

fn is_html(content_type: &str) -> bool {
    content_type.starts_with("text/html")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(java: &Value, ours: &Value) -> Vec<String> {
        let timelines = Timelines::default();
        let comparison = Comparison { timelines: &timelines, loosely: false, name: "Q1" };
        comparison.trees(java, ours).iter().map(|mismatch| mismatch.at.clone()).collect()
    }

    #[test]
    fn order_means_nothing_and_everything_else_something() {
        let java = json!({"i": [{"instanceId": "1", "a": 1}, {"instanceId": "2"}]});
        for (ours, expected) in [
            (json!({"i": [{"instanceId": "2"}, {"instanceId": "1", "a": 1}]}), vec![]),
            (json!({"i": [{"instanceId": "2"}, {"instanceId": "1", "a": "1"}]}), vec!["/i[1]/a"]),
            (json!({"i": [{"instanceId": "1", "a": 1}]}), vec!["/i[2]"]),
            (json!({"i": [{"instanceId": "1", "a": 1}, {"instanceId": "1", "a": 1}]}), vec!["/i[2]", "/i[1']"]),
            (json!({"i": {}}), vec!["/i"]),
        ] {
            assert_eq!(found(&java, &ours), expected, "{ours}");
        }
    }

    #[test]
    fn a_time_is_no_other_time() {
        assert_eq!(found(&json!({"t": 1_800_000_000_000_i64}), &json!({"t": 1_800_000_000_001_i64})), ["/t"]);
        assert_eq!(
            found(&json!({"t": "2026-11-22T03:17:24.118+00:00"}), &json!({"t": "2027-11-22T03:17:24.118+00:00"})).len(),
            0
        );
    }
}
