use super::*;

const GOOD: &str = "
name: one
length: 60s
registries:
  registry-1: {settings: {eureka: {server: {eviction-interval-timer-in-ms: 1000}}}}
  registry-2: {start: 1s, clock-ahead: 90s}
gateways:
  gateway-1: {registries: [registry-2, registry-1]}
sync-speeds:
  sync-speed-1: {registries: [registry-1]}
callers:
  ribbon-1: {refresh: 5s}
producers:
  java-service: {count: 2, registries: [registry-1]}
  late: {registries: [registry-1], start: by-step, ip: 127.0.0.9, name: java-service, heartbeat: never, clock-behind: 5s}
load:
  - {app: java-service, through: ribbon-1, per-second: 2}
  - {app: java-service}
steps:
  - {at: 10s, name: taken, offline: java-service-1}
  - {at: 20s, delay: {link: gateway-1 -> registry-2, by: 3s}}
  - {at: 21s, freeze: {node: registry-1, layer: read-only}}
expect:
  - sees: {node: gateway-1, layer: routable, instance: java-service-1, is: absent, after: taken, by: 1s}
  - failed: {is: 0}
  - violation: converged
";

fn wrong(from: &str, to: &str) -> String {
    let source = GOOD.replacen(from, to, 1);
    assert_ne!(source, GOOD, "{from} is not in it");
    Scenario::parse("x.yaml", &source).expect_err(to).to_string()
}

#[test]
fn everything_is_read() {
    let scenario = Scenario::parse("x.yaml", GOOD).unwrap();
    let setting = ("eureka.server.eviction-interval-timer-in-ms".to_owned(), "1000".to_owned());
    assert_eq!(scenario.registries[0].settings, [setting]);
    assert_eq!(scenario.registries[1].ahead_ms, 90_000);
    assert_eq!(scenario.gateways[0].registries, ["registry-2", "registry-1"]);
    let names: Vec<&str> = scenario.producers.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["java-service-1", "java-service-2", "late-1"]);
    let late = &scenario.producers[2];
    assert_eq!((late.app.as_str(), late.start_ms, late.heartbeat_ms), ("java-service", None, None));
    assert_eq!((late.ip.to_string().as_str(), late.ahead_ms), ("127.0.0.9", -5_000));
    assert_eq!(scenario.producers[1].ip.to_string(), "127.0.0.3");
    assert_eq!(scenario.loads[0].through, Through::Caller("ribbon-1".to_owned()));
    assert_eq!(scenario.loads[1].through, Through::Gateway("gateway-1".to_owned()));
    assert_eq!(
        scenario.steps[0].action,
        Action::Offline("java-service-1".to_owned(), "sync-speed-1".to_owned(), How::default())
    );
    assert_eq!(scenario.steps[1].name, "delay gateway-1 -> registry-2 by 3000 ms");
    assert_eq!((scenario.steps.len(), scenario.expectations.len()), (3, 3));
}

/// What is written instead, and what the complaint says: file, line, key, what is allowed.
#[test]
fn what_is_wrong_is_pointed_at() {
    for (from, to, expected) in [
        ("length: 60s", "lenght: 60s", "x.yaml:3: lenght: no such key (allowed: name, about, time, start, length,"),
        ("length: 60s", "length: 60", "x.yaml:3: length: a number is not a duration, as 90s, 1m30s, 1h or 500ms"),
        ("length: 60s", "length: 19s", "x.yaml:21: steps[1]: 20 s lies after the end, which is at 19 s"),
        ("length: 60s", "length: 25h", "x.yaml:3: length: more than 24h"),
        ("length: 60s\n", "", "x.yaml:2: the key 'length' is missing"),
        (
            "{registries: [registry-2,",
            "{registries: [registry-3,",
            "x.yaml:8: gateways.gateway-1.registries[0]: there is no registry 'registry-3' (known: registry-1, registry-2)",
        ),
        ("{registries: [registry-2, registry-1]}", "{}", "x.yaml:8: gateways.gateway-1: registries: say which"),
        ("  gateway-1:", "  registry-1:", "x.yaml:8: gateways.registry-1: the name registry-1 is taken"),
        (
            "count: 2,",
            "count: 0,",
            "x.yaml:14: producers.java-service.count: a number is not a whole number from 1 to 200",
        ),
        ("ip: 127.0.0.9", "ip: 10.0.0.9", "x.yaml:15: producers.late.ip: not a loopback address"),
        (
            "clock-ahead: 90s",
            "clock-ahead: 90s, clock-behind: 1s",
            "clock-behind: a clock is ahead or behind, not both",
        ),
        ("offline: java", "ofline: java", "x.yaml:20: steps[0].ofline: no such key (allowed: at, name, start, crash,"),
        (
            "offline: java-service-1",
            "offline: java-service-1, crash: late-1",
            "x.yaml:20: steps[0]: a step does exactly one",
        ),
        (
            "offline: java-service-1",
            "offline: java-service-9",
            "there is no instance 'java-service-9' (known: java-service-1,",
        ),
        ("gateway-1 -> registry-2", "gateway-1 -> registry-3", "steps[1].delay.link: there is no link"),
        ("layer: read-only", "layer: store", "steps[2].freeze.layer: freeze is not possible there: it is no cache"),
        ("layer: read-only", "layer: cellar", "'cellar' is not one of: store, read-write, read-only, client-copy,"),
        ("is: absent", "is: gone", "expect[0].sees.is: 'gone' is not one of: UP, DOWN,"),
        ("after: taken", "after: given", "expect[0].sees.after: there is no named step 'given' (known: taken)"),
        ("by: 1s", "by: 1s, from: 2s", "expect[0].sees.by: it lies before 'from'"),
        ("failed: {is: 0}", "failed: {}", "expect[1].failed: say how many: 'is' or 'at-least'"),
        ("violation: converged", "violation: divergence", "'divergence' is not one of: offline, kept, registered,"),
        (
            "violation: converged",
            "violated: converged",
            "expect[2].violated: no such key (allowed: sees, never, always,",
        ),
        (
            "node: registry-1, layer: read-only",
            "node: gateway-1, layer: read-only",
            "freeze.node: read-only is a registry's layer, and gateway-1 is a gateway",
        ),
        (
            "through: ribbon-1",
            "through: ribbon-2",
            "load[0].through: there is no gateway or caller 'ribbon-2' (known: gateway-1, ribbon-1)",
        ),
        (
            "failed: {is: 0}",
            "failed: {is: 0, through: x}",
            "expect[1].failed.through: there is no gateway or caller 'x'",
        ),
        ("by: 1s", "by: 171s", "x.yaml:24: expect[0]: 'by' is at 181 s, and the end at 180 s"),
        ("name: one", "name: [", "x.yaml: "),
        ("name: one", "name: one\nname: two", "x.yaml: "),
    ] {
        let words = wrong(from, to);
        assert!(words.starts_with("x.yaml") && words.contains(expected), "{to}\n  says {words}\n  not  {expected}");
    }
}

