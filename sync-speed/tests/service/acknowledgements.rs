//! What counts as a gateway's acknowledgement, and what does not.

use crate::support::gateway::Mode;
use crate::support::service::{GROUP, World};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_offline_acknowledges_nothing() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    gateway.answer_with(Mode::Status(503));
    let service = world.start();
    let first = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(1, "g /downline").await;
    service.hand.settle().await.unwrap();
    let second = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(2, "registry PUT").await;
    world.events.wait_for(2, "g /downline").await;
    service.advance_ms(2_000).await;
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    for answer in [&first, &second] {
        assert_eq!(answer.body["state"], "partial", "no gateway has acknowledged: {:#}", answer.body);
        assert_eq!(answer.body["retrying"], true);
    }
    gateway.answer_with(Mode::Outcome("applied"));
    service.advance_ms(5_000).await;
    for answer in [&first, &second] {
        let body = service.entry(answer).await.expect(200);
        assert_eq!((&body["state"], &body["gateways"][0]["outcome"]), (&json!("done"), &json!("applied")), "{body:#}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn superseded_by_nothing_known_is_no_acknowledgement() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    gateway.answer_with(Mode::Outcome("superseded"));
    let service = world.start();
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!((&body["state"], body.get("retrying")), (&json!("partial"), None), "{body:#}");
    let outcome = body["gateways"][0]["outcome"].as_str().unwrap();
    assert!(outcome.starts_with("refused: answered superseded, and there is no newer entry here"), "{outcome}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_does_not_acknowledge_for_a_node() {
    let world = World::with_three();
    let g1 = world.gateway("g1");
    world.registry.add_gateway(GROUP, "g2", "127.0.0.1", g1.port);
    let service = world.start();
    let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(2, "g1 /downline").await;
    service.advance_ms(2_000).await;
    let body = request.await.unwrap().expect(200);
    assert_eq!((&body["state"], &body["retrying"]), (&json!("partial"), &json!(true)), "{body:#}");
    assert_eq!(body["gateways"][0]["outcome"], "applied");
    let address = format!("127.0.0.1:{}", g1.port);
    assert_eq!(
        body["gateways"][1]["outcome"],
        format!(
            "refused: {address} answered as g1, not as g2; check eurus.gateway.address / eureka.instance.ip-address"
        )
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_registers_while_the_entry_is_open_is_told() {
    let world = World::with_three();
    let service = world.start();
    let answer = service.offline(json!({"ip": "10.0.0.2"})).await;
    let body = answer.body.clone();
    assert_eq!((&body["state"], &body["retrying"]), (&json!("partial"), &json!(true)), "nobody was told: {body:#}");
    assert!(body["note"].as_str().unwrap().contains(GROUP), "{body:#}");
    let late = world.gateway("late");
    service.advance_ms(40_000).await;
    let body = service.entry(&answer).await.expect(200);
    assert_eq!((&body["state"], &body["gateways"][0]["outcome"]), (&json!("done"), &json!("applied")), "{body:#}");
    assert_eq!(late.told()[0]["instanceId"], "java-2");
    // Nobody comes for this one.
    world.registry.remove(GROUP, "late");
    service.advance_ms(40_000).await;
    let answer = service.offline(json!({"ip": "10.0.0.3"})).await;
    service.advance_ms(301_000).await;
    let body = service.entry(&answer).await.expect(200);
    assert_eq!((&body["state"], body.get("retrying")), (&json!("partial"), None), "{body:#}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_refuses_the_token_says_so_and_is_asked_again_slowly() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    gateway.answer_with(Mode::Status(401));
    let service = world.start();
    let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(1, "g /downline").await;
    service.advance_ms(2_000).await;
    let answer = request.await.unwrap();
    let outcome = answer.body["gateways"][0]["outcome"].as_str().unwrap();
    assert!(outcome.starts_with("refused: ") && outcome.contains("eurus.sync-speed.gateway-token"), "{outcome}");
    assert_eq!(gateway.told().len(), 1, "slowly");
    // It leaves the registry and still answers: that is not gone.
    world.registry.remove(GROUP, "g");
    service.advance_ms(60_000).await;
    let body = service.entry(&answer).await.expect(200);
    assert_eq!((&body["state"], &body["retrying"]), (&json!("partial"), &json!(true)), "{body:#}");
    gateway.answer_with(Mode::Outcome("applied"));
    service.advance_ms(6_000).await;
    assert_eq!(service.entry(&answer).await.expect(200)["state"], "done");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_whose_copy_shows_another_registration_has_not_acknowledged() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    gateway.answer_with(Mode::Body(
        json!({"outcome": "other-registration", "node": "g", "serviceUpTimestamp": 2_000}).to_string(),
    ));
    let service = world.start();
    let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(1, "g /downline").await;
    service.advance_ms(2_000).await;
    let answer = request.await.unwrap();
    assert_eq!(answer.body["state"], "partial", "{:#}", answer.body);
    let outcome = answer.body["gateways"][0]["outcome"].as_str().unwrap();
    assert!(outcome.contains("gateway's copy shows another registration (serviceUpTimestamp 2000)"), "{outcome}");
    // It has registered anew: the offline ended with the registration that it named.
    world.registry.change("JAVA-SERVICE", "java-2", |instance| instance.service_up_ms = 2_000);
    service.advance_ms(6_000).await;
    let body = service.entry(&answer).await.expect(200);
    assert_eq!(body["gateways"][0]["outcome"], "passed-over: the instance has registered anew", "{body:#}");
    assert_eq!(body["state"], "done");
    service.stop().await;
}
