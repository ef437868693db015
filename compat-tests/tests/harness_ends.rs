//! What is checked at the end of a run of nodes that do not run then, or that fetch seldom.
#![allow(clippy::unwrap_used)] // A helper of tests.

use std::path::PathBuf;

use compat_tests::harness::checker::Rule;
use compat_tests::harness::report::line::{self, Colours};
use compat_tests::harness::{Outcome, Programs, Scenario, run_with};

async fn outcome_of(source: &str) -> Outcome {
    let node = PathBuf::from(env!("CARGO_BIN_EXE_harness-node"));
    let programs = Programs { eurus: Some((node, Vec::new())), ..Programs::default() };
    let outcome = run_with(Scenario::parse("x.yaml", source).unwrap(), programs).await;
    assert_eq!(outcome.failure, None);
    outcome
}

fn scenario(gateway: &str, steps: &str) -> String {
    format!(
        "
name: x
length: 8m
rest: 0s
registries: {{registry-1: {{}}}}
gateways: {{gateway-1: {{start: 5s, settings: {{{gateway}}}}}}}
producers: {{shop: {{count: 2}}}}
steps: [{steps}]
expect: []
"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_run_at_the_end_is_not_compared() {
    for (gateway, steps, not_checked) in [
        ("", "{at: 5m, stop: gateway-1}", vec!["not checked: 'converged': gateway-1 does not run"]),
        ("", "{at: 5m, stop: registry-1}", vec!["not checked: 'converged': registry-1 does not run"]),
        // Fetches at 5 s and 305 s: at 8 minutes it knows nothing of what happened at 310 s, as it may.
        ("eureka.client.registry-fetch-interval-seconds: 300", "{at: 310s, shutdown: shop-1}", vec![]),
    ] {
        let outcome = outcome_of(&scenario(gateway, steps)).await;
        assert_eq!(outcome.violations, [], "{steps}");
        assert_eq!(outcome.not_checked(), not_checked, "{steps}");
    }
}

/// Where lists are fetched each second, a gateway that stands where it stood 20 s ago is found, also in a short run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_intervals_are_held_to() {
    let source = scenario(
        "eureka.client.registry-fetch-interval-seconds: 1",
        "{at: 20s, freeze: {node: gateway-1, layer: client-copy}}, {at: 30s, shutdown: shop-1}",
    );
    let source = source.replace("length: 8m", "length: 50s").replace(
        "{registry-1: {}}",
        "{registry-1: {settings: {eureka.server.response-cache-update-interval-ms: 1000}}}",
    );
    let outcome = outcome_of(&source).await;
    let rules: Vec<Rule> = outcome.violations.iter().map(|violation| violation.rule).collect();
    assert_eq!(rules, [Rule::Converged], "{:?}", outcome.violations);
}

/// Its sockets are open, and it answers nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_speed_that_stands_still_at_the_end_is_not_asked() {
    let source = "
name: x
time: real
length: 6s
registries: {registry-1: {settings: {eureka.server.response-cache-update-interval-ms: 500}}}
gateways: {gateway-1: {start: 1s}}
sync-speeds:
  sync-speed-1: {program: eurus, start: 2500ms, settings: {eureka.client.registry-fetch-interval-seconds: 1}}
producers: {shop: {count: 2}}
steps:
  - {at: 3s500ms, cut: sync-speed -> gateway-1}
  - {at: 4s, name: order, offline: shop-1}
  - {at: 5s, pause: sync-speed-1}
expect:
  - answer: {step: order, is: partial}
";
    let outcome = outcome_of(source).await;
    assert!(outcome.is_passed(), "{:?}", outcome.verdicts);
    assert_eq!(outcome.not_checked(), ["not checked: 'journal': sync-speed-1 does not run"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_cannot_be_done_is_said_with_its_moment() {
    let outcome =
        run_with(Scenario::parse("x.yaml", &scenario("", "{at: 95s, run: gateway-1}")).unwrap(), Programs::default())
            .await;
    assert_eq!(outcome.failure.as_deref(), Some("the step 'run gateway-1' at 95 s: gateway-1 runs already"));
    let words = line::of(&outcome, Colours::Off);
    assert!(words.starts_with("FAILED x: it broke off (after 95 s of virtual time in "), "{words}");
}
