//! Whether an answer is the recorded one. Masked are, as the recording's README says: `Date`, times, the version of
//! a delta, HTML pages, what a server says of itself. The order of applications, instances and metadata is Java's hash maps' and means nothing.

use std::collections::BTreeMap;
use std::io::Read as _;

use serde_json::{Map, Value};

use crate::recording::Exchange;
use crate::rig::Answer;

/// Times from here on were made by a server's clock, earlier ones were sent by a client and must come back.
const SERVER_TIMES_MS: i64 = 1_795_000_000_000;
/// How far two server's times may be apart: the recorded server took a while, the manual clock does not.
const TIME_TOLERANCE_MS: i64 = 2_500;

/// What a comparison says.
#[derive(Default)]
pub(crate) struct Verdict {
    /// What is different; empty when nothing is.
    pub(crate) differences: Vec<String>,
    /// Whether instances without an id were recorded: see [`SHOWN_ID`](crate::differences::SHOWN_ID).
    pub(crate) shows_ids: bool,
}

/// Compares an answer with the recorded one.
pub(crate) fn judge(exchange: &Exchange, answer: &Answer) -> Verdict {
    let mut verdict = Verdict::default();
    let found = &mut verdict.differences;
    if exchange.status != answer.status {
        found.push(format!("status: recorded {}, is {}", exchange.status, answer.status));
    }
    for name in ["content-type", "content-encoding", "allow"] {
        let (recorded, is) = (exchange.header(name), answer.header(name));
        if recorded != is {
            found.push(format!("{name}: recorded {recorded:?}, is {is:?}"));
        }
    }
    let content_type = exchange.header("content-type").unwrap_or_default();
    if exchange.method == "HEAD" || content_type.starts_with("text/html") {
        return verdict;
    }
    let body = body_text(answer);
    let (Some(mut recorded), Some(is)) = (tree(&exchange.body), tree(&body)) else {
        if exchange.body != body {
            found.push(format!("body: recorded {:?}, is {body:?}", exchange.body));
        }
        return verdict;
    };
    verdict.shows_ids = show_ids(&mut recorded);
    // The version of a delta has no fixed width, and an id that is shown takes its place.
    if !is_delta(exchange) && !is_about_the_server(exchange) && !verdict.shows_ids && exchange.body.len() != body.len()
    {
        found.push(format!("length: recorded {}, is {}", exchange.body.len(), body.len()));
    }
    compare(exchange, "", &recorded, &is, found);
    verdict
}

/// Gives recorded instances without an id their host name's.
fn show_ids(value: &mut Value) -> bool {
    match value {
        Value::Object(object) => {
            let is_nameless =
                object.get("hostName").is_some_and(Value::is_string) && !object.contains_key("instanceId");
            if is_nameless {
                object.insert("instanceId".to_owned(), object["hostName"].clone());
            }
            // An XML instance is an element with a list of children; the id comes first.
            let in_xml = match object.get_mut("instance").and_then(Value::as_array_mut) {
                Some(children) => show_xml_id(children),
                None => false,
            };
            let below = object.values_mut().map(show_ids).filter(|shown| *shown).count() > 0;
            is_nameless || in_xml || below
        }
        Value::Array(values) => values.iter_mut().map(show_ids).filter(|shown| *shown).count() > 0,
        _ => false,
    }
}

fn show_xml_id(children: &mut Vec<Value>) -> bool {
    let host_name = children.iter().find_map(|child| child.get("hostName").filter(|name| name.is_array())).cloned();
    match host_name {
        Some(name) if !children.iter().any(|child| child.get("instanceId").is_some()) => {
            children.insert(0, Value::Object(Map::from_iter([("instanceId".to_owned(), name)])));
            true
        }
        _ => false,
    }
}

/// The values of a server's own status are its own; their names must be the same.
fn is_about_the_server(exchange: &Exchange) -> bool {
    exchange.path == "/eureka/status" && exchange.status == 200
}

fn is_delta(exchange: &Exchange) -> bool {
    exchange.path.contains("/apps/delta")
}

fn body_text(answer: &Answer) -> String {
    if answer.header("content-encoding") != Some("gzip") {
        return answer.text();
    }
    let mut text = String::new();
    // Of one member only, as strict readers do: nothing may be left over.
    let mut decoder = flate2::bufread::GzDecoder::new(&answer.body[..]);
    decoder.read_to_string(&mut text).expect("one valid gzip member");
    assert!(decoder.into_inner().is_empty(), "bytes after the gzip member");
    text
}

/// JSON, or XML as a tree of the same kind; `None` for other text.
fn tree(body: &str) -> Option<Value> {
    if body.starts_with('<') { Some(xml_tree(body)) } else { serde_json::from_str(body).ok() }
}

