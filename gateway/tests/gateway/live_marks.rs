//! What was ordered while the gateway was not there: it asks sync-speed before it serves, and again and again.

use serde_json::{Value, json};

use crate::support::gateway::{FETCH_MS, Gateway};
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::sync_speed::SyncSpeed;
use crate::support::until;

async fn start(registry: &Registry, sync_speed: &SyncSpeed) -> Gateway {
    Gateway::start_with(registry, |config| config.sync_speed.urls = vec![sync_speed.url()]).await
}

async fn health(gateway: &Gateway) -> (u16, Value) {
    let (status, body) = gateway.admin_get("/actuator/health").await;
    (status, body["details"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_served_and_nothing_fetched_before_the_live_marks_are_there() {
    let (downed, other) = (Producer::start(2).await, Producer::start(3).await);
    let registry = Registry::start(&[&downed, &other]).await;
    let sync_speed = SyncSpeed::start().await;
    sync_speed.mark("downline", 7, &downed);
    sync_speed.hold(true);
    let gateway = Gateway::start_unready(&registry, |config| {
        config.sync_speed.urls = vec![sync_speed.url()];
        config.sync_speed.token = Some("s3cret".to_owned());
    });
    until("the announcement", async || sync_speed.announced().len() == 1).await;
    let (status, details) = health(&gateway).await;
    assert_eq!(status, 503);
    assert!(details["sync_speed"].as_str().unwrap().starts_with("waiting for the live marks"), "{details}");
    assert_eq!(gateway.get("/java-service/hello").await.0, 503);
    assert_eq!(gateway.get("/actuator/health").await.0, 503);
    assert_eq!(registry.calls(), 0);
    // Orders are taken all the same: from now on it is told of them.
    assert_eq!(gateway.order("/downline", 8, &other).await, "applied");
    sync_speed.hold(false);
    until("the first fetch", async || health(&gateway).await.0 == 200).await;
    for producer in [&downed, &other] {
        assert!(!gateway.is_in_rotation(producer).await);
        assert_eq!(producer.requests(), 0);
    }
    assert_eq!(gateway.get("/java-service/hello").await.0, 503);
    let why = gateway.instance(&downed).await["why"].as_str().unwrap().to_owned();
    assert!(why.starts_with("OUT_OF_SERVICE by downline 7 (entry entry-7)"), "{why}");
    let node = format!("127.0.0.1:eurus-gateway:{}", gateway.data.port());
    let announced = json!({"node": node, "group": "EURUS-GATEWAY", "admin": format!("http://{}", gateway.admin)});
    assert_eq!(sync_speed.announced(), [announced]);
    assert_eq!(sync_speed.authorization().as_deref(), Some("Bearer s3cret"));
    assert_eq!(health(&gateway).await.1["last_announcement_age_ms"], 0);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_wait_is_over_it_serves_loudly_and_goes_on_asking() {
    let (downed, other) = (Producer::start(2).await, Producer::start(3).await);
    let registry = Registry::start(&[&downed, &other]).await;
    let sync_speed = SyncSpeed::start().await;
    sync_speed.mark("downline", 7, &downed);
    for (status, body) in [(503, "later"), (404, ""), (401, "token"), (200, "<html>"), (200, "{}")] {
        sync_speed.answer_with(Some((status, body)));
        let before = sync_speed.announced().len();
        let gateway = Gateway::start_unready(&registry, |config| config.sync_speed.urls = vec![sync_speed.url()]);
        // Its timers exist from then on.
        until("the announcement", async || sync_speed.announced().len() > before).await;
        gateway.hand.advance_ms(9_999).await.unwrap();
        assert_eq!(health(&gateway).await.0, 503, "{status} {body}");
        gateway.hand.advance_ms(1).await.unwrap();
        until("the first fetch", async || health(&gateway).await.0 == 200).await;
        let (_, details) = health(&gateway).await;
        assert!(details["sync_speed"].as_str().unwrap().starts_with("no sync-speed has answered"), "{details}");
        assert!(gateway.is_in_rotation(&downed).await);
        sync_speed.answer_with(None);
        gateway.hand.advance_ms(5_000).await.unwrap();
        assert!(!gateway.is_in_rotation(&downed).await, "{status} {body}");
        assert!(gateway.is_in_rotation(&other).await);
        assert_eq!(health(&gateway).await.1["sync_speed"], Value::Null);
        gateway.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_is_enough_and_each_is_asked() {
    let (downed, other) = (Producer::start(2).await, Producer::start(3).await);
    let registry = Registry::start(&[&downed, &other]).await;
    let (one, two) = (SyncSpeed::start().await, SyncSpeed::start().await);
    one.mark("downline", 7, &downed);
    two.mark("downline", 9, &other);
    let away = Producer::absent(4);
    let gateway = Gateway::start_with(&registry, |config| {
        config.sync_speed.urls = vec![format!("http://{}", away.address), one.url(), two.url()];
    })
    .await;
    assert!(!gateway.is_in_rotation(&downed).await && !gateway.is_in_rotation(&other).await);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_renewal_brings_what_was_missed_and_nothing_twice() {
    let (downed, other) = (Producer::start(2).await, Producer::start(3).await);
    let registry = Registry::start(&[&downed, &other]).await;
    let sync_speed = SyncSpeed::start().await;
    let gateway = start(&registry, &sync_speed).await;
    assert_eq!(gateway.order("/downline", 5, &downed).await, "applied");
    assert_eq!(gateway.order("/upline", 6, &downed).await, "applied");
    // What was overtaken does not count, what was missed does.
    sync_speed.mark("downline", 5, &downed);
    sync_speed.mark("downline", 7, &other);
    gateway.hand.advance_ms(30_000).await.unwrap();
    assert!(gateway.is_in_rotation(&downed).await && !gateway.is_in_rotation(&other).await);
    assert_eq!(sync_speed.announced().len(), 2);
    // The copy agrees, and later somebody brings it back at the registry: that counts, whatever is renewed.
    registry.put(&other, "OUT_OF_SERVICE");
    gateway.hand.advance_ms(2 * FETCH_MS).await.unwrap();
    registry.put(&other, "UP");
    gateway.hand.advance_ms(2 * FETCH_MS).await.unwrap();
    assert!(gateway.is_in_rotation(&other).await);
    let (_, cache) = gateway.admin_get("/down-service-cache").await;
    assert_eq!((&cache["counters"]["recorded"], &cache["marks"]), (&json!(3), &json!([])));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_that_it_leaves_unless_it_is_killed() {
    let registry = Registry::start(&[]).await;
    let sync_speed = SyncSpeed::start().await;
    start(&registry, &sync_speed).await.stop().await.unwrap();
    let announced = sync_speed.announced();
    assert_eq!(announced.len(), 2);
    assert_eq!((&announced[1]["leaving"], &announced[1]["node"]), (&json!(true), &announced[0]["node"]));
    start(&registry, &sync_speed).await.kill().await;
    assert_eq!(sync_speed.announced().len(), 3);
    // Also while it waits.
    sync_speed.answer_with(Some((503, "")));
    let waiting = Gateway::start_unready(&registry, |config| config.sync_speed.urls = vec![sync_speed.url()]);
    until("the announcement", async || sync_speed.announced().len() == 4).await;
    waiting.stop().await.unwrap();
    assert_eq!(sync_speed.announced()[4]["leaving"], true);
}
