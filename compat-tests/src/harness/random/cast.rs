//! Who is there: nodes, instances, loads, with random legal settings. Nothing happens to them yet.

use std::net::Ipv4Addr;

use super::super::scenario::{LoadPart, NodePart, ProducerPart, Program, Scenario, Through, Time, links_between};
use super::dice::Dice;

/// Everybody has started by then.
const STARTED_MS: i64 = 30_000;
/// Loads begin when every gateway has fetched everybody.
const LOAD_FROM_MS: i64 = 61_000;
const REST_MS: i64 = 120_000;
const APPS: [&str; 3] = ["shop", "cart", "mail"];
/// Its clock is wrong by one of these.
const WRONG_BY_MS: [i64; 4] = [-600_000, -5_000, 700, 300_000];

/// Of a seed, with nodes and instances only.
pub(super) fn scenario(seed: u64, dice: &mut Dice) -> Scenario {
    let registries: Vec<NodePart> = (1..=if dice.percent(12) { 2 } else { 1 }).map(|n| registry(n, dice)).collect();
    let mut producers: Vec<ProducerPart> = Vec::new();
    for (place, app) in APPS.iter().enumerate().take(dice.count(1, 3)) {
        let known = registry_of(place == 0, &registries, dice);
        producers.extend(instances(app, known, producers.len(), dice));
    }
    // A gateway follows a registry at which there is somebody.
    let in_use: Vec<NodePart> = registries
        .iter()
        .filter(|part| producers.iter().any(|producer| producer.registries.contains(&part.name)))
        .cloned()
        .collect();
    let mut gateways: Vec<NodePart> = Vec::new();
    for number in 1..=dice.count(1, 3) {
        let known = registry_of(number == 1, &in_use, dice);
        gateways.push(gateway(number, known, dice));
    }
    let mut sync_speeds = Vec::new();
    if dice.percent(90) {
        let mut part = node("sync-speed-1", dice.between(0, STARTED_MS), dice);
        part.registries = vec![registries[0].name.clone()];
        sync_speeds.push(part);
    }
    if dice.percent(20) {
        producers.push(newcomer(&producers[0]));
    }
    let loads = loads(&gateways, &producers, dice);
    Scenario {
        file: file_name(seed),
        name: format!("Seed {seed}"),
        about: String::new(),
        start_ms: 0,
        length_ms: 0,
        rest_ms: REST_MS,
        time: Time::Virtual,
        links: links_between(&gateways, &sync_speeds),
        registries,
        gateways,
        sync_speeds,
        callers: Vec::new(),
        producers,
        loads,
        steps: Vec::new(),
        expectations: Vec::new(),
    }
}

/// What a seed's scenario is written to.
pub(super) fn file_name(seed: u64) -> String {
    format!("seed-{seed}.yaml")
}

fn registry_of(is_first: bool, registries: &[NodePart], dice: &mut Dice) -> String {
    let known = if is_first { registries.first() } else { dice.pick(registries) };
    known.map(|one| one.name.clone()).unwrap_or_default()
}

fn node(name: &str, start_ms: i64, dice: &mut Dice) -> NodePart {
    let ahead_ms = if dice.percent(10) { dice.one_of(WRONG_BY_MS) } else { 0 };
    NodePart {
        name: name.to_owned(),
        program: Program::Inside,
        start_ms,
        ahead_ms,
        registries: Vec::new(),
        settings: Vec::new(),
    }
}

fn registry(number: usize, dice: &mut Dice) -> NodePart {
    let mut part = node(&format!("registry-{number}"), 0, dice);
    let mut set = |chance, key: &str, value: &str| {
        if dice.percent(chance) {
            part.settings.push((key.to_owned(), value.to_owned()));
        }
    };
    set(6, "eureka.server.use-read-only-response-cache", "false");
    set(10, "eureka.server.response-cache-update-interval-ms", "10000");
    set(15, "eureka.server.enable-self-preservation", "false");
    set(15, "eurus.registry.lease-duration", "exact");
    set(15, "eureka.server.eviction-interval-timer-in-ms", "10000");
    part
}

fn gateway(number: usize, registry: String, dice: &mut Dice) -> NodePart {
    let start_ms = dice.between(0, STARTED_MS);
    let mut part = node(&format!("gateway-{number}"), start_ms, dice);
    part.registries = vec![registry];
    if dice.percent(20) {
        let seconds = dice.one_of(["1", "5", "17"]);
        part.settings.push(("eureka.client.registry-fetch-interval-seconds".to_owned(), seconds.to_owned()));
    }
    if dice.percent(15) {
        part.settings.push(("eureka.client.disable-delta".to_owned(), "true".to_owned()));
    }
    part
}

fn instances(app: &str, registry: String, known: usize, dice: &mut Dice) -> Vec<ProducerPart> {
    let first = ProducerPart {
        name: String::new(),
        app: app.to_owned(),
        ip: Ipv4Addr::LOCALHOST,
        start_ms: Some(if dice.percent(50) { 0 } else { dice.between(0, STARTED_MS) }),
        heartbeat_ms: Some(if dice.percent(80) { 30_000 } else { 10_000 }),
        lease_ms: if dice.percent(85) { 90_000 } else { 45_000 },
        ahead_ms: if dice.percent(10) { dice.one_of(WRONG_BY_MS) } else { 0 },
        registries: vec![registry],
    };
    let part = |number: usize| ProducerPart {
        name: format!("{app}-{number}"),
        ip: Ipv4Addr::new(127, 0, 0, u8::try_from(known + number + 1).unwrap_or(u8::MAX)),
        ..first.clone()
    };
    (1..=dice.count(1, 4)).map(part).collect()
}

/// Another instance on an address that was somebody's: it starts by a step.
fn newcomer(before: &ProducerPart) -> ProducerPart {
    ProducerPart { name: "newcomer-1".to_owned(), start_ms: None, ..before.clone() }
}

/// Through every gateway, to an application that it can know.
fn loads(gateways: &[NodePart], producers: &[ProducerPart], dice: &mut Dice) -> Vec<LoadPart> {
    let mut loads = Vec::new();
    for gateway in gateways {
        let mut apps: Vec<&str> = producers
            .iter()
            .filter(|producer| producer.registries == gateway.registries)
            .map(|producer| producer.app.as_str())
            .collect();
        apps.dedup();
        if let Some(app) = dice.pick(&apps) {
            loads.push(LoadPart {
                app: (*app).to_owned(),
                through: Through::Gateway(gateway.name.clone()),
                per_second: dice.count(1, 3),
                from_ms: LOAD_FROM_MS + dice.between(0, 10_000),
                until_ms: None,
            });
        }
    }
    loads
}
