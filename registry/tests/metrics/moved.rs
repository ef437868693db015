//! Which counters an operation moved.

use std::collections::BTreeMap;

use super::rig::Rig;
use super::scrape;

pub(super) const JSON: &[(&str, &str)] = &[("Accept", "application/json"), ("Content-Type", "application/json")];
pub(super) const REPLICA: &[(&str, &str)] = &[
    ("Accept", "application/json"),
    ("Content-Type", "application/json"),
    ("x-netflix-discovery-replication", "true"),
];

/// Counters that moved, by how much.
pub(super) type Moved = BTreeMap<String, f64>;

pub(super) async fn counters(rig: &Rig) -> Moved {
    let samples = scrape(rig).await.samples;
    let is_counter = |series: &str| series.split('{').next().unwrap().ends_with("_total");
    let is_count = |series: &str| series.split('{').next().unwrap().ends_with("_count");
    samples
        .into_iter()
        // Bytes are looked at apart; the scrapes themselves are not the operation.
        .filter(|(series, _)| (is_counter(series) || is_count(series)) && !series.starts_with("process_"))
        .filter(|(series, _)| !series.contains("fetch_bytes") && !series.contains("route=\"metrics\""))
        .map(|(series, value)| (series.strip_prefix("eurus_registry_").unwrap().to_owned(), value))
        .collect()
}

pub(super) async fn moved(rig: &Rig, before: &Moved) -> Moved {
    let mut after = counters(rig).await;
    for (series, value) in before {
        *after.get_mut(series).unwrap_or_else(|| panic!("{series} is gone")) -= value;
    }
    after.retain(|_, by| *by != 0.0);
    after
}

/// Sends, and compares status and every counter that moved: `series by`, one by default.
pub(super) async fn expect(rig: &Rig, request: (&str, &str, &[(&str, &str)], &str), status: u16, expected: &[&str]) {
    let (method, path, headers, body) = request;
    let before = counters(rig).await;
    let answer = rig.send(method, path, headers, body).await;
    assert_eq!(answer.status, status, "{method} {path}: {}", String::from_utf8_lossy(&answer.body));
    check(&moved(rig, &before).await, expected, &format!("{method} {path} {body}"));
}

pub(super) fn check(moved: &Moved, expected: &[&str], what: &str) {
    let expected: Moved = expected
        .iter()
        .map(|one| one.rsplit_once(' ').map_or((*one, 1.0), |(series, by)| (series, by.parse().unwrap())))
        .map(|(series, by)| (series.to_owned(), by))
        .collect();
    assert_eq!(*moved, expected, "{what}");
}

pub(super) fn request(route: &str, method: &str, class: &str) -> String {
    format!(r#"request_duration_seconds_count{{route="{route}",method="{method}",status="{class}"}}"#)
}

pub(super) fn registered(outcome: &str, origin: &str) -> String {
    format!(r#"registrations_total{{outcome="{outcome}",origin="{origin}"}}"#)
}

pub(super) fn refused(status: &str) -> String {
    format!(r#"refused_requests_total{{status="{status}"}}"#)
}