#[test]
fn only_an_order_is_answered() {
    let source = |step: &str| {
        let named = GOOD.replace("{at: 20s, delay", "{at: 20s, name: later, delay");
        named.replace("failed: {is: 0}", &format!("answer: {{step: {step}, is: done}}"))
    };
    assert!(Scenario::parse("x.yaml", &source("taken")).is_ok());
    let words = Scenario::parse("x.yaml", &source("later")).unwrap_err().to_string();
    assert!(words.starts_with("x.yaml:25: expect[1]: the step 'later' is answered by nobody ("), "{words}");
}

#[test]
fn a_key_that_is_there_twice_is_said_in_words_of_the_file() {
    let words = wrong("name: one", "name: one\nname: two");
    assert!(words.contains("duplicate mapping key: name") && !words.contains("Options"), "{words}");
}

#[test]
fn a_scenario_expects_something_of_something() {
    let words = |source| Scenario::parse("x.yaml", source).unwrap_err().to_string();
    assert!(words("name: x\nlength: 1s\n").contains("there is no registry"));
    assert!(words("name: x\nlength: 1s\nregistries: {r: {}}\n").contains("nothing is expected"));
    assert!(words("- 1\n").contains("a list is not a map"));
}

/// Who reads the page must find everything there.
#[test]
#[allow(clippy::disallowed_methods)] // Reading a file is all that happens here.
fn the_page_describes_every_word() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/harness.md")).unwrap();
    let layers = super::super::layer::Layer::ALL.map(super::super::layer::Layer::name);
    let rules = super::super::checker::Rule::ALL.map(super::super::checker::Rule::name);
    let others =
        ["sees", "never", "always", "failed", "begun", "answer", "violation", "count", "ip", "heartbeat", "lease"];
    let parts =
        ["settings", "clock-ahead", "clock-behind", "refresh", "per-second", "through", "until", "by-step", "force"];
    let words = [KEYS, &step::KEYS, &layers, &rules, &others, &parts].concat();
    let is_missing = |word: &&&str| !page.split(|c: char| !(c.is_alphanumeric() || c == '-')).any(|one| one == **word);
    let missing: Vec<&&str> = words.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "docs/harness.md does not speak of {missing:?}");
}

/// Who looks for a scenario must find it on the page, and what the page names must be there.
#[test]
#[allow(clippy::disallowed_methods)] // Reading files is all that happens here.
fn the_page_lists_the_catalogue() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/harness.md")).unwrap();
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().into_owned();
    let mut files: Vec<String> = folder.map(name).map(|name| name.replace(".yaml", "")).collect();
    let table = page.split_once("## The catalogue").unwrap().1.split_once("## What is checked").unwrap().0;
    let listed = table.split('`').skip(1).step_by(2).filter(|name| !name.contains('/')).map(ToOwned::to_owned);
    let mut listed: Vec<String> = listed.collect();
    files.sort();
    listed.sort();
    assert_eq!(listed, files);
}
