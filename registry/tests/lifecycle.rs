//! What happens to an instance over time, seen from outside: caches, delta, heartbeats, overrides, leases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use std::time::Duration;

use eurus_registry::RegistryConfig;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use rig::{Rig, instances};

/// A moment that is a multiple of the 30 s of the stock read-only cache.
const START_MS: i64 = 1_795_317_120_000;

async fn stock() -> Rig {
    Rig::start(RegistryConfig::stock(), START_MS).await
}

/// Without the read-only cache every read is up to date.
async fn uncached(config: RegistryConfig) -> Rig {
    Rig::start(RegistryConfig { use_read_only_response_cache: false, ..config }, START_MS).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_shows_at_once_alone_and_in_lists_after_the_tick() {
    let rig = stock().await;
    assert_eq!(rig.listed("/eureka/apps", "one").await, (None, String::new()));
    assert_eq!(rig.get("/eureka/apps/A").await.status, 404);
    assert_eq!(rig.register("a", "one", json!({})).await.status, 204);
    assert_eq!(rig.instance("A", "one").await.unwrap(), "UP/ADDED/UNKNOWN");
    assert_eq!(rig.get("/eureka/instances/one").await.status, 200);
    rig.advance_ms(29_999).await;
    assert_eq!(rig.listed("/eureka/apps", "one").await, (None, String::new()));
    assert_eq!(rig.get("/eureka/apps/A").await.status, 404, "the cached 404 of an application stands too");
    rig.advance_ms(1).await;
    let up = Some("UP/ADDED/UNKNOWN".to_owned());
    assert_eq!(rig.listed("/eureka/apps", "one").await, (up.clone(), "UP_1_".to_owned()));
    assert_eq!(rig.listed("/eureka/v2/apps/delta/", "one").await, (up.clone(), "UP_1_".to_owned()));
    assert_eq!(rig.listed("/eureka/vips/a", "one").await, (up, "UP_1_".to_owned()));
    assert_eq!(rig.get("/eureka/apps/a/").await.status, 200);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tick_is_aligned_and_a_first_read_is_fresh() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS + 18_303).await;
    rig.register("A", "one", json!({})).await;
    assert_eq!(rig.listed("/eureka/apps", "one").await.1, "UP_1_", "nobody had asked before");
    rig.register("A", "two", json!({})).await;
    rig.advance_ms(11_696).await;
    assert_eq!(rig.listed("/eureka/apps", "two").await.1, "UP_1_");
    rig.advance_ms(1).await;
    assert_eq!(rig.listed("/eureka/apps", "two").await.1, "UP_2_");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_leaves_the_delta_after_its_retention() {
    let rig = stock().await;
    rig.register("A", "old", json!({})).await;
    rig.advance_ms(100_000).await;
    rig.register("A", "new", json!({})).await;
    rig.advance_ms(30_000).await;
    let both = async || {
        let delta = rig.get("/eureka/apps/delta").await.json()["applications"]["application"].clone();
        let mut ids: Vec<_> = instances(&delta).map(|one| one["instanceId"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        (ids.join(" "), rig.listed("/eureka/apps", "old").await.1)
    };
    assert_eq!(both().await, ("new old".to_owned(), "UP_2_".to_owned()));
    // Gone from the queue at 210 s; the delta is built anew at the next change.
    rig.advance_ms(80_001).await;
    rig.put("/eureka/apps/A/new/status?value=DOWN").await;
    rig.advance_ms(30_000).await;
    assert_eq!(both().await, ("new".to_owned(), "DOWN_1_UP_1_".to_owned()), "the hash is of all instances");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hash_counts_each_status() {
    let rig = uncached(RegistryConfig::stock()).await;
    for (id, status) in
        [("1", "UP"), ("2", "UP"), ("3", "DOWN"), ("4", "STARTING"), ("5", "OUT_OF_SERVICE"), ("6", "?")]
    {
        rig.register("A", id, json!({"status": status})).await;
    }
    let (_, hash) = rig.listed("/eureka/apps", "1").await;
    assert_eq!(hash, "DOWN_1_OUT_OF_SERVICE_1_STARTING_1_UNKNOWN_1_UP_2_");
    assert_eq!(rig.listed("/eureka/apps/delta", "1").await.1, hash);
    rig.delete("/eureka/apps/A/1").await;
    assert_eq!(rig.listed("/eureka/apps", "1").await.1, "DOWN_1_OUT_OF_SERVICE_1_STARTING_1_UNKNOWN_1_UP_1_");
    assert_eq!(rig.listed("/eureka/apps/delta", "1").await.0.unwrap(), "UP/DELETED/UNKNOWN");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heartbeats_are_answered_by_the_dirty_timestamp() {
    let rig = stock().await;
    rig.register("A", "one", json!({})).await;
    let beat = async |query: &str, headers: &[(&str, &str)]| {
        rig.send("PUT", &format!("/eureka/apps/a/one{query}"), headers, "").await
    };
    let replica = [("Accept", "application/json"), ("x-netflix-discovery-replication", "true")];
    for (query, headers, status) in [
        ("", &[][..], 200),
        ("?status=UP&lastDirtyTimestamp=1000", &[], 200),
        ("?lastDirtyTimestamp=999", &[], 200),
        ("?lastDirtyTimestamp=1001", &[], 404),
        ("?lastDirtyTimestamp=x", &[], 500),
        ("?lastDirtyTimestamp=1000", &replica, 200),
        ("?lastDirtyTimestamp=1001", &replica, 404),
        ("?lastDirtyTimestamp=999", &replica, 409),
    ] {
        assert_eq!(beat(query, headers).await.status, status, "{query} {headers:?}");
    }
    let conflict = beat("?lastDirtyTimestamp=999", &replica).await.json();
    assert_eq!(conflict["instance"]["instanceId"], "one");
    let renewed_ms = conflict["instance"]["leaseInfo"]["lastRenewalTimestamp"].as_i64().unwrap();
    assert_eq!(renewed_ms, START_MS + 90_000, "renewal time plus duration");
    let unknown = rig.send("PUT", "/eureka/apps/A/nobody", &[("Accept-Encoding", "gzip")], "").await;
    assert_eq!((unknown.status, unknown.body.len()), (404, 0));
    assert_eq!(unknown.header("content-length"), Some("0"));
    assert_eq!((unknown.header("content-type"), unknown.header("content-encoding")), (None, None));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_stands_against_whatever_the_instance_says() {
    let rig = stock().await;
    rig.register("A", "one", json!({})).await;
    assert_eq!(rig.put("/eureka/apps/A/one/status?value=OUT_OF_SERVICE").await.status, 200);
    let out = "OUT_OF_SERVICE/MODIFIED/OUT_OF_SERVICE";
    assert_eq!(rig.instance("A", "one").await.unwrap(), out);
    assert_eq!(rig.put("/eureka/apps/A/one?status=UP&lastDirtyTimestamp=1000").await.status, 200);
    assert_eq!(rig.instance("A", "one").await.unwrap(), out, "a heartbeat");
    let out = "OUT_OF_SERVICE/ADDED/OUT_OF_SERVICE";
    rig.register("A", "one", json!({"lastDirtyTimestamp": "2000"})).await;
    assert_eq!(rig.instance("A", "one").await.unwrap(), out, "a new registration");
    rig.put("/eureka/apps/A/one/metadata?zone=b").await;
    assert_eq!(rig.instance("A", "one").await.unwrap(), out, "a metadata change");
    rig.register("A", "one", json!({"status": "STARTING", "lastDirtyTimestamp": "3000"})).await;
    rig.register("A", "one", json!({"lastDirtyTimestamp": "4000"})).await;
    assert_eq!(rig.instance("A", "one").await.unwrap(), out, "a restart of the application");
    rig.advance_ms(3_000_000).await;
    rig.put("/eureka/apps/A/one").await;
    rig.advance_ms(3_000_000).await;
    rig.put("/eureka/apps/A/one").await;
    assert_eq!(rig.instance("A", "one").await.unwrap(), out, "more than an hour of heartbeats");
    assert_eq!(rig.delete("/eureka/apps/A/one/status?value=UP").await.status, 200);
    assert_eq!(rig.instance("A", "one").await.unwrap(), "UP/MODIFIED/UNKNOWN");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_removed_without_a_status_makes_the_instance_register_again() {
    let rig = stock().await;
    rig.register("A", "one", json!({})).await;
    rig.put("/eureka/apps/A/one/status?value=OUT_OF_SERVICE").await;
    assert_eq!(rig.delete("/eureka/apps/A/one/status").await.status, 200);
    assert_eq!(rig.instance("A", "one").await.unwrap(), "UNKNOWN/MODIFIED/UNKNOWN");
    assert_eq!(rig.put("/eureka/apps/A/one").await.status, 404);
    rig.register("A", "one", json!({})).await;
    assert_eq!(rig.instance("A", "one").await.unwrap(), "UP/ADDED/UNKNOWN");
    assert_eq!(rig.put("/eureka/apps/A/one").await.status, 200);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_up_time_tells_registrations_apart() {
    let rig = stock().await;
    let service_up_ms = async || {
        let answer = rig.get("/eureka/apps/A/one").await;
        answer.json()["instance"]["leaseInfo"]["serviceUpTimestamp"].as_i64().unwrap()
    };
    rig.register("A", "one", json!({})).await;
    rig.advance_ms(5_000).await;
    rig.register("A", "one", json!({"lastDirtyTimestamp": "2000"})).await;
    rig.put("/eureka/apps/A/one/status?value=OUT_OF_SERVICE").await;
    rig.delete("/eureka/apps/A/one/status?value=UP").await;
    assert_eq!(service_up_ms().await, START_MS, "registering a live lease again continues it");
    rig.delete("/eureka/apps/A/one").await;
    rig.register("A", "one", json!({"lastDirtyTimestamp": "2000"})).await;
    assert_eq!(service_up_ms().await, START_MS + 5_000, "after a cancel it is a new one");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_switched_off_or_too_large_says_so() {
    let rig = Rig::start(RegistryConfig { disable_delta: true, ..RegistryConfig::stock() }, START_MS).await;
    assert_eq!(rig.get("/eureka/apps/delta").await.status, 403);
    let head = "POST /eureka/apps/A HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\n";
    let too_large = [head.as_bytes(), b"Content-Length: 16777217\r\n\r\n", &vec![b' '; 16_777_217]].concat();
    assert_eq!(rig.exchange(&too_large).await.status, 413);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_list_is_not_sent_again() {
    let rig = stock().await;
    let ask = async |tag: &str| {
        let headers = [("Accept", "application/json"), ("If-None-Match", tag)];
        rig.send("GET", "/eureka/apps", &headers, "").await
    };
    let first = ask("").await;
    let tag = first.header("etag").unwrap().to_owned();
    assert_eq!(first.header("vary"), Some("Accept, Accept-Encoding, X-Eureka-Accept"));
    let known = ask(&tag).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    rig.register("A", "one", json!({})).await;
    rig.advance_ms(30_000).await;
    assert_eq!(ask(&tag).await.status, 200);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_under_way_is_finished_at_shutdown() {
    let rig = stock().await;
    let mut idle = TcpStream::connect(rig.address).await.unwrap();
    idle.write_all(b"GET /actuator/health HTTP/1.1\r\nHost: r\r\n\r\n").await.unwrap();
    assert!(idle.read(&mut [0; 1_000]).await.unwrap() > 0);
    let mut busy = TcpStream::connect(rig.address).await.unwrap();
    let head = "PUT /eureka/apps/A/nobody HTTP/1.1\r\nHost: r\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    busy.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 1_000];
    let read = busy.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 100 "), "the server waits for the body");
    let address = rig.address;
    let stopping = tokio::spawn(rig.stop());
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(10), refused).await.expect("no new connections while it stops");
    busy.write_all(b"{}").await.unwrap();
    let read = busy.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 404 "), "{}", String::from_utf8_lossy(&answer[..read]));
    drop((busy, idle));
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_registry_refuses_newcomers_and_nobody_else() {
    let rig = uncached(RegistryConfig { instances_max: 2, ..RegistryConfig::stock() }).await;
    for id in ["one", "two"] {
        assert_eq!(rig.register("A", id, json!({})).await.status, 204);
    }
    assert_eq!(rig.register("A", "three", json!({})).await.status, 503);
    assert_eq!(rig.register("A", "two", json!({})).await.status, 204, "it is registered already");
    assert!(rig.instance("A", "three").await.is_none());
    rig.stop().await;
}
