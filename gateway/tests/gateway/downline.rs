//! The main job: taken out of rotation at once, and kept out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;
use tokio::task::JoinSet;

use crate::support::gateway::{FETCH_MS, Gateway, order};
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::{Registry, SERVICE_UP_MS};
use crate::support::{soon, until};

/// Callers that go on until they are told to stop.
struct Load {
    callers: JoinSet<Vec<String>>,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
}

impl Load {
    const CALLERS: usize = 8;

    fn start(gateway: &Gateway) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut callers = JoinSet::new();
        for _ in 0..Self::CALLERS {
            let url = format!("http://{}/java-service/hello", gateway.data);
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            callers.spawn(async move {
                // Its own client: one connection per caller.
                let http = reqwest::Client::new();
                let mut failed = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    match http.get(&url).send().await {
                        Ok(response) if response.status() == 200 => drop(response.bytes().await),
                        other => failed.push(format!("{other:?}")),
                    }
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                failed
            });
        }
        Self { callers, stop, answered }
    }

    /// Until so many more answers have come.
    async fn answers(&self, count: u64) {
        let from = self.answered.load(Ordering::Relaxed);
        until("answers", async || self.answered.load(Ordering::Relaxed) >= from + count).await;
    }

    /// What failed.
    async fn stop(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        soon("the callers", self.callers.join_all()).await.concat()
    }
}

async fn begun(gateway: &Gateway, producer: &Producer) -> u64 {
    gateway.instance(producer).await["requests"].as_u64().unwrap()
}

/// The count that the gateway shows when it acknowledges is the producer's own count for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_acknowledgement_no_request_begins_there_and_none_fails() {
    const ROUNDS: i64 = 20;
    let producers = [Producer::start(2).await, Producer::start(3).await, Producer::start(4).await];
    let downed = &producers[0];
    let registry = Registry::start(&producers.each_ref()).await;
    let gateway = Gateway::start(&registry).await;
    let load = Load::start(&gateway);
    for round in 0..ROUNDS {
        load.answers(30).await;
        assert_eq!(gateway.order("/downline", 2 * round, downed).await, "applied");
        let at_ack = begun(&gateway, downed).await;
        assert!(at_ack > 0, "the load did not reach {}", downed.id);
        load.answers(100).await;
        assert_eq!(begun(&gateway, downed).await, at_ack, "round {round}");
        assert_eq!(downed.requests(), at_ack, "round {round}");
        assert_eq!(gateway.order("/upline", 2 * round + 1, downed).await, "applied");
        until("a request after the upline", async || begun(&gateway, downed).await > at_ack).await;
    }
    assert_eq!(load.stop().await, Vec::<String>::new());
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_finishes_and_does_not_delay_the_acknowledgement() {
    let (release, released) = tokio::sync::watch::channel(false);
    let address = raw::late_server(2, released).await;
    let (slow, other) = (Producer::at(2, address), Producer::start(3).await);
    let registry = Registry::start(&[&slow]).await;
    let gateway = Arc::new(Gateway::start(&registry).await);
    let caller = Arc::clone(&gateway);
    let under_way = tokio::spawn(async move { caller.get("/java-service/x").await });
    until("the first byte", async || begun(&gateway, &slow).await == 1).await;
    registry.put(&other, "UP");
    gateway.fetch().await;
    assert_eq!(gateway.order("/downline", 1, &slow).await, "applied");
    assert_eq!(gateway.get("/java-service/hello").await, (200, "p3".to_owned()));
    release.send(true).unwrap();
    assert_eq!(soon("the late answer", under_way).await.unwrap(), (200, "late".to_owned()));
    Arc::into_inner(gateway).unwrap().stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_copy_does_not_bring_it_back_and_a_confirmed_mark_ends() {
    let (downed, other) = (Producer::start(2).await, Producer::start(3).await);
    let registry = Registry::start(&[&downed, &other]).await;
    let gateway = Gateway::start(&registry).await;
    gateway.hand.advance_ms(1_000).await.unwrap();
    assert_eq!(gateway.order("/downline", 7, &downed).await, "applied");
    // The copies of the next minutes still say UP.
    for _ in 0..3 {
        gateway.fetch().await;
        assert!(!gateway.is_in_rotation(&downed).await);
        assert_eq!(gateway.get("/java-service/hello").await, (200, "p3".to_owned()));
    }
    let (_, cache) = gateway.admin_get("/down-service-cache").await;
    assert_eq!(cache["counters"]["outlived_window"], 1);
    assert_eq!(cache["marks"][0]["age_ms"], 3 * FETCH_MS);
    assert_eq!(cache["marks"][0]["remaining_ms"], 0);
    assert_eq!(cache["marks"][0]["bound_remaining_ms"], 300_000 - 3 * FETCH_MS);
    registry.put(&downed, "OUT_OF_SERVICE");
    gateway.fetch().await;
    let (_, cache) = gateway.admin_get("/down-service-cache").await;
    assert_eq!((&cache["marks"], &cache["counters"]["confirmed"]), (&json!([]), &json!(1)));
    // The fetch of 120 s was the first that showed it, 90 s after the window.
    assert_eq!(cache["counters"]["longest_lag_ms"], 4 * FETCH_MS - 1_000 - 30_000);
    assert_eq!(gateway.instance(&downed).await["why"], "OUT_OF_SERVICE from registry");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_listener_off_the_next_fetch_brings_it_back() {
    let (downed, other) = (Producer::start(2).await, Producer::start(3).await);
    let registry = Registry::start(&[&downed, &other]).await;
    let gateway = Gateway::start_with(&registry, |config| config.fetch_listener_enabled = false).await;
    assert_eq!(gateway.order("/downline", 7, &downed).await, "applied");
    assert!(!gateway.is_in_rotation(&downed).await);
    gateway.fetch().await;
    assert!(gateway.is_in_rotation(&downed).await);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_were_overtaken_change_nothing() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    assert_eq!(gateway.order("/downline", 7, &producer).await, "applied");
    assert_eq!(gateway.order("/downline", 7, &producer).await, "applied");
    assert_eq!(gateway.order("/upline", 6, &producer).await, "superseded");
    // What a late downline asks for is so, by the one in force.
    assert_eq!(gateway.order("/downline", 6, &producer).await, "applied");
    assert!(!gateway.is_in_rotation(&producer).await);
    assert_eq!(gateway.order("/upline", 8, &producer).await, "applied");
    assert_eq!(gateway.order("/downline", 7, &producer).await, "superseded");
    assert!(gateway.is_in_rotation(&producer).await);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_registration_under_the_same_address_is_not_shot_down() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    assert_eq!(gateway.order("/downline", 7, &producer).await, "applied");
    assert!(!gateway.is_in_rotation(&producer).await);
    registry.put_instance(producer.instance("UP", SERVICE_UP_MS + 1));
    gateway.fetch().await;
    assert!(gateway.is_in_rotation(&producer).await);
    // Nor by an order that comes late and means the life before.
    let (status, answer) = gateway.admin_post("/downline", order(9, &producer).to_string()).await;
    assert_eq!((status, &answer["outcome"]), (200, &json!("other-registration")));
    assert_eq!(answer["serviceUpTimestamp"], SERVICE_UP_MS + 1);
    assert!(gateway.is_in_rotation(&producer).await);
    gateway.stop().await.unwrap();
}
