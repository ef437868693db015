//! The registry refuses or is away: nothing goes to any gateway, and what was done is undone.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::service::World;
use eurus_service::Faults;
use eurus_service::faults::{FaultPlan, Point, Way};
use eurus_sync_speed::points;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_is_away() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    world.registry.go_away().await;
    // Known from the copy, and unknown: nobody can say.
    for ip in ["10.0.0.2", "10.0.0.78"] {
        for path in ["/offline", "/online"] {
            let body = service.post(path, json!({"ip": ip}).to_string()).await.expect(502);
            assert_eq!((&body["error"], &body["state"]), (&json!("registry"), &json!("failed")), "{body:#}");
            assert_eq!(body["gateways"], json!([]));
            assert!(body["message"].as_str().unwrap().contains("no gateway was told anything"), "{body:#}");
        }
    }
    assert!(gateway.told().is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_refuses() {
    for status in [404, 500, 400] {
        let world = World::with_three();
        let gateway = world.gateway("g");
        world.registry.fail("PUT apps/JAVA-SERVICE/java-2/status", status);
        let service = world.start();
        let answer = service.offline(json!({"ip": "10.0.0.2"})).await;
        let entry = service.entry(&answer).await.expect(200);
        let body = answer.expect(502);
        assert_eq!(body["state"], "failed");
        assert_eq!(body["instances"][0]["outcome"], "refused");
        assert!(body["message"].as_str().unwrap().contains(&status.to_string()), "{status}: {body:#}");
        assert_eq!((&entry["state"], &entry["gateways"]), (&json!("failed"), &json!([])));
        assert!(gateway.told().is_empty());
        assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
        // A failed one is no reason to believe that it is out.
        world.registry.mend();
        assert_eq!(service.offline(json!({"ip": "10.0.0.2"})).await.expect(200)["state"], "done");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_lost_is_looked_up() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    world.registry.fail_but_do("PUT apps/JAVA-SERVICE/java-2/status", 500);
    let service = world.start();
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(body["state"], "done");
    assert_eq!(gateway.told().len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_refused_rolls_the_other_back() {
    let world = World::with_twins();
    let gateway = world.gateway("g");
    world.registry.fail("PUT apps/JAVA-SERVICE/twin-2/status", 500);
    let service = world.start();
    let body = service.offline(json!({"ip": "10.0.0.50"})).await.expect(502);
    assert_eq!(body["state"], "failed");
    assert_eq!(body["instances"][0]["outcome"], "rolled-back");
    assert_eq!(body["instances"][0]["status"], "UP");
    assert_eq!(body["instances"][1]["outcome"], "refused");
    assert!(gateway.told().is_empty());
    assert_eq!(world.registry.status("JAVA-SERVICE", "twin-1"), "UP");
    assert!(world.registry.changes().contains(&"registry DELETE apps/JAVA-SERVICE/twin-1/status?value=UP".to_owned()));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_that_fails_is_partial_and_the_gateways_hear_of_what_is_out() {
    let world = World::with_twins();
    let gateway = world.gateway("g");
    world.registry.fail("PUT apps/JAVA-SERVICE/twin-2/status", 500);
    world.registry.fail("DELETE apps/JAVA-SERVICE/twin-1/status", 500);
    let service = world.start();
    let body = service.offline(json!({"ip": "10.0.0.50"})).await.expect(200);
    assert_eq!(body["state"], "partial");
    assert_eq!(body["instances"][0]["status"], "OUT_OF_SERVICE");
    assert!(body["instances"][0]["detail"].as_str().unwrap().contains("could not be put back"), "{body:#}");
    assert_eq!(body["instances"][1]["outcome"], "refused");
    assert!(body["note"].as_str().unwrap().contains("JAVA-SERVICE/twin-1 could not be put back"), "{body:#}");
    let told = gateway.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["instanceId"], "twin-1");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_never_answers_is_given_up_in_time_and_undone() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start_with(|config| config.registry_within_ms = 200);
    world.registry.hang_but_do("PUT apps/JAVA-SERVICE/java-2/status");
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(502);
    assert_eq!((&body["state"], &body["instances"][0]["outcome"]), (&json!("failed"), &json!("rolled-back")));
    assert!(body["message"].as_str().unwrap().contains("within 200 ms"), "{body:#}");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    assert!(gateway.told().is_empty());
    // And so are reads.
    world.registry.mend();
    world.registry.hang_but_do("GET apps/JAVA-SERVICE/java-2");
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(502);
    assert!(body["message"].as_str().unwrap().contains("registry-within-ms"), "{body:#}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_have_been_done_is_undone_when_the_registry_is_back() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start_with(|config| config.registry_within_ms = 200);
    world.registry.hang_but_do("PUT apps/JAVA-SERVICE/java-2/status");
    world.registry.fail("DELETE apps/JAVA-SERVICE/java-2/status", 500);
    let answer = service.offline(json!({"ip": "10.0.0.2"})).await;
    let entry = service.entry(&answer).await.expect(200);
    let body = answer.body.clone();
    assert_eq!((answer.status.as_u16(), &body["state"]), (502, &json!("failed")), "{body:#}");
    assert!(body["message"].as_str().unwrap().starts_with("unknown: "), "{body:#}");
    assert_eq!((&entry["state"], &entry["retrying"]), (&json!("failed"), &json!(true)), "{entry:#}");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE");
    // A restart does not forget it, nor carry it out.
    service.stop().await;
    let service = world.start();
    world.events.clear();
    world.events.wait_for(1, "registry DELETE").await;
    world.registry.mend();
    service.advance_ms(60_000).await;
    let entry = service.entry(&answer).await.expect(200);
    assert_eq!(entry["instances"][0]["outcome"], "rolled-back", "{entry:#}");
    assert_eq!((&entry["state"], entry.get("retrying")), (&json!("failed"), None));
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    assert!(gateway.told().is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_request_is_not_undone() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start_with(|config| config.registry_within_ms = 200);
    world.registry.hang_but_do("PUT apps/JAVA-SERVICE/java-2/status");
    world.registry.fail("DELETE apps/JAVA-SERVICE/java-2/status", 500);
    let answer = service.offline(json!({"ip": "10.0.0.2"})).await;
    assert_eq!(answer.status.as_u16(), 502);
    world.registry.mend_only("PUT apps/JAVA-SERVICE/java-2/status");
    assert_eq!(service.offline(json!({"ip": "10.0.0.2"})).await.expect(200)["state"], "done");
    world.registry.mend();
    service.advance_ms(60_000).await;
    let entry = service.entry(&answer).await.expect(200);
    assert_eq!(entry["instances"][0]["detail"], "a newer entry deals with it", "{entry:#}");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE");
    assert_eq!(gateway.told().len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_online_whose_answer_was_lost_is_looked_for() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start_with(|config| config.registry_within_ms = 400);
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    world.registry.hang_but_do("DELETE apps/JAVA-SERVICE/java-2/status");
    let body = service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(body["state"], "done", "{body:#}");
    world.events.wait_for(1, "g /upline").await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_an_earlier_request_is_told_so() {
    let world = World::with_three();
    let service = world.start_with(|config| config.registry_within_ms = 400);
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    world.registry.hang_but_do("PUT apps/JAVA-SERVICE/java-2/status");
    world.registry.hang_but_do("DELETE apps/JAVA-SERVICE/java-2/status");
    let first = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(1, "registry PUT").await;
    let body = service.offline(json!({"ip": "10.0.0.3"})).await.expect(503);
    assert!(body["message"].as_str().unwrap().contains("an earlier request for JAVA-SERVICE"), "{body:#}");
    first.await.unwrap().expect(502);
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-3"), "UP");
    service.stop().await;
}

/// Stands still in the undoing of the first of two, for longer than its time at the registry: that is real time.
struct StandsStill(Arc<AtomicBool>);

impl FaultPlan for StandsStill {
    fn pass<'a>(&'a self, point: &'static Point, about: &'a str) -> Pin<Box<dyn Future<Output = Way> + Send + 'a>> {
        Box::pin(async move {
            let is_meant = *point == points::REGISTRY_ANSWERED && about.contains("twin-1");
            if is_meant && self.0.load(Ordering::SeqCst) {
                let _ = tokio::time::timeout(Duration::from_millis(600), std::future::pending::<()>()).await;
            }
            Way::On
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_undone_is_undone_in_the_time_of_its_turn_or_in_another_one() {
    let world = World::with_twins();
    let stands_still = Arc::new(AtomicBool::new(false));
    let faults = Faults::planned(Arc::new(StandsStill(Arc::clone(&stands_still))));
    let service = world.start_with(|config| {
        config.registry_within_ms = 300;
        config.faults = faults;
    });
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    world.registry.hang_but_do("PUT apps/JAVA-SERVICE/twin-2/status");
    world.registry.fail("DELETE apps/JAVA-SERVICE/twin-", 500);
    let answer = service.offline(json!({"ip": "10.0.0.50"})).await;
    assert_eq!(answer.status.as_u16(), 502, "{:#}", answer.body);
    service.hand.settle().await.unwrap();
    stands_still.store(true, Ordering::SeqCst);
    world.registry.mend();
    service.advance_ms(500).await;
    service.hand.settle().await.unwrap();
    let statuses = || ["twin-1", "twin-2"].map(|id| world.registry.status("JAVA-SERVICE", id));
    assert_eq!(statuses(), ["UP", "OUT_OF_SERVICE"], "its time was over");
    service.advance_ms(20_000).await;
    assert_eq!(statuses(), ["UP", "UP"]);
    let entry = service.entry(&answer).await.expect(200);
    assert_eq!((&entry["state"], entry.get("retrying")), (&json!("failed"), None), "{entry:#}");
    service.stop().await;
}

/// It has restarted: gateways go on with the list from before, so nobody may be told that there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_has_forgotten_everybody_does_not_mean_that_they_have_left() {
    let world = World::with_three();
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    for n in 2..5 {
        world.registry.remove("JAVA-SERVICE", &format!("java-{n}"));
    }
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(502);
    assert!(body["message"].as_str().unwrap().contains("suddenly shows no service at all"), "{body:#}");
    world.registry.add("JAVA-SERVICE", "java-3", "10.0.0.3", 80);
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(404);
    service.stop().await;
}
