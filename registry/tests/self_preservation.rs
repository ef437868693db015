//! Self-preservation over HTTP on a manual clock: what users complain of in Netflix's mode, and that the per-app mode
//! cures it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use std::collections::BTreeSet;

use eurus_registry::SelfPreservationMode::{Netflix, PerApp};
use eurus_registry::{LeaseDuration, RegistryConfig, SelfPreservationMode};
use serde_json::json;

use rig::Rig;

const BEAT_MS: i64 = 30_000;
const MINUTE_MS: i64 = 60_000;
/// From the last heartbeat to the end of a lease on the usual 30 and 90 seconds, and the eviction run after it.
const GONE_AFTER_MS: i64 = 180_000 + MINUTE_MS;

type Names = BTreeSet<String>;

/// A registry and those that renew.
struct Fleet {
    rig: Rig,
    alive: Names,
}

impl Fleet {
    async fn start(mode: SelfPreservationMode) -> Self {
        let config =
            RegistryConfig { self_preservation: mode, use_read_only_response_cache: false, ..RegistryConfig::stock() };
        Self { rig: Rig::start(config, 1_800_000_000_000).await, alive: Names::new() }
    }

    /// Registers `APP/id`, which renews from now on.
    async fn join(&mut self, name: &str) {
        let (app, id) = name.split_once('/').unwrap();
        assert_eq!(self.rig.register(app, id, json!({})).await.status, 204);
        self.alive.insert(name.to_owned());
    }

    async fn join_all(&mut self, app: &str, count: usize) {
        for number in 0..count {
            self.join(&format!("{app}/{number}")).await;
        }
    }

    /// From now on these are not heard of.
    fn silence(&mut self, names: &Names) {
        self.alive.retain(|name| !names.contains(name));
    }

    /// Time passes and those that are alive renew.
    async fn pass(&self, ms: i64) {
        for _ in 0..ms / BEAT_MS {
            self.rig.advance_ms(BEAT_MS).await;
            for name in &self.alive {
                assert_eq!(self.rig.put(&format!("/eureka/apps/{name}")).await.status, 200, "{name} renews");
            }
        }
    }

    async fn listed(&self) -> Names {
        let list = self.rig.get("/eureka/apps").await.json();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        rig::instances(&list["applications"]["application"])
            .map(|one| text(&one["app"]) + "/" + &text(&one["instanceId"]))
            .collect()
    }

    async fn page(&self) -> String {
        self.rig.get("/").await.text()
    }
}

