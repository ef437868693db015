//! What was acknowledged holds, until it ends.

use crate::support::gateway::Mode;
use crate::support::service::{Service, World, as_json, client, send};
use eurus_sync_speed::audit::Record;
use eurus_sync_speed::config::OwnRegistration;
use eurus_sync_speed::store::Store;
use serde_json::{Value, json};

pub(crate) const STATUS: &str = "registry PUT apps/JAVA-SERVICE/java-2/status?value=OUT_OF_SERVICE";

pub(crate) async fn offline(service: &Service, body: Value) -> Value {
    let answer = send(as_json(client().post(format!("{}/offline", service.url)), body.to_string())).await;
    answer.expect(200)
}

/// Fetches of half a minute, and a while for what follows from them.
pub(crate) async fn later(service: &Service) {
    for _ in 0..35 {
        service.advance_ms(1_000).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_in_time() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start();
    let body = offline(&service, json!({"ip": "10.0.0.2", "expiresAfterMs": 90_000})).await;
    assert_eq!(body["expiresAt"], 1_795_000_090_000_i64);
    service.advance_ms(89_000).await;
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE");
    service.advance_ms(3_000).await;
    world.events.wait_for(1, "g /upline").await;
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    let entries = service.get("/offline").await.expect(200);
    assert_eq!(entries["entries"][0]["kind"], "online", "{entries:#}");
    let store = Store::open(world.folder.path()).await.unwrap();
    let trail = loop {
        // Written when the order is done.
        let trail = store.audited_since(0, 10).await.unwrap();
        if trail.iter().any(Record::is_own) {
            break trail;
        }
        tokio::task::yield_now().await;
    };
    let own: Vec<_> = trail.iter().filter(|record| record.is_own()).collect();
    let [own] = own.as_slice() else { panic!("{trail:?}") };
    assert_eq!((own.caller.as_deref(), own.kind.as_deref()), (Some("sync-speed"), Some("online")));
    assert_eq!((own.outcome.as_str(), own.entry.as_deref()), ("done", entries["entries"][0]["id"].as_str()));
    assert_eq!(own.reason, Some(format!("the time of {} is over", body["id"].as_str().unwrap())));
    later(&service).await;
    assert_eq!(world.events.matching("g /upline").len(), 1, "once");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_waits_for_a_gateway_does_not_hold_up_the_others() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    for ip in ["10.0.0.2", "10.0.0.3"] {
        offline(&service, json!({"ip": ip, "expiresAfterMs": 10_000})).await;
    }
    gateway.answer_with(Mode::Status(503));
    // Less than an answer waits for a gateway.
    service.advance_ms(11_500).await;
    service.hand.settle().await.unwrap();
    for id in ["java-2", "java-3"] {
        assert_eq!(world.registry.status("JAVA-SERVICE", id), "UP", "{id}");
    }
    gateway.answer_with(Mode::Outcome("applied"));
    service.advance_ms(10_000).await;
    let entries = service.get("/offline?limit=2").await.expect(200);
    for entry in entries["entries"].as_array().unwrap() {
        assert_eq!((&entry["kind"], &entry["state"]), (&json!("online"), &json!("done")), "{entry:#}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configured_time_is_for_those_that_say_nothing() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start_with(|config| config.release_after_ms = Some(10_000));
    offline(&service, json!({"ip": "10.0.0.2"})).await;
    offline(&service, json!({"ip": "10.0.0.3", "expiresAfterMs": 60_000})).await;
    service.advance_ms(12_000).await;
    world.events.wait_for(1, "g /upline").await;
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-3"), "OUT_OF_SERVICE");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_right_is_left_alone() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start_with(|config| config.eureka.registration = Some(OwnRegistration::default()));
    offline(&service, json!({"ip": "10.0.0.2"})).await;
    offline(&service, json!({"ip": "10.0.0.3"})).await;
    later(&service).await;
    // One lives again, of the other somebody has removed the override.
    let now_ms = service.hand.now_ms();
    world.registry.change("JAVA-SERVICE", "java-2", |one| (one.service_up_ms, one.status) = (now_ms, "UP".to_owned()));
    world.registry.change("JAVA-SERVICE", "java-3", |one| one.status = "UP".to_owned());
    let asked = world.registry.changes().iter().filter(|change| change.contains("/status")).count();
    later(&service).await;
    later(&service).await;
    let now_asked = world.registry.changes().iter().filter(|change| change.contains("/status")).count();
    assert_eq!(asked, now_asked);
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-3"), "UP");
    // A registry that forgets later has nothing to be told.
    world.registry.fail_once("PUT apps/EURUS-SYNC-SPEED", 404);
    later(&service).await;
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_with_an_instance_that_has_left() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start();
    offline(&service, json!({"ip": "10.0.0.2"})).await;
    offline(&service, json!({"ip": "10.0.0.3"})).await;
    later(&service).await;
    world.registry.remove("JAVA-SERVICE", "java-2");
    service.advance_ms(590_000).await;
    let held = || async {
        let held = Store::open(world.folder.path()).await.unwrap().held().await.unwrap().0;
        held.into_iter().map(|held| held.instance_id).collect::<Vec<String>>()
    };
    assert_eq!(held().await, ["java-2", "java-3"], "it may come back");
    service.advance_ms(60_000).await;
    service.hand.settle().await.unwrap();
    assert_eq!(held().await, ["java-3"]);
    service.stop().await;
}
