//! The recorded timing of a real server, replayed on a manual clock: when changes become visible, who is evicted when.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use std::path::Path;

use eurus_registry::{RegistryConfig, SelfPreservationMode};
use serde_json::{Value, json};

use rig::Rig;

/// The recorded server's timers drift by the time that their work takes, and the recorder looked every few hundred
/// milliseconds.
const RECORDER_LATENESS_S: f64 = 0.6;

#[allow(clippy::disallowed_methods)] // A test reads its data.
fn recording(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compat-tests/golden").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What a kind of read says of an instance, in the recording's words: `[state, hash]`.
async fn read(rig: &Rig, kind: &str, id: &str) -> Value {
    let worded = |state: Option<String>| match state {
        Some(state) => {
            let (state, overridden) = state.rsplit_once('/').unwrap();
            format!("{state}/ov={overridden}")
        }
        None => "absent".to_owned(),
    };
    let list = match kind {
        "full" => "/eureka/apps",
        "delta" => "/eureka/apps/delta",
        "vip" => "/eureka/vips/lag",
        "instance" => {
            let state = rig.instance("LAG", id).await.map(Some).map(worded);
            return json!([state.unwrap_or("HTTP 404".to_owned()), null]);
        }
        _ => {
            let answer = rig.get("/eureka/apps/LAG").await;
            if answer.status == 404 {
                return json!(["HTTP 404", null]);
            }
            let app = json!([answer.json()["application"]]);
            let found = rig::instances(&app).find(|one| one["instanceId"] == id);
            return json!([worded(found.map(|one| rig::state(&one))), null]);
        }
    };
    let (state, hash) = rig.listed(list, id).await;
    json!([worded(state), hash])
}

async fn perform(rig: &Rig, event: &str) -> (u16, &'static str) {
    let (answer, id) = match event {
        "register first" => (rig.register("LAG", "first", json!({})).await, "first"),
        "register second" => (rig.register("LAG", "second", json!({})).await, "second"),
        "status OUT_OF_SERVICE" => (rig.put("/eureka/apps/LAG/first/status?value=OUT_OF_SERVICE").await, "first"),
        "delete override" => (rig.delete("/eureka/apps/LAG/first/status?value=UP").await, "first"),
        "cancel" => (rig.delete("/eureka/apps/LAG/second").await, "second"),
        other => panic!("unknown event {other}"),
    };
    (answer.status, id)
}

const KINDS: [&str; 5] = ["full", "delta", "app", "instance", "vip"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_become_visible_when_they_were_recorded_to() {
    let events = recording("cache-lag-default.json");
    let first_ms = events[0]["at_ms"].as_i64().unwrap();
    let rig = Rig::start(RegistryConfig::stock(), first_ms - 5_000).await;
    for event in events.as_array().unwrap() {
        let name = event["event"].as_str().unwrap();
        let subject = if ["register second", "cancel"].contains(&name) { "second" } else { "first" };
        let at_ms = event["at_ms"].as_i64().unwrap();
        rig.advance_ms(at_ms - rig.hand.now_ms()).await;
        for kind in KINDS {
            assert_eq!(read(&rig, kind, subject).await, event["before"][kind], "{kind} before {name}");
        }
        assert_eq!(
            perform(&rig, name).await,
            (u16::try_from(event["action_status"].as_u64().unwrap()).unwrap(), subject)
        );
        let tick_ms = at_ms - at_ms.rem_euclid(30_000) + 30_000;
        for change in event["changes"].as_array().unwrap() {
            let kind = change["read"].as_str().unwrap();
            if kind == "instance" {
                assert_eq!(read(&rig, kind, subject).await, change["to"], "{name}: a single read shows it at once");
                continue;
            }
            let recorded_s = change["t_s"].as_f64().unwrap();
            #[allow(clippy::cast_precision_loss)] // Seconds.
            let expected_s = (tick_ms - at_ms) as f64 / 1_000.0;
            assert!((0.0..RECORDER_LATENESS_S).contains(&(recorded_s - expected_s)), "{name} {kind}: {recorded_s}");
            rig.advance_ms((tick_ms - 1 - rig.hand.now_ms()).max(0)).await;
            if rig.hand.now_ms() < tick_ms {
                assert_eq!(read(&rig, kind, subject).await, change["from"], "{name} {kind} before the tick");
            }
        }
        rig.advance_ms((tick_ms - rig.hand.now_ms()).max(0)).await;
        for change in event["changes"].as_array().unwrap() {
            let kind = change["read"].as_str().unwrap();
            assert_eq!(read(&rig, kind, subject).await, change["to"], "{name} {kind} after the tick");
        }
    }
    rig.stop().await;
}

/// The recorded server: eviction every 2 s, lists half a second old at most.
async fn evicting(self_preservation: SelfPreservationMode) -> Rig {
    let config = RegistryConfig {
        self_preservation,
        eviction_interval_ms: 2_000,
        response_cache_update_interval_ms: 500,
        ..RegistryConfig::stock()
    };
    Rig::start(config, 1_795_318_650_000).await
}

fn lease(duration_s: i32) -> Value {
    json!({"leaseInfo": {"renewalIntervalInSecs": 1, "durationInSecs": duration_s}})
}

async fn listed_count(rig: &Rig) -> u64 {
    let list = rig.get("/eureka/apps").await.json();
    u64::try_from(rig::instances(&list["applications"]["application"]).count()).unwrap()
}

async fn single_count(rig: &Rig) -> u64 {
    let mut count = 0;
    for number in 0..20 {
        count += u64::from(rig.instance("EV", &number.to_string()).await.is_some());
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_are_evicted_step_by_step_as_recorded() {
    let recorded = recording("evict-selfpres-off.json");
    let rig = evicting(SelfPreservationMode::Off).await;
    for number in 0..20 {
        rig.register("EV", &number.to_string(), lease(2)).await;
    }
    let mut counts = vec![listed_count(&rig).await];
    assert_eq!(single_count(&rig).await, 20);
    rig.advance_ms(2_001).await;
    assert_eq!((single_count(&rig).await, listed_count(&rig).await), (0, 20), "hidden alone before they are evicted");
    for _ in 0..60 {
        rig.advance_ms(500).await;
        let count = listed_count(&rig).await;
        if counts.last() != Some(&count) {
            counts.push(count);
        }
    }
    let key = "twenty_instances_duration2_eviction2s: [t, in app list (cached 0.5 s), answering single-instance GET]";
    let mut expected: Vec<u64> = recorded[key].as_array().unwrap().iter().map(|row| row[1].as_u64().unwrap()).collect();
    expected.dedup();
    assert_eq!(counts, expected);
    assert!(
        rig.get("/").await.text().contains("<td>Renews threshold<td>1\n"),
        "evicted instances are not expected any more"
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_lasts_once_and_twice_when_renewed() {
    let rig = evicting(SelfPreservationMode::Off).await;
    rig.register("EV", "never", lease(4)).await;
    rig.register("EV", "once", lease(4)).await;
    assert_eq!(rig.put("/eureka/apps/EV/once").await.status, 200);
    rig.advance_ms(4_000).await;
    assert!(rig.instance("EV", "never").await.is_some());
    rig.advance_ms(1).await;
    assert!(rig.instance("EV", "never").await.is_none());
    rig.advance_ms(3_999).await;
    assert!(rig.instance("EV", "once").await.is_some());
    rig.advance_ms(1).await;
    assert!(rig.instance("EV", "once").await.is_none());
    rig.advance_ms(2_500).await;
    let (state, hash) = rig.listed("/eureka/apps/delta", "once").await;
    assert_eq!((state.unwrap().as_str(), hash.as_str()), ("UP/DELETED/UNKNOWN", ""));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn self_preservation_keeps_all_as_recorded() {
    let recorded = recording("evict-selfpres-on.json");
    assert_eq!(recorded["dashboard_renews"][1], json!(["Renews threshold", "37"]));
    let rig = evicting(SelfPreservationMode::Netflix).await;
    rig.register("EV", "never", lease(4)).await;
    for number in 0..20 {
        rig.register("EV", &number.to_string(), lease(2)).await;
    }
    rig.advance_ms(120_000).await;
    assert_eq!(listed_count(&rig).await, 21);
    assert!(rig.instance("EV", "never").await.is_some());
    assert!(rig.get("/").await.text().contains("<td>Renews threshold<td>37\n"));
    // More than 37 renewals in a minute: leases may end again.
    for round in 0..2 {
        for number in 0..20 {
            assert_eq!(rig.put(&format!("/eureka/apps/EV/{number}")).await.status, 200, "round {round}");
        }
    }
    rig.advance_ms(60_000).await;
    assert!(rig.instance("EV", "never").await.is_none());
    rig.advance_ms(30_000).await;
    assert_eq!(listed_count(&rig).await, 0);
    rig.stop().await;
}