fn names(app: &str, numbers: std::ops::Range<usize>) -> Names {
    numbers.map(|number| format!("{app}/{number}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_killed_in_a_loop_leaves_nothing_behind() {
    for (mode, left) in [(Netflix, 10), (PerApp, 1)] {
        let mut fleet = Fleet::start(mode).await;
        for round in 0..10 {
            fleet.alive.clear();
            fleet.join(&format!("CRASHING/{round}")).await;
            fleet.pass(MINUTE_MS).await;
        }
        fleet.pass(30 * MINUTE_MS).await;
        let listed = fleet.listed().await;
        assert_eq!(listed.len(), left, "{mode}");
        assert!(listed.contains("CRASHING/9"));
        fleet.rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_applications_partition_does_not_hold_up_the_others() {
    for mode in [Netflix, PerApp] {
        let mut fleet = Fleet::start(mode).await;
        fleet.join_all("FAR", 8).await;
        for app in ["NEAR", "OTHER", "THIRD"] {
            fleet.join_all(app, 3).await;
        }
        fleet.pass(2 * MINUTE_MS).await;
        let all = fleet.listed().await;
        let partitioned = names("FAR", 0..6);
        fleet.silence(&partitioned);
        fleet.silence(&names("NEAR", 0..1));
        fleet.pass(GONE_AFTER_MS).await;
        let expected = match mode {
            PerApp => all.iter().filter(|name| *name != "NEAR/0").cloned().collect(),
            _ => all.clone(),
        };
        assert_eq!(fleet.listed().await, expected, "{mode}");
        let single = fleet.rig.instance("FAR", "0").await;
        assert!(single.is_some(), "{mode}: a kept lease is shown by single reads too");
        if mode == PerApp {
            assert!(fleet.page().await.contains("6 of 16 leases are over, 6 of them kept"), "{}", fleet.page().await);
            assert!(fleet.rig.instance("NEAR", "0").await.is_none());
        }
        // The partition heals: nobody has to register again.
        fleet.alive.extend(partitioned);
        fleet.pass(2 * MINUTE_MS).await;
        assert_eq!(fleet.listed().await.len(), 16, "{mode}: the dead one ends now at the latest");
        fleet.rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_come_back_is_given_up_step_by_step() {
    for mode in [Netflix, PerApp] {
        let mut fleet = Fleet::start(mode).await;
        fleet.join_all("FAR", 8).await;
        fleet.join_all("NEAR", 3).await;
        fleet.silence(&names("FAR", 0..6));
        // The leases were never renewed: over after 90 s, kept for 900 s more.
        fleet.pass(16 * MINUTE_MS).await;
        assert_eq!(fleet.listed().await.len(), 11, "{mode}");
        let mut sizes = Vec::new();
        for _ in 0..6 {
            fleet.pass(MINUTE_MS).await;
            sizes.push(fleet.listed().await.len());
        }
        // At most 8 - floor(8 * 0.85) = 2 of the application in one run, then 1.
        let expected = if mode == PerApp { [9, 8, 7, 6, 5, 5] } else { [11; 6] };
        assert_eq!(sizes, expected, "{mode}");
        fleet.pass(120 * MINUTE_MS).await;
        assert_eq!(fleet.listed().await.len(), expected[5], "{mode}: two hours later");
        fleet.rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_fall_silent_all_stay_until_they_come_back() {
    let mut fleet = Fleet::start(PerApp).await;
    for app in ["A", "B", "C", "D", "E"] {
        fleet.join_all(app, 1).await;
    }
    fleet.pass(MINUTE_MS).await;
    let all = fleet.alive.clone();
    fleet.silence(&all);
    fleet.pass(GONE_AFTER_MS + 10 * MINUTE_MS).await;
    assert_eq!(fleet.listed().await, all);
    assert!(fleet.page().await.contains("5 of 5 applications lost most of their leases"), "{}", fleet.page().await);
    // The registry's network heals for four of five: the fifth was a lone dead one after all.
    fleet.alive = all.iter().filter(|name| *name != "E/0").cloned().collect();
    fleet.pass(2 * MINUTE_MS).await;
    assert_eq!(fleet.listed().await, fleet.alive);
    assert!(fleet.page().await.contains("0 of 4 leases are over"), "{}", fleet.page().await);
    fleet.rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_small_applications_that_go_keep_nothing() {
    for others in [0, 30] {
        let mut fleet = Fleet::start(PerApp).await;
        for app in ["A", "B", "C"] {
            fleet.join_all(app, 1).await;
        }
        fleet.join_all("LARGE", others).await;
        fleet.pass(MINUTE_MS).await;
        fleet.alive.retain(|name| name.starts_with("LARGE/"));
        let alive = fleet.alive.clone();
        // One ends in each run when there are no others.
        fleet.pass(GONE_AFTER_MS + 3 * MINUTE_MS).await;
        assert_eq!(fleet.listed().await, alive, "beside {others}");
        fleet.rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exact_lease_ends_and_is_shown_as_renewed() {
    for (lease_duration, ends_after_ms, shown_later_ms) in
        [(LeaseDuration::Netflix, 180_000, 90_000), (LeaseDuration::Exact, 90_000, 0)]
    {
        let config = RegistryConfig {
            lease_duration,
            self_preservation: SelfPreservationMode::Off,
            eviction_interval_ms: 86_400_000,
            ..RegistryConfig::stock()
        };
        let rig = Rig::start(config, 1_800_000_000_000).await;
        rig.register("A", "one", json!({})).await;
        rig.advance_ms(10_000).await;
        rig.put("/eureka/apps/A/one").await;
        let shown = rig.get("/eureka/apps/A/one").await.json();
        assert_eq!(shown["instance"]["leaseInfo"]["lastRenewalTimestamp"], rig.hand.now_ms() + shown_later_ms);
        rig.advance_ms(ends_after_ms).await;
        assert!(rig.instance("A", "one").await.is_some(), "{lease_duration:?}");
        rig.advance_ms(1).await;
        assert!(rig.instance("A", "one").await.is_none(), "{lease_duration:?}");
        rig.stop().await;
    }
}