/// An element becomes `{"name": […]}` with its attributes and children in order; text stays text.
fn xml_tree(text: &str) -> Value {
    let mut open: Vec<(String, Vec<Value>)> = vec![(String::new(), Vec::new())];
    for piece in text.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').expect("a whole tag");
        if let Some(closed) = tag.strip_prefix('/') {
            let (name, children) = open.pop().unwrap();
            assert_eq!(closed, name.split(' ').next().unwrap(), "elements must be nested");
            open.last_mut().unwrap().1.push(element(name, children));
        } else if let Some(name) = tag.strip_suffix('/') {
            open.last_mut().unwrap().1.push(element(name.to_owned(), Vec::new()));
        } else {
            open.push((tag.to_owned(), Vec::new()));
        }
        if !after.trim().is_empty() || (!after.is_empty() && !tag.starts_with('/') && !after.starts_with('\n')) {
            open.last_mut().unwrap().1.push(Value::String(after.to_owned()));
        }
    }
    assert_eq!(open.len(), 1, "every element must be closed");
    Value::Array(open.pop().unwrap().1)
}

fn element(name: String, children: Vec<Value>) -> Value {
    Value::Object(Map::from_iter([(name, Value::Array(children))]))
}

fn compare(exchange: &Exchange, at: &str, recorded: &Value, is: &Value, found: &mut Vec<String>) {
    match (recorded, is) {
        (Value::Object(recorded), Value::Object(is)) => {
            for name in recorded.keys().chain(is.keys().filter(|name| !recorded.contains_key(*name))) {
                let at = format!("{at}/{name}");
                match (recorded.get(name), is.get(name)) {
                    (Some(recorded), Some(is)) => compare(exchange, &at, recorded, is, found),
                    (recorded, is) => found.push(format!("{at}: recorded {recorded:?}, is {is:?}")),
                }
            }
        }
        (Value::Array(recorded), Value::Array(is)) => {
            if recorded.len() != is.len() {
                let names = |values: &[Value]| values.iter().map(sorting_key).collect::<Vec<_>>();
                found.push(format!("{at}: recorded {:?}, is {:?}", names(recorded), names(is)));
            }
            for ((key, recorded), (_, is)) in sorted(recorded).zip(sorted(is)) {
                compare(exchange, &format!("{at}[{key}]"), recorded, is, found);
            }
        }
        (Value::String(_), Value::String(_)) if is_about_the_server(exchange) => {}
        _ if is_delta(exchange) && at.contains("versions__delta") => {
            assert!(number(is).is_some(), "a delta's version is a number: {is}");
        }
        _ if recorded != is && !both_times(at, recorded, is) => {
            found.push(format!("{at}: recorded {recorded}, is {is}"));
        }
        _ => {}
    }
}

/// Values by a name that does not depend on their order; where there is none, in order.
fn sorted(values: &[Value]) -> impl Iterator<Item = (String, &Value)> {
    let by_key: BTreeMap<(String, usize), &Value> =
        values.iter().enumerate().map(|(place, value)| ((sorting_key(value), place), value)).collect();
    by_key.into_iter().map(|((key, _), value)| (key, value))
}

fn sorting_key(value: &Value) -> String {
    let json_name = ["instanceId", "name"].iter().find_map(|name| value.get(name)?.as_str());
    let xml_name = || {
        let (element, children) = value.as_object()?.iter().next()?;
        let first = children.get(0)?.as_object()?.iter().next();
        // An application or an instance by its name or id, anything else by its element's name.
        let name = first.filter(|(name, _)| ["instanceId", "name"].contains(&name.as_str()))?.1.get(0)?;
        Some(format!("{element} {name}"))
    };
    let element = || Some(value.as_object()?.keys().next()?.clone());
    json_name.map(ToOwned::to_owned).or_else(xml_name).or_else(element).unwrap_or_default()
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Two times of servers' clocks, in the same notation and not far apart.
fn both_times(at: &str, recorded: &Value, is: &Value) -> bool {
    if recorded.is_string() != is.is_string() {
        return false;
    }
    if at.ends_with("/timestamp") || at.contains("timestamp[") {
        let is_iso = |value: &Value| value.as_str().is_some_and(|text| text.len() == 29 && text.starts_with("2026-"));
        return is_iso(recorded) && is_iso(is);
    }
    match (number(recorded), number(is)) {
        (Some(recorded), Some(is)) => {
            recorded >= SERVER_TIMES_MS && is >= SERVER_TIMES_MS && (recorded - is).abs() <= TIME_TOLERANCE_MS
        }
        _ => false,
    }
}
