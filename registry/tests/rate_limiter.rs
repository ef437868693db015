//! The rate limiter over HTTP, on a manual clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use eurus_registry::{RateLimits, RegistryConfig};
use serde_json::json;

use rig::{Answer, Rig};

async fn limited(enabled: bool) -> Rig {
    let rate_limits = RateLimits {
        enabled,
        burst_size: 2,
        registry_fetch_average_rate: 10,
        full_fetch_average_rate: 1,
        privileged_clients: ["my-tool".to_owned()].into(),
        ..RateLimits::stock()
    };
    Rig::start(RegistryConfig { rate_limits, ..RegistryConfig::stock() }, 1_800_000_000_000).await
}

async fn fetch(rig: &Rig, method: &str, path: &str, client: &str) -> Answer {
    rig.send(method, path, &[("Accept", "application/json"), ("DiscoveryIdentity-Name", client)], "").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fetches_too_often_is_asked_to_come_later() {
    let rig = limited(true).await;
    assert_eq!(rig.register("A", "one", json!({})).await.status, 204);
    for path in ["/eureka/apps", "/eureka/v2/apps/"] {
        assert_eq!(fetch(&rig, "GET", path, "curl").await.status, 200);
    }
    for (method, path) in
        [("GET", "/eureka/apps"), ("GET", "/eureka/apps/delta"), ("HEAD", "/eureka/apps"), ("GET", "/eureka/apps/A/")]
    {
        let refused = fetch(&rig, method, path, "curl").await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{method} {path}");
        assert!(refused.body.is_empty());
    }
    for client in ["DefaultClient", "DefaultServer", "my-tool"] {
        assert_eq!(fetch(&rig, "GET", "/eureka/apps", client).await.status, 200, "{client}");
    }
    // What is no fetch is never limited.
    assert_eq!(rig.put("/eureka/apps/A/one").await.status, 200);
    assert_eq!(rig.register("A", "two", json!({})).await.status, 204);
    for path in ["/eureka/apps/A/one", "/eureka/vips/a", "/"] {
        assert_eq!(fetch(&rig, "GET", path, "curl").await.status, 200, "{path}");
    }
    // Deltas come back ten times as fast as full lists.
    rig.advance_ms(100).await;
    assert_eq!(fetch(&rig, "GET", "/eureka/apps/delta", "curl").await.status, 200);
    assert_eq!(fetch(&rig, "GET", "/eureka/apps/delta", "curl").await.status, 503);
    rig.advance_ms(200).await;
    assert_eq!(fetch(&rig, "GET", "/eureka/apps", "curl").await.status, 503);
    assert_eq!(fetch(&rig, "GET", "/eureka/apps/delta", "curl").await.status, 200);
    rig.advance_ms(700).await;
    assert_eq!(fetch(&rig, "GET", "/eureka/apps", "curl").await.status, 200);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_being_asked_to_it_refuses_nobody() {
    let rig = limited(false).await;
    for _ in 0..5 {
        assert_eq!(fetch(&rig, "GET", "/eureka/apps", "curl").await.status, 200);
    }
    rig.stop().await;
}
