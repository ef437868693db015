//! `/metrics`, seen from outside: which operation moves which counter by how much, what gauges say, and the format.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // It is a test throughout.

mod access;
mod alerts;
mod documentation;
mod exposition;
mod fetches;
mod gauges;
mod moved;
mod operations;
#[path = "../rig/mod.rs"]
mod rig;

use exposition::Exposition;
use rig::{Answer, Rig};

/// A moment that is a multiple of the 30 s of the stock read-only cache.
const START_MS: i64 = 1_795_317_120_000;

const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

async fn scrape(rig: &Rig) -> Exposition {
    let answer = rig.send("GET", "/metrics", &[("Accept", OPEN_METRICS)], "").await;
    assert_eq!(answer.status, 200);
    Exposition::of(&answer.text(), true)
}

/// A registration's body; the id is the host name.
fn registration(id: &str, dirty_ms: i64) -> String {
    format!(
        r#"{{"instance":{{"instanceId":"{id}","hostName":"{id}","app":"A","ipAddr":"10.0.0.1","status":"UP",
        "vipAddress":"a","secureVipAddress":"a","dataCenterInfo":{{"@class":
        "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo","name":"MyOwn"}},"lastDirtyTimestamp":"{dirty_ms}"}}}}"#
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_formats_say_the_same_under_both_paths() {
    let rig = Rig::start(eurus_registry::RegistryConfig::stock(), START_MS).await;
    rig.get("/eureka/apps").await;
    let ask = async |path: &str, headers: &[(&str, &str)]| rig.send("GET", path, headers, "").await;
    let names = |answer: &Answer, is_open_metrics| {
        let read = Exposition::of(&answer.text(), is_open_metrics);
        // A request that is under way counts itself only in the next answer.
        let is_steady = |series: &&String| !series.starts_with("process_") && !series.contains("route=\"metrics\"");
        read.samples.keys().filter(is_steady).cloned().collect::<Vec<_>>()
    };
    let open = ask("/metrics", &[("Accept", OPEN_METRICS)]).await;
    assert_eq!(open.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert_eq!(open.header("vary"), Some("Accept, Accept-Encoding"));
    for (path, headers) in [("/metrics", &[][..]), ("/actuator/prometheus", &[("Accept", "text/plain")][..])] {
        let plain = ask(path, headers).await;
        assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert_eq!(names(&plain, false), names(&open, true), "{path}");
    }
    let gzip = ask("/metrics", &[("Accept-Encoding", "gzip")]).await;
    assert_eq!((gzip.header("content-encoding"), &gzip.body[..2]), (Some("gzip"), &b"\x1f\x8b"[..]));
    assert!(gzip.body.len() * 5 < open.body.len());
    assert_eq!(ask("/metrics/x", &[]).await.status, 404);
    assert_eq!(rig.put("/metrics").await.status, 405);
    rig.stop().await;
}
