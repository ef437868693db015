//! Each fetch moves exactly the counters that tell of it.

use eurus_registry::RegistryConfig;

use super::moved::{JSON, expect, refused, request};
use super::rig::Rig;
use super::{START_MS, registration, scrape};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fetches_and_caches() {
    let rig = Rig::start(RegistryConfig { disable_delta: false, ..RegistryConfig::stock() }, START_MS).await;
    rig.send("POST", "/eureka/apps/A", JSON, &registration("one", 10)).await;
    let xml: &[(&str, &str)] = &[("Accept", "application/xml")];
    let html: &[(&str, &str)] = &[("Accept", "text/html")];
    let fetched =
        |kind, format, result: &str| format!(r#"fetches_total{{kind="{kind}",format="{format}",result="{result}"}}"#);
    // Path, headers, kind, route, whether it is cached at first, status.
    let table = [
        ("/eureka/apps", JSON, "full", "apps", Some("miss"), 200),
        ("/eureka/apps", JSON, "full", "apps", Some("hit"), 200),
        ("/eureka/apps", xml, "full", "apps", Some("miss"), 200),
        ("/eureka/apps/delta", JSON, "delta", "delta", Some("miss"), 200),
        ("/eureka/apps/A", JSON, "app", "app", Some("miss"), 200),
        ("/eureka/apps/B", JSON, "app", "app", Some("miss"), 404),
        ("/eureka/apps/B", JSON, "app", "app", Some("hit"), 404),
        ("/eureka/vips/a", JSON, "vip", "vip", Some("miss"), 200),
        ("/eureka/svips/a", xml, "svip", "svip", Some("miss"), 200),
        ("/eureka/apps/A/one", JSON, "instance", "instance", None, 200),
        ("/eureka/apps/A/two", xml, "instance", "instance", None, 404),
        ("/eureka/instances/one", JSON, "instance", "instance_by_id", None, 200),
        ("/eureka/apps", html, "full", "apps", None, 406),
    ];
    for (path, headers, kind, route, lookup, status) in table {
        let format = if headers == xml { "xml" } else { "json" };
        let format = if status == 406 { "none" } else { format };
        let result = if status == 406 { "other".to_owned() } else { status.to_string() };
        let mut counters = vec![fetched(kind, format, &result)];
        counters.push(request(route, "GET", if status == 200 { "2xx" } else { "4xx" }));
        counters.extend(lookup.map(|result| format!(r#"cache_requests_total{{kind="{kind}",result="{result}"}}"#)));
        if lookup == Some("miss") {
            counters.push(format!(r#"cache_build_duration_seconds_count{{kind="{kind}"}}"#));
        }
        if status >= 400 {
            counters.push(refused(&status.to_string()));
        }
        let counters: Vec<&str> = counters.iter().map(String::as_str).collect();
        expect(&rig, ("GET", path, headers, ""), status, &counters).await;
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_lists_and_bytes_and_the_delta_that_is_off() {
    let rig = Rig::start(RegistryConfig { disable_delta: true, ..RegistryConfig::stock() }, START_MS).await;
    let first = rig.send("GET", "/eureka/apps", JSON, "").await;
    let bytes = async |encoding: &str| {
        scrape(&rig).await.value(&format!(r#"fetch_bytes_total{{kind="full",encoding="{encoding}"}}"#)).unwrap()
    };
    assert_eq!(bytes("identity").await, first.body.len() as f64);
    let compressed =
        rig.send("GET", "/eureka/apps", &[("Accept", "application/json"), ("Accept-Encoding", "gzip")], "");
    assert_eq!(bytes("gzip").await, 0.0);
    assert_eq!(compressed.await.body.len() as f64, bytes("gzip").await);
    rig.send("HEAD", "/eureka/apps", JSON, "").await;
    assert_eq!(bytes("identity").await, first.body.len() as f64, "nothing was sent");
    let known = [("Accept", "application/json"), ("If-None-Match", first.header("etag").unwrap())];
    let counters = [
        r#"fetches_total{kind="full",format="json",result="304"}"#,
        r#"cache_requests_total{kind="full",result="hit"}"#,
        &request("apps", "GET", "3xx"),
    ];
    expect(&rig, ("GET", "/eureka/apps", &known, ""), 304, &counters).await;
    let counters =
        [r#"fetches_total{kind="delta",format="none",result="403"}"#, &refused("403"), &request("delta", "GET", "4xx")];
    expect(&rig, ("GET", "/eureka/apps/delta", JSON, ""), 403, &counters).await;
    rig.stop().await;
}
