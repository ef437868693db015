//! `POST /online`: the inverse, and its traps.

use crate::support::gateway::Mode;
use crate::support::service::World;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_override_is_removed_with_a_value_and_the_gateways_are_told() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    world.events.clear();
    let body = service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!((&body["state"], &body["kind"]), (&json!("done"), &json!("online")));
    assert_eq!(body["instances"][0]["status"], "UP");
    // Without a value the status would become UNKNOWN and the next heartbeat be answered 404.
    assert_eq!(world.registry.changes(), ["registry DELETE apps/JAVA-SERVICE/java-2/status?value=UP"]);
    assert_eq!(world.events.matching("g /").len(), 1);
    assert!(world.events.matching("g /")[0].starts_with("g /upline"));
    let numbers: Vec<i64> = gateway.told().iter().map(|order| order["number"].as_i64().unwrap()).collect();
    assert!(numbers[1] > numbers[0], "{numbers:?}");
    // It counts as left to serve again.
    for ip in ["10.0.0.3", "10.0.0.4"] {
        service.offline(json!({"ip": ip})).await.expect(200);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_forgot_the_override_is_told_the_status() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    world.registry.forget_overrides();
    world.events.clear();
    let body = service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(body["state"], "done");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    assert_eq!(
        world.registry.changes(),
        [
            "registry DELETE apps/JAVA-SERVICE/java-2/status?value=UP",
            "registry PUT apps/JAVA-SERVICE/java-2/status?value=UP",
            "registry DELETE apps/JAVA-SERVICE/java-2/status?value=UP",
        ]
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_for_one_of_two_brings_the_other_back() {
    let world = World::with_twins();
    let gateway = world.gateway("g");
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.50"})).await.expect(200);
    world.registry.fail("DELETE apps/JAVA-SERVICE/twin-1/status", 500);
    let body = service.online(json!({"ip": "10.0.0.50"})).await.expect(200);
    assert_eq!(body["state"], "partial");
    assert_eq!(body["instances"][0]["outcome"], "refused");
    assert_eq!(body["instances"][1]["status"], "UP");
    let uplines = world.events.matching("g /upline");
    assert_eq!(uplines.len(), 1);
    assert!(uplines[0].contains("twin-2"));
    world.registry.fail("DELETE", 500);
    let before = gateway.told().len();
    assert_eq!(service.online(json!({"ip": "10.0.0.50"})).await.expect(502)["state"], "failed");
    assert_eq!(gateway.told().len(), before);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_online_overtakes_the_downline_that_a_gateway_has_not_heard() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    gateway.answer_with(Mode::Status(503));
    let service = world.start();
    let offline = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(1, "g /downline").await;
    service.advance_ms(2_000).await;
    let offline = offline.await.unwrap();
    gateway.answer_with(Mode::Outcome("applied"));
    world.events.clear();
    assert_eq!(service.online(json!({"ip": "10.0.0.2"})).await.expect(200)["state"], "done");
    service.advance_ms(60_000).await;
    assert!(world.events.matching("g /downline").is_empty(), "no late downline: {:?}", world.events.matching("g /"));
    let body = service.entry(&offline).await.expect(200);
    assert_eq!((&body["state"], &body["gateways"][0]["outcome"]), (&json!("done"), &json!("superseded")));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_down_by_its_own_word_does_not_come_back_up() {
    for (before, offlines, expected) in [("DOWN", 1, "DOWN"), ("STARTING", 2, "STARTING"), ("UP", 2, "UP")] {
        let world = World::with_three();
        let _gateway = world.gateway("g");
        world.registry.change("JAVA-SERVICE", "java-2", |instance| instance.status = before.to_owned());
        let service = world.start();
        for _ in 0..offlines {
            service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
        }
        let body = service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
        assert_eq!(body["instances"][0]["status"], expected, "{body:#}");
        assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), expected);
        // It is settled: what was before does not count for the next one, of which this service knows nothing.
        world.registry.change("JAVA-SERVICE", "java-2", |instance| instance.status = "OUT_OF_SERVICE".to_owned());
        service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
        assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_to_online_that_was_lost_is_looked_up() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    world.registry.fail_but_do("DELETE apps/JAVA-SERVICE/java-2/status", 500);
    assert_eq!(service.online(json!({"ip": "10.0.0.2"})).await.expect(200)["state"], "done");
    assert_eq!(gateway.told().len(), 2);
    service.stop().await;
}
