//! What gauges say after something is known to have happened.

use eurus_registry::RegistryConfig;

use super::rig::Rig;
use super::{START_MS, registration, scrape};

async fn says(rig: &Rig, expected: &[(&str, f64)]) {
    let metrics = scrape(rig).await;
    for (series, value) in expected {
        assert_eq!(metrics.value(series), Some(*value), "{series}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_there_is() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    let empty = [
        (r#"instances{status="UP"}"#, 0.0),
        ("leases", 0.0),
        ("applications", 0.0),
        ("expected_clients", 1.0),
        ("renewals_threshold", 1.0),
        ("instances_limit", 200_000.0),
        ("start_time_seconds", START_MS as f64 / 1e3),
        (r#"self_preservation_mode{mode="netflix"}"#, 1.0),
        ("cache_entities", 0.0),
    ];
    says(&rig, &empty).await;
    for id in ["one", "two", "three"] {
        let headers = [("Content-Type", "application/json"), ("Accept", "application/json")];
        rig.send("POST", "/eureka/apps/A", &headers, &registration(id, 10)).await;
        assert_eq!(rig.put(&format!("/eureka/apps/A/{id}")).await.status, 200);
    }
    rig.put("/eureka/apps/A/two/status?value=OUT_OF_SERVICE").await;
    rig.delete("/eureka/apps/A/three").await;
    let list = rig.get("/eureka/apps").await;
    rig.advance_ms(12_000).await;
    let some = [
        (r#"instances{status="UP"}"#, 1.0),
        (r#"instances{status="OUT_OF_SERVICE"}"#, 1.0),
        (r#"instances{status="DOWN"}"#, 0.0),
        ("leases", 2.0),
        ("applications", 1.0),
        ("overrides", 1.0),
        ("delta_queue_changes", 3.0),
        ("expected_clients", 3.0),
        ("renewals_threshold", 5.0),
        ("renewals_last_minute", 0.0),
        ("self_preservation_active", 1.0),
        ("cache_entities", 1.0),
        (r#"cache_age_seconds{kind="full",format="json",detail="full"}"#, 12.0),
        (r#"cache_list_bytes{kind="full",format="json",detail="full",encoding="identity"}"#, list.body.len() as f64),
    ];
    says(&rig, &some).await;
    let spring = scrape(&rig).await.samples[r#"eureka_server_instances{status="UP"}"#];
    assert_eq!(spring, 1.0);
    rig.advance_ms(48_000).await;
    let later = [
        ("renewals_last_minute", 3.0),
        (r#"cache_age_seconds{kind="full",format="json",detail="full"}"#, 0.0),
        ("leases_kept", 0.0),
    ];
    says(&rig, &later).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_that_self_preservation_keeps() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    rig.register("A", "one", serde_json::json!({})).await;
    rig.advance_ms(120_000).await;
    says(&rig, &[("leases_kept", 1.0), ("self_preservation_active", 1.0), ("evictions_total", 0.0)]).await;
    rig.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_process_uses() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    let metrics = scrape(&rig).await.samples;
    for (series, at_least) in [
        ("process_resident_memory_bytes", 1e6),
        ("process_virtual_memory_bytes", 1e6),
        ("process_threads", 2.0),
        ("process_open_fds", 4.0),
        ("process_max_fds", 16.0),
        ("process_start_time_seconds", 1.7e9),
        ("process_cpu_seconds_total", 0.0),
    ] {
        assert!(metrics[series] >= at_least, "{series} {}", metrics[series]);
    }
    assert_eq!(
        metrics.get(&format!("eurus_registry_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))),
        Some(&1.0)
    );
    rig.stop().await;
}
