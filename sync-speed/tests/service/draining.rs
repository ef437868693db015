//! An answer that waits until the last request on the instance has ended.

use crate::requests::at_its_end;
use crate::support::gateway::Mode;
use crate::support::service::World;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_a_drain_holds_up_nobody() {
    const MORE_THAN_PLACES: usize = 257;
    let world = World::with_three();
    let gateway = world.gateway("g");
    gateway.set_under_way(1);
    let service = world.start();
    let body = || json!({"ip": "10.0.0.2", "drain": {"withinMs": 600_000}});
    let mut waiting = Vec::new();
    for asked in 1..=MORE_THAN_PLACES {
        waiting.push(service.offline_in_background(body()));
        world.events.wait_for(asked, "g /under-way").await;
    }
    service.online(json!({"ip": "10.0.0.3"})).await.expect(200);
    gateway.set_under_way(0);
    // Who was asked too long ago is asked again.
    service.advance_ms(1_000).await;
    for one in waiting {
        assert_eq!(one.await.unwrap().expect(200)["drain"]["state"], "drained");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn until_the_last_request_has_ended() {
    let world = World::with_three();
    let (busy, _idle) = (world.gateway("busy"), world.gateway("idle"));
    busy.set_under_way(2);
    let service = world.start();
    let asked = service.offline_in_background(json!({"ip": "10.0.0.2", "drain": {"withinMs": 10_000}}));
    world.events.wait_for(1, "busy /under-way?application=JAVA-SERVICE&instanceId=java-2").await;
    assert!(!asked.is_finished());
    busy.set_under_way(0);
    let body = asked.await.unwrap().expect(200);
    assert_eq!(body["state"], "done");
    assert_eq!(body["drain"], json!({"state": "drained", "withinMs": 10_000, "underWay": 0, "waitedMs": 0}));
    let kept = service.get(&format!("/offline/{}", body["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(kept, body);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn or_until_the_bound() {
    let world = World::with_three();
    let (busy, away) = (world.gateway("busy"), world.gateway("away"));
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    busy.set_under_way(2);
    away.go_away().await;
    let asked = service.offline_in_background(json!({"ip": "10.0.0.3", "drain": {"withinMs": 1}}));
    world.events.wait_for(1, "busy /downline \"java-3\"").await;
    // Past the wait for the gateway that is away, and past the bound.
    while !asked.is_finished() {
        service.advance_ms(100).await;
        tokio::task::yield_now().await;
    }
    let body = asked.await.unwrap().expect(200);
    assert_eq!(body["state"], "partial");
    assert_eq!(body["drain"]["state"], "bound-reached", "{body:#}");
    assert_eq!(body["drain"]["underWay"], 2, "{body:#}");
    assert!(body["drain"]["notKnown"][0].as_str().unwrap().starts_with("away: was not told to stop"), "{body:#}");
    service.stop().await;
}

/// Whoever has not heard yet is waited for, and asked then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_told_late_is_asked_too() {
    let world = World::with_three();
    let (_quiet, late) = (world.gateway("quiet"), world.gateway("late"));
    let service = world.start();
    late.answer_with(Mode::Status(503));
    let asked = service.offline_in_background(json!({"ip": "10.0.0.3", "drain": {"withinMs": 60_000}}));
    world.events.wait_for(1, "quiet /downline \"java-3\"").await;
    // Past the time after which an answer without a drain is given.
    for _ in 0..30 {
        service.advance_ms(100).await;
    }
    assert!(!asked.is_finished());
    late.set_under_way(1);
    late.answer_with(Mode::Outcome("applied"));
    while world.events.matching("late /under-way").is_empty() {
        service.advance_ms(100).await;
        tokio::task::yield_now().await;
    }
    assert!(!asked.is_finished());
    late.set_under_way(0);
    while !asked.is_finished() {
        service.advance_ms(100).await;
        tokio::task::yield_now().await;
    }
    let body = asked.await.unwrap().expect(200);
    assert_eq!((&body["state"], &body["drain"]["state"]), (&json!("done"), &json!("drained")), "{body:#}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_gateway_is_known_nothing_is_drained() {
    let world = World::with_three();
    let service = world.start();
    let asked = service.offline_in_background(json!({"ip": "10.0.0.3", "drain": {"withinMs": 5_000}}));
    while !asked.is_finished() {
        service.advance_ms(100).await;
        tokio::task::yield_now().await;
    }
    let body = asked.await.unwrap().expect(200);
    assert_eq!((&body["state"], &body["drain"]["state"]), (&json!("partial"), &json!("bound-reached")), "{body:#}");
    assert_eq!(body["drain"]["notKnown"], json!(["JAVA-SERVICE: no gateway of its groups is known"]));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_a_stop_cuts_off_is_over() {
    let world = World::with_three();
    let busy = world.gateway("busy");
    busy.set_under_way(2);
    let service = world.start();
    let asked = service.offline_in_background(json!({"ip": "10.0.0.2", "drain": {"withinMs": 600_000}}));
    world.events.wait_for(1, "busy /under-way").await;
    service.abort().await;
    asked.abort();
    let service = world.start();
    let newest = service.get("/offline?limit=1").await.expect(200)["entries"][0].clone();
    let body = at_its_end(&service, &format!("/offline/{}", newest["id"].as_str().unwrap())).await;
    assert_eq!((&body["state"], &body["drain"]["state"]), (&json!("done"), &json!("bound-reached")), "{body:#}");
    assert_eq!(body["drain"]["notKnown"][0], "sync-speed stopped while it waited, or its database failed: ask again");
    service.stop().await;
}
