//! What runs.

use std::net::Ipv4Addr;

use super::super::super::duration::span;
use super::super::parts::{CallerPart, FIRST_HOST, LoadPart, NodePart, ProducerPart, Through};
use super::super::program::Program;
use super::flow::{list, map, setting, text};

/// What stands in a file where nothing is said.
const HEARTBEAT_MS: i64 = 30_000;
const LEASE_MS: i64 = 90_000;

/// `only`: the one registry there is, which everybody knows who does not say otherwise.
pub(super) fn node(part: &NodePart, only: Option<&str>) -> (String, String) {
    let settings: Vec<(&str, Option<String>)> =
        part.settings.iter().map(|(key, value)| (key.as_str(), Some(setting(value)))).collect();
    let what = map(&[
        ("start", (part.start_ms != 0).then(|| span(part.start_ms))),
        ("program", program(part.program)),
        ("clock-ahead", ahead(part.ahead_ms)),
        ("clock-behind", ahead(-part.ahead_ms)),
        ("registries", registries(&part.registries, only)),
        ("settings", (!settings.is_empty()).then(|| map(&settings))),
    ]);
    (part.name.clone(), what)
}

pub(super) fn caller(part: &CallerPart) -> (String, String) {
    let what = map(&[
        ("start", Some(span(part.start_ms))),
        ("gateway", Some(text(&part.gateway))),
        ("refresh", Some(span(part.refresh_ms))),
    ]);
    (part.name.clone(), what)
}

pub(super) fn load(part: &LoadPart) -> String {
    let (Through::Gateway(through) | Through::Caller(through)) = &part.through;
    map(&[
        ("app", Some(text(&part.app))),
        ("through", Some(text(through))),
        ("per-second", Some(part.per_second.to_string())),
        ("from", Some(span(part.from_ms))),
        ("until", part.until_ms.map(span)),
    ])
}

/// Instances that differ by their number only are one group.
pub(super) fn producers(all: &[ProducerPart], only: Option<&str>) -> Vec<(String, String)> {
    let mut groups = Vec::new();
    let mut begin = 0;
    while begin < all.len() {
        let end = end_of_group(all, begin);
        groups.push(producer(&all[begin], end - begin, begin, only));
        begin = end;
    }
    groups
}

fn producer(first: &ProducerPart, count: usize, place: usize, only: Option<&str>) -> (String, String) {
    let key = key_of(first).to_owned();
    let by_default =
        Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 0, 0, 0)) + u32::try_from(place + FIRST_HOST).unwrap_or(0));
    let what = map(&[
        ("count", (count > 1).then(|| count.to_string())),
        ("name", (first.app != key).then(|| text(&first.app))),
        // Quoted: nobody takes it for a number.
        ("ip", (first.ip != by_default).then(|| text(&first.ip.to_string()))),
        ("start", first.start_ms.map_or(Some("by-step".to_owned()), |ms| (ms != 0).then(|| span(ms)))),
        ("heartbeat", first.heartbeat_ms.map_or(Some("never".to_owned()), |ms| (ms != HEARTBEAT_MS).then(|| span(ms)))),
        ("lease", (first.lease_ms != LEASE_MS).then(|| span(first.lease_ms))),
        ("clock-ahead", ahead(first.ahead_ms)),
        ("clock-behind", ahead(-first.ahead_ms)),
        ("registries", registries(&first.registries, only)),
    ]);
    (key, what)
}

/// Up to where the parts from `begin` on can be written as one.
fn end_of_group(all: &[ProducerPart], begin: usize) -> usize {
    let first = &all[begin];
    let follows = |offset: &usize| {
        let number = u32::try_from(*offset).unwrap_or(0);
        let expected = ProducerPart {
            name: format!("{}-{}", key_of(first), offset + 1),
            ip: Ipv4Addr::from(u32::from(first.ip) + number),
            ..first.clone()
        };
        all.get(begin + offset) == Some(&expected)
    };
    begin + 1 + (1..).take_while(follows).count()
}

/// `shop` of `shop-1`.
fn key_of(part: &ProducerPart) -> &str {
    part.name.rsplit_once('-').map_or(part.name.as_str(), |(key, _)| key)
}

fn program(program: Program) -> Option<String> {
    Program::WORDS.into_iter().find(|(_, known)| *known == program).map(|(word, _)| word.to_owned())
}

fn ahead(ms: i64) -> Option<String> {
    (ms > 0).then(|| span(ms))
}

fn registries(known: &[String], only: Option<&str>) -> Option<String> {
    let is_plain = known.is_empty() || matches!(known, [one] if Some(one.as_str()) == only);
    (!is_plain).then(|| list(known))
}
