//! Instances that refuse connections, reported to sync-speed.

use serde_json::json;

use crate::support::gateway::Gateway;
use crate::support::producer::{APP, Producer};
use crate::support::registry::{Registry, SERVICE_UP_MS};
use crate::support::sync_speed::SyncSpeed;
use crate::support::until;

const PAUSE_MS: i64 = 2_000;

async fn requests(gateway: &Gateway) {
    for _ in 0..6 {
        assert_eq!(gateway.get("/java-service/hello").await, (200, "p3".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_once_in_a_pause_and_requests_do_not_wait_for_that() {
    let (dead, other) = (Producer::absent(2), Producer::start(3).await);
    let registry = Registry::start(&[&dead, &other]).await;
    let sync_speed = SyncSpeed::start().await;
    let gateway = Gateway::start_with(&registry, |config| {
        config.sync_speed.urls = vec![sync_speed.url()];
        config.sync_speed.report_refused = true;
    })
    .await;
    sync_speed.hold(true);
    requests(&gateway).await;
    until("a report", async || sync_speed.reported().len() == 1).await;
    requests(&gateway).await;
    sync_speed.hold(false);
    let report = json!({
        "node": format!("127.0.0.1:eurus-gateway:{}", gateway.data.port()), "application": APP, "instanceId": dead.id,
        "registration": {"ip": "127.0.0.2", "serviceUpTimestamp": SERVICE_UP_MS},
        "address": dead.address.to_string(), "refusals": 1,
    });
    gateway.hand.settle().await.unwrap();
    assert_eq!(sync_speed.reported(), [report]);
    gateway.hand.advance_ms(PAUSE_MS).await.unwrap();
    requests(&gateway).await;
    until("another report", async || sync_speed.reported().len() == 2).await;
    assert_eq!(sync_speed.reported()[1]["refusals"], 2);
    gateway.hand.settle().await.unwrap();
    // Somebody knows: what is not in rotation is not tried.
    assert_eq!(gateway.order("/downline", 1, &dead).await, "applied");
    gateway.hand.advance_ms(PAUSE_MS).await.unwrap();
    requests(&gateway).await;
    gateway.hand.settle().await.unwrap();
    assert_eq!(sync_speed.reported().len(), 2);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_unless_it_is_asked_for() {
    let (dead, other) = (Producer::absent(2), Producer::start(3).await);
    let registry = Registry::start(&[&dead, &other]).await;
    let sync_speed = SyncSpeed::start().await;
    let gateway = Gateway::start_with(&registry, |config| config.sync_speed.urls = vec![sync_speed.url()]).await;
    requests(&gateway).await;
    gateway.hand.advance_ms(PAUSE_MS).await.unwrap();
    requests(&gateway).await;
    gateway.stop().await.unwrap();
    assert_eq!(sync_speed.reported().len(), 0);
    let gateway = Gateway::start_unready(&registry, |config| config.sync_speed.report_refused = true);
    let refused = gateway.stop().await.unwrap_err().to_string();
    assert!(refused.contains("eurus.gateway.report-refused") && refused.contains("eurus.gateway.sync-speed.url"));
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_requests_meet_it_in_a_pause() {
    let dead = Producer::absent(2);
    let registry = Registry::start(&[&dead]).await;
    let sync_speed = SyncSpeed::start().await;
    let gateway = Gateway::start_with(&registry, |config| {
        config.sync_speed.urls = vec![sync_speed.url()];
        config.sync_speed.report_refused = true;
    })
    .await;
    for report in 1..=2 {
        for _ in 0..5 {
            assert_eq!(gateway.get("/java-service/hello").await.0, 502);
        }
        until("a report", async || sync_speed.reported().len() >= report).await;
        gateway.hand.settle().await.unwrap();
        assert_eq!(sync_speed.reported().len(), report);
        gateway.hand.advance_ms(PAUSE_MS).await.unwrap();
    }
    assert_eq!(sync_speed.reported()[1]["refusals"], 6);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_answers_that_it_is_looking_was_told() {
    let (dead, other) = (Producer::absent(2), Producer::start(3).await);
    let registry = Registry::start(&[&dead, &other]).await;
    let (first, second) = (SyncSpeed::start().await, SyncSpeed::start().await);
    let gateway = Gateway::start_with(&registry, |config| {
        config.sync_speed.urls = vec![first.url(), second.url()];
        config.sync_speed.report_refused = true;
    })
    .await;
    first.answer_with(Some((202, r#"{"outcome":"looking"}"#)));
    requests(&gateway).await;
    until("a report", async || first.reported().len() == 1).await;
    gateway.hand.settle().await.unwrap();
    assert_eq!(second.reported().len(), 0);
    gateway.stop().await.unwrap();
}
