use super::*;

const GOOD: &str = "
name: one
time: real
length: 10s
registries:
  registry-1: {program: java, settings: {eureka.server.response-cache-update-interval-ms: 2000}}
  registry-2: {program: eurus}
  registry-3: {}
gateways:
  gateway-1: {program: java, registries: [registry-1]}
  gateway-2: {program: eurus, registries: [registry-2]}
callers:
  ribbon-1: {gateway: gateway-1}
  ribbon-2: {gateway: gateway-2}
producers:
  shop: {registries: [registry-1]}
load:
  - {app: shop, through: gateway-2}
steps:
  - {at: 1s, pause: registry-1}
  - {at: 2s, kill: gateway-2}
  - {at: 3s, freeze: {node: registry-3, layer: read-only}}
  - {at: 4s, freeze: {node: ribbon-2, layer: server-list}}
expect:
  - sees: {node: registry-1, layer: read-write, instance: shop-1, is: UP}
";

#[test]
fn programs_are_read() {
    let scenario = Scenario::parse("x.yaml", GOOD).unwrap();
    assert_eq!((scenario.time, scenario.rest_ms), (Time::Real, 0));
    let programs: Vec<Program> = scenario.services().map(|part| part.program).collect();
    use Program::{Eurus, Inside, Java};
    assert_eq!(programs, [Java, Eurus, Inside, Java, Eurus]);
    assert!(scenario.is_ribbon("ribbon-1") && !scenario.is_ribbon("ribbon-2"));
    // The slowest, so that all of them tick when it begins.
    assert_eq!(scenario.tick_ms(), 30_000);
    assert_eq!(scenario.registries[0].interval_ms("response-cache-update-interval-ms", 30_000), 2_000);
    assert_eq!(scenario.registries[1].interval_ms("eviction-interval-timer-in-ms", 60_000), 60_000);
}

/// What is written instead, and what the complaint says.
#[test]
fn what_does_not_go_together_is_said() {
    for (from, to, expected) in [
        (
            "time: real",
            "time: virtual",
            "x.yaml:6: registries.registry-1: a 'program' of its own keeps its own time: write 'time: real'",
        ),
        ("time: real", "time: soon", "time: 'soon'"),
        ("program: java", "program: perl", "program: 'perl'"),
        (
            "pause: registry-1",
            "pause: registry-3",
            "x.yaml:20: steps[0]: pause registry-3: registry-3 is no process of its own: give it 'program: eurus'",
        ),
        ("kill: gateway-2", "clear-faults: gateway-2", "gateway-2 is a process of its own: nobody reaches into it"),
        ("node: registry-3", "node: registry-2", "registry-2 is a process of its own: nobody reaches into it"),
        ("node: ribbon-2", "node: ribbon-1", "ribbon-1 is a Ribbon balancer in Java"),
        ("through: gateway-2", "through: gateway-1", "gateway-1 is a Java client and forwards nothing"),
        ("node: registry-1, layer: read-write", "node: registry-2, layer: read-write", "cannot be seen from outside"),
        ("node: registry-1, layer: read-write", "node: gateway-1, layer: routable", "cannot be seen from outside"),
    ] {
        let source = GOOD.replacen(from, to, 1);
        assert_ne!(source, GOOD, "{from} is not in it");
        let words = Scenario::parse("x.yaml", &source).expect_err(to).to_string();
        assert!(words.contains(expected), "{to}: {words}");
        assert!(words.starts_with("x.yaml:"), "{words}");
    }
}
