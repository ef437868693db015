//! Auto-scaling groups, status overrides, the registry's own status, regions: what is beyond the daily bread.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use eurus_registry::RegistryConfig;
use serde_json::json;

use rig::Rig;

const START_MS: i64 = 1_795_317_120_000;

async fn uncached() -> Rig {
    Rig::start(RegistryConfig { use_read_only_response_cache: false, ..RegistryConfig::stock() }, START_MS).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_group_takes_its_instances_out_of_traffic_and_back() {
    let rig = uncached().await;
    let in_group = |status: &str| json!({"asgName": "blue-v042", "status": status});
    rig.register("A", "up", in_group("UP")).await;
    rig.register("A", "starting", in_group("STARTING")).await;
    rig.register("A", "pinned", in_group("UP")).await;
    rig.register("A", "other", json!({"asgName": "green-v001"})).await;
    rig.register("A", "single", json!({})).await;
    rig.put("/eureka/apps/A/pinned/status?value=UP").await;
    rig.advance_ms(1_000).await;
    assert_eq!(rig.put("/eureka/asg/blue-v042/status?value=DISABLED").await.status, 200);
    let states = async || {
        let mut states = Vec::new();
        for id in ["up", "starting", "pinned", "other", "single"] {
            states.push(rig.instance("A", id).await.unwrap());
        }
        states
    };
    let rest = ["STARTING/ADDED/UNKNOWN", "UP/ADDED/UP", "UP/ADDED/UNKNOWN", "UP/ADDED/UNKNOWN"];
    assert_eq!(states().await, [&["OUT_OF_SERVICE/MODIFIED/UNKNOWN"][..], &rest].concat());
    // Lists and delta show it at once, as any change.
    for list in ["/eureka/apps", "/eureka/apps/delta"] {
        let out = Some("OUT_OF_SERVICE/MODIFIED/UNKNOWN".to_owned());
        assert_eq!(rig.listed(list, "up").await, (out, "OUT_OF_SERVICE_1_STARTING_1_UP_3_".to_owned()), "{list}");
    }
    // Heartbeats and registrations, the first and the next, do not bring it back; nor those of a newcomer.
    assert_eq!(rig.put("/eureka/apps/A/up?status=UP&lastDirtyTimestamp=1000").await.status, 200);
    rig.register("A", "up", in_group("UP")).await;
    rig.register("A", "starting", in_group("UP")).await;
    rig.register("A", "new", in_group("UP")).await;
    for id in ["up", "starting", "new"] {
        assert_eq!(rig.instance("A", id).await.unwrap(), "OUT_OF_SERVICE/ADDED/UNKNOWN", "{id}");
    }
    assert_eq!(rig.put("/eureka/v2/asg/blue-v042/status/?value=enabled").await.status, 200);
    for id in ["up", "starting", "new"] {
        assert_eq!(rig.instance("A", id).await.unwrap(), "UP/MODIFIED/UNKNOWN", "{id}");
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_of_one_instance_outranks_its_group() {
    let rig = uncached().await;
    rig.register("A", "one", json!({"asgName": "blue"})).await;
    rig.put("/eureka/apps/A/one/status?value=OUT_OF_SERVICE").await;
    rig.put("/eureka/asg/blue/status?value=DISABLED").await;
    rig.put("/eureka/asg/blue/status?value=ENABLED").await;
    assert_eq!(rig.instance("A", "one").await.unwrap(), "OUT_OF_SERVICE/MODIFIED/OUT_OF_SERVICE");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overrides_in_force_are_shown() {
    let rig = uncached().await;
    let overrides = async || rig.get("/eureka/serverinfo/statusoverrides").await.text();
    assert_eq!(overrides().await, "{}");
    for id in ["b\"2", "a1"] {
        rig.register("A", id, json!({})).await;
    }
    rig.put("/eureka/apps/A/b%222/status?value=OUT_OF_SERVICE").await;
    rig.put("/eureka/apps/A/a1/status?value=DOWN").await;
    assert_eq!(overrides().await, r#"{"a1":"DOWN","b\"2":"OUT_OF_SERVICE"}"#);
    rig.delete("/eureka/apps/A/a1/status?value=UP").await;
    rig.delete("/eureka/apps/A/b%222").await;
    assert_eq!(overrides().await, "{}");
    assert_eq!(rig.put("/eureka/serverinfo/statusoverrides").await.status, 405);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_is_served_in_both_formats() {
    let rig = uncached().await;
    rig.advance_ms(90_061_000).await;
    let status = rig.get("/eureka/status").await.json();
    assert_eq!(status["generalStats"]["server-uptime"], "1 day 01:01");
    assert!(status["generalStats"]["num-of-cpus"].as_str().unwrap().parse::<u32>().unwrap() > 0);
    assert_eq!(status["applicationStats"]["registered-replicas"], "");
    assert_eq!(status["instanceInfo"]["status"], "UP");
    assert_eq!(status["instanceInfo"]["port"]["$"], rig.address.port());
    let xml = rig.send("GET", "/eureka/status/", &[], "").await;
    assert_eq!(xml.header("content-type"), Some("application/xml"));
    let port = format!("\n    <port enabled=\"true\">{}</port>\n", rig.address.port());
    assert!(
        xml.text().contains(&port) && xml.text().contains("\n  <instanceInfo>\n    <instanceId>"),
        "{}",
        xml.text()
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn regions_are_accepted_and_the_local_registry_is_answered() {
    let rig = uncached().await;
    rig.register("A", "one", json!({"secureVipAddress": "sa"})).await;
    for list in ["apps", "apps/", "apps/delta", "vips/a", "svips/sa"] {
        for query in ["regions=us-east-1,eu-west-1", "regions=", "regions=%ff&x"] {
            let (found, hash) = rig.listed(&format!("/eureka/{list}?{query}"), "one").await;
            assert_eq!((found.as_deref(), hash.as_str()), (Some("UP/ADDED/UNKNOWN"), "UP_1_"), "{list} {query}");
        }
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_prefers_it_is_shown_what_a_change_came_to() {
    let rig = uncached().await;
    rig.register("A", "one", json!({})).await;
    let (path, prefer) = ("/eureka/apps/A/one/status", ("Prefer", "respond-async, return=representation"));
    for (method, value) in [("PUT", "OUT_OF_SERVICE"), ("DELETE", "UP")] {
        let path = format!("{path}?value={value}");
        let plain = rig.send(method, &path, &[("Accept", "application/json")], "").await;
        assert_eq!((plain.status, plain.body.len(), plain.header("preference-applied")), (200, 0, None), "as Java");
        let shown = rig.send(method, &path, &[("Accept", "application/json"), prefer], "").await;
        assert_eq!((shown.status, shown.header("preference-applied")), (200, Some("return=representation")));
        assert_eq!(shown.json()["instance"]["status"], value);
        assert_eq!(shown.json(), rig.get("/eureka/apps/A/one").await.json(), "{method}");
        let xml = rig.send(method, &path, &[("Accept", "application/xml"), prefer], "").await;
        assert!(xml.text().starts_with("<instance>"), "{}", xml.text());
    }
    let unknown = rig.send("PUT", "/eureka/apps/A/two/status?value=UP", &[prefer], "").await;
    assert_eq!(unknown.status, 404);
    rig.stop().await;
}
