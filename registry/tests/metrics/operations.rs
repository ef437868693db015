//! Each operation moves exactly the counters that tell of it.

use eurus_registry::{RegistryConfig, SelfPreservationMode};

use super::moved::{JSON, REPLICA, check, counters, expect, moved, refused, registered, request};
use super::rig::Rig;
use super::{START_MS, registration};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registrations_and_cancellations() {
    let rig = Rig::start(RegistryConfig { instances_max: 2, ..RegistryConfig::stock() }, START_MS).await;
    let post = request("app", "POST", "2xx");
    let table = [
        ("one", 10, JSON, "new", "client"),
        ("one", 10, JSON, "again", "client"),
        ("one", 9, JSON, "older_than_held", "client"),
        ("two", 10, REPLICA, "new", "replica"),
        ("two", 11, REPLICA, "again", "replica"),
    ];
    for (id, dirty_ms, headers, outcome, origin) in table {
        let body = registration(id, dirty_ms);
        expect(&rig, ("POST", "/eureka/apps/A", headers, &body), 204, &[&post, &registered(outcome, origin)]).await;
    }
    let full = [registered("full", "client"), refused("503"), request("app", "POST", "5xx")];
    let full = [&full[0], &full[1], &full[2], r#"limit_hits_total{limit="instances"}"#];
    expect(&rig, ("POST", "/eureka/apps/A", JSON, &registration("three", 1)), 503, &full).await;
    let cancelled = |outcome, origin| format!(r#"cancellations_total{{outcome="{outcome}",origin="{origin}"}}"#);
    let (done, failed) = (request("instance", "DELETE", "2xx"), request("instance", "DELETE", "4xx"));
    for (id, headers, origin) in [("one", JSON, "client"), ("two", REPLICA, "replica")] {
        let path = format!("/eureka/apps/A/{id}");
        expect(&rig, ("DELETE", &path, headers, ""), 200, &[&done, &cancelled("changed", origin)]).await;
        let unknown = [&failed, &refused("404"), &*cancelled("unknown_instance", origin)];
        expect(&rig, ("DELETE", &path, headers, ""), 404, &unknown).await;
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heartbeats_and_overrides() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    rig.send("POST", "/eureka/apps/A", JSON, &registration("one", 10)).await;
    let renewed = |outcome, origin| format!(r#"renewals_total{{outcome="{outcome}",origin="{origin}"}}"#);
    let overridden = |change, outcome, origin| {
        format!(r#"override_changes_total{{change="{change}",outcome="{outcome}",origin="{origin}"}}"#)
    };
    let one = "/eureka/apps/A/one";
    // Suffix of the path, headers, status, counters besides that of requests.
    let table = [
        ("PUT", "", JSON, 200, vec![renewed("renewed", "client")]),
        ("PUT", "?lastDirtyTimestamp=10", REPLICA, 200, vec![renewed("renewed", "replica")]),
        ("PUT", "?lastDirtyTimestamp=11", JSON, 404, vec![renewed("client_newer", "client")]),
        ("PUT", "?lastDirtyTimestamp=9", JSON, 200, vec![renewed("renewed", "client")]),
        ("PUT", "?lastDirtyTimestamp=9", REPLICA, 409, vec![renewed("replica_older", "replica")]),
        ("PUT", "x", JSON, 404, vec![renewed("unknown", "client")]),
        ("PUT", "x", REPLICA, 404, vec![renewed("unknown", "replica")]),
        (
            "PUT",
            "?lastDirtyTimestamp=11&overriddenstatus=DOWN",
            REPLICA,
            404,
            vec![renewed("client_newer", "replica"), overridden("adopted", "changed", "replica")],
        ),
        (
            "PUT",
            "?lastDirtyTimestamp=11&overriddenstatus=UP",
            REPLICA,
            404,
            vec![renewed("client_newer", "replica"), overridden("adopted", "unchanged", "replica")],
        ),
        ("PUT", "/status?value=OUT_OF_SERVICE", JSON, 200, vec![overridden("set", "changed", "client")]),
        ("PUT", "/status?value=OUT_OF_SERVICE", REPLICA, 200, vec![overridden("set", "unchanged", "replica")]),
        ("PUT", "x/status?value=UP", JSON, 404, vec![overridden("set", "unknown_instance", "client")]),
        ("DELETE", "/status", JSON, 200, vec![overridden("removed", "changed", "client")]),
        ("DELETE", "/status", REPLICA, 200, vec![overridden("removed", "unchanged", "replica")]),
        ("DELETE", "x/status", JSON, 404, vec![overridden("removed", "unknown_instance", "client")]),
        ("PUT", "", JSON, 404, vec![renewed("status_unknown", "client")]),
        ("PUT", "/metadata?a=b", JSON, 200, vec![r#"metadata_changes_total{outcome="changed"}"#.to_owned()]),
        ("PUT", "x/metadata?a=b", JSON, 404, vec![r#"metadata_changes_total{outcome="unknown_instance"}"#.to_owned()]),
    ];
    for (method, suffix, headers, status, mut counters) in table {
        let path = format!("{one}{suffix}");
        let route = ["status", "metadata"].into_iter().find(|route| path.contains(&format!("/{route}")));
        let class = if status < 300 { "2xx" } else { "4xx" };
        counters.push(request(route.unwrap_or("instance"), method, class));
        if status >= 400 {
            counters.push(refused(&status.to_string()));
        }
        let counters: Vec<&str> = counters.iter().map(String::as_str).collect();
        expect(&rig, (method, &path, headers, ""), status, &counters).await;
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_and_batches() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    let (app, none) = (|class| request("app", "POST", class), request("none", "GET", "4xx"));
    let text: &[(&str, &str)] = &[("Content-Type", "text/plain"), ("Accept", "application/json")];
    expect(&rig, ("POST", "/eureka/apps/A", JSON, "{"), 400, &[&app("4xx"), &refused("400")]).await;
    expect(&rig, ("POST", "/eureka/apps/A", JSON, "null"), 500, &[&app("5xx"), &refused("500")]).await;
    expect(&rig, ("POST", "/eureka/apps/A", text, "{}"), 415, &[&app("4xx"), &refused("415")]).await;
    expect(&rig, ("GET", "/nothing/here", JSON, ""), 404, &[&none, &refused("404")]).await;
    let other = request("apps", "other", "4xx");
    expect(&rig, ("PATCH", "/eureka/apps", JSON, ""), 405, &[&other, &refused("405")]).await;
    expect(&rig, ("GET", "/lastn", JSON, ""), 200, &[&request("last_leases", "GET", "2xx")]).await;
    let batch = format!(
        r#"{{"replicationList":[
        {{"appName":"A","id":"one","action":"Register","instanceInfo":{}}},
        {{"appName":"A","id":"one","action":"Heartbeat","lastDirtyTimestamp":10}},
        {{"appName":"A","id":"one","action":"Heartbeat","lastDirtyTimestamp":9}},
        {{"appName":"A","id":"one","action":"StatusUpdate","status":"DOWN","lastDirtyTimestamp":10}},
        {{"appName":"A","id":"x","action":"DeleteStatusOverride","status":"UP","lastDirtyTimestamp":10}},
        {{"appName":"A","id":"one","action":"Cancel"}},
        {{"appName":"A","id":"one"}}]}}"#,
        registration("one", 10).strip_prefix(r#"{"instance":"#).unwrap().strip_suffix('}').unwrap()
    );
    let item = |action, status| format!(r#"batch_items_total{{action="{action}",status="{status}"}}"#);
    let counters = [
        request("batch", "POST", "2xx"),
        item("register", "200"),
        registered("new", "replica"),
        item("heartbeat", "200"),
        r#"renewals_total{outcome="renewed",origin="replica"}"#.to_owned(),
        item("heartbeat", "409"),
        r#"renewals_total{outcome="replica_older",origin="replica"}"#.to_owned(),
        item("status_update", "200"),
        r#"override_changes_total{change="set",outcome="changed",origin="replica"}"#.to_owned(),
        item("delete_status_override", "404"),
        r#"override_changes_total{change="removed",outcome="unknown_instance",origin="replica"}"#.to_owned(),
        item("cancel", "200"),
        r#"cancellations_total{outcome="changed",origin="replica"}"#.to_owned(),
        item("none", "500"),
    ];
    let counters: Vec<&str> = counters.iter().map(String::as_str).collect();
    expect(&rig, ("POST", "/eureka/peerreplication/batch", JSON, &batch), 200, &counters).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_large_is_a_limit_that_was_hit() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    let before = counters(&rig).await;
    let mut request = b"POST /eureka/apps/A HTTP/1.1\r\nHost: r\r\nContent-Length: 16777217\r\n\r\n".to_vec();
    request.resize(request.len() + 16_777_217, b'x');
    assert_eq!(rig.exchange(&request).await.status, 413);
    let expected = [
        r#"limit_hits_total{limit="body_bytes"}"#,
        &refused("413"),
        r#"request_duration_seconds_count{route="app",method="POST",status="4xx"}"#,
    ];
    check(&moved(&rig, &before).await, &expected, "a large body");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evictions_and_loops() {
    let off = RegistryConfig { self_preservation: SelfPreservationMode::Off, ..RegistryConfig::stock() };
    let rig = Rig::start(off, START_MS).await;
    rig.send("POST", "/eureka/apps/A", JSON, &registration("one", 10)).await;
    rig.get("/eureka/apps").await;
    let before = counters(&rig).await;
    rig.advance_ms(120_000).await;
    let ran = |name: &str, times: u8| format!(r#"loop_run_duration_seconds_count{{loop="{name}"}} {times}"#);
    let expected = [
        "evictions_total".to_owned(),
        ran("read_only_cache", 4),
        ran("delta_retention", 4),
        ran("eviction", 2),
        r#"cache_build_duration_seconds_count{kind="full"}"#.to_owned(),
    ];
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    check(&moved(&rig, &before).await, &expected, "two minutes");
    rig.stop().await;
}
