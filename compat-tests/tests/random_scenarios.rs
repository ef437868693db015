//! A slice of the random scenarios, and that they find what a safeguard keeps from happening. The long run is a command:
//! `eurus harness random` (docs/harness.md).

#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use compat_tests::harness::Scenario;
use compat_tests::harness::random::hunt::{Found, Plan, hunt};

/// Enough to come below ten steps; the command goes on to rounder moments.
const SHRINK_RUNS: usize = 12;

fn plan(from: u64, seeds: u64, overrides: &[&str]) -> Plan {
    Plan {
        from,
        seeds,
        overrides: overrides.iter().map(|one| one.parse().unwrap()).collect(),
        findings_max: 1,
        for_ms: None,
        at_once: 2,
        shrink_runs: SHRINK_RUNS,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slice_of_seeds_finds_nothing() {
    let summary = hunt(&plan(1, 6, &[]), &mut ()).await;
    let found: Vec<String> = summary.found.iter().map(Found::file).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(summary.seeds, 6);
}

/// Found within 50 seeds, shrunk to ten steps or fewer, and written as a file that says so. `from`: what finds nothing
/// before that only takes time.
async fn finds(from: u64, overrides: &[&str]) -> Scenario {
    let summary = hunt(&plan(from, 50, overrides), &mut ()).await;
    let found = summary.found.first().unwrap_or_else(|| panic!("{overrides:?}: nothing found in 50 seeds"));
    assert!(found.is_found_again, "{found:?}");
    assert_eq!(found.finding.title(), "the rule 'offline' is broken", "{found:?}");
    assert!(found.scenario.steps.len() <= 10, "{}", found.file());
    let read = Scenario::parse(&found.scenario.file, &found.file()).unwrap();
    assert_eq!(read, found.scenario);
    read
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_without_the_fetch_listener_is_found() {
    let scenario = finds(2, &["gateways:eurus.gateway.fetch-listener.enabled=false"]).await;
    let off = ("eurus.gateway.fetch-listener.enabled".to_owned(), "false".to_owned());
    assert!(scenario.gateways.iter().all(|part| part.settings.contains(&off)), "{scenario:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_window_shorter_than_the_caches_lag_is_found() {
    let plain = "gateways:eurus.gateway.down-service-cache.mode=plain";
    finds(2, &[plain, "gateways:eurus.gateway.down-service-cache.window-ms=5000"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_notification_is_found() {
    let about = "node: sync-speed-1, point: gateway-call, about: gateway-1";
    let fails = format!("{{at: 95s, fault: {{{about}, do: fail}}}}");
    // Tried again, it is left out and taken for done.
    let is_lost = format!("{{at: 95s, fault: {{{about}, do: skip, from: 2}}}}");
    finds(10, &[&fails, &is_lost]).await;
}
