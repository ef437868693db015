//! `POST /offline`: the way, from end to end.

use crate::support::gateway::Mode;
use crate::support::holding::Holding;
use crate::support::service::{GROUP, World};
use eurus_sync_speed::access::Token;
use eurus_sync_speed::points;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registry_first_then_every_gateway() {
    let world = World::with_three();
    let gateways = [world.gateway("g1"), world.gateway("g2")];
    let service = world.start();
    let answer = service.offline(json!({"ip": "10.0.0.2"})).await;
    let again = service.entry(&answer).await.expect(200);
    let body = answer.expect(200);

    assert_eq!(body, again, "GET /offline/{{id}} shows the same");
    assert_eq!(body["state"], "done");
    assert_eq!(body["kind"], "offline");
    assert_eq!(
        body["instances"],
        json!([{
            "app": "JAVA-SERVICE", "instanceId": "java-2", "ip": "10.0.0.2", "port": 80,
            "status": "OUT_OF_SERVICE", "outcome": "done",
        }])
    );
    assert_eq!(
        body["gateways"],
        json!([
            {"node": "g1", "outcome": "applied", "attempts": 1, "latency_ms": 0.0},
            {"node": "g2", "outcome": "applied", "attempts": 1, "latency_ms": 0.0},
        ])
    );
    assert_eq!(body.get("skipped"), None);
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-3"), "UP");

    let number: i64 = body["id"].as_str().unwrap().strip_prefix("offline-").unwrap().parse().unwrap();
    for gateway in &gateways {
        assert_eq!(
            gateway.told(),
            [json!({
                "entry": body["id"], "number": number, "application": "JAVA-SERVICE", "instanceId": "java-2",
                "registration": {"ip": "10.0.0.2", "serviceUpTimestamp": 1000},
            })]
        );
        assert_eq!(gateway.last_authorization(), None);
    }
    let order = world.events.matching("");
    let place = |part: &str| order.iter().position(|event| event.contains(part)).unwrap();
    let put = place("registry PUT apps/JAVA-SERVICE/java-2/status?value=OUT_OF_SERVICE");
    assert!(put < place("g1 /downline") && put < place("g2 /downline"), "{order:#?}");
    assert_eq!(world.registry.changes().len(), 1);
    service.stop().await;
}

/// It has registered anew between the live read and the change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_are_told_the_registration_that_was_hit() {
    for shows_changes in [false, true] {
        let world = World::with_three();
        let gateway = world.gateway("g");
        if shows_changes {
            world.registry.show_changes();
        }
        let holding = Holding::at(&points::REGISTRY_CALL);
        let service = world.start_with(|config| config.faults = holding.faults());
        let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
        holding.reached().await;
        world.registry.change("JAVA-SERVICE", "java-2", |instance| instance.service_up_ms = 2_000);
        holding.release();
        assert_eq!(request.await.unwrap().expect(200)["state"], "done");
        assert_eq!(gateway.told()[0]["registration"]["serviceUpTimestamp"], 2_000);
        let order = world.events.matching("java-2");
        let put = order.iter().position(|event| event.starts_with("registry PUT")).unwrap();
        let reads = order[put..].iter().filter(|event| event.starts_with("registry GET")).count();
        assert_eq!(reads, usize::from(!shows_changes), "{order:#?}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partial_until_the_gateway_returns() {
    let world = World::with_three();
    let (good, bad) = (world.gateway("good"), world.gateway("bad"));
    bad.answer_with(Mode::Status(503));
    let service = world.start();
    let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(1, "bad /downline").await;
    world.events.wait_for(1, "good /downline").await;
    service.advance_ms(1_999).await;
    assert!(!request.is_finished(), "it waits for 2 s");
    service.advance_ms(1).await;
    let answer = request.await.unwrap();
    let entry = service.entry(&answer).await.expect(200);
    let body = answer.expect(200);
    for body in [&body, &entry] {
        assert_eq!(body["state"], "partial", "{body:#}");
        assert_eq!(body["retrying"], true);
        assert_eq!(body["gateways"][0]["outcome"], "retrying: answered 503: {\"error\":\"scripted\"}");
        assert_eq!(body["gateways"][0]["latency_ms"], json!(null));
        assert_eq!(body["gateways"][1]["outcome"], "applied");
    }
    let attempts_before = bad.told().len();
    assert!(attempts_before > 2, "repeated while the answer waits: {attempts_before}");

    bad.answer_with(Mode::Outcome("applied"));
    service.advance_ms(5_000).await;
    let body = service.get(&format!("/offline/{}", body["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(body["state"], "done", "{body:#}");
    assert_eq!(body["gateways"][0]["outcome"], "applied");
    assert_eq!(body["gateways"][0]["attempts"], attempts_before + 1);
    assert!(body["gateways"][0]["latency_ms"].as_f64().unwrap() >= 2_000.0, "{body:#}");
    assert_eq!(body.get("retrying"), None);
    let told = bad.told();
    assert!(told.iter().all(|order| *order == told[0]), "every repetition says the same");
    assert_eq!(good.told().len(), 1, "who has acknowledged is not asked again");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_never_answers_rightly_is_given_up() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    for (mode, outcome) in [
        (Mode::Outcome("perhaps"), "answered an unknown outcome 'perhaps'"),
        (Mode::Body("<html>".to_owned()), "answered 200 with what is no answer: <html>"),
        (Mode::Body("x".repeat(5_000)), "answered with more than 4096 bytes"),
    ] {
        gateway.answer_with(mode);
        world.events.clear();
        let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
        world.events.wait_for(1, "g /downline").await;
        service.advance_ms(2_000).await;
        let body = request.await.unwrap().expect(200);
        assert_eq!(body["gateways"][0]["outcome"], format!("retrying: {outcome}"));
        service.advance_ms(300_000).await;
        let body = service.get(&format!("/offline/{}", body["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(body["state"], "partial");
        assert_eq!(body.get("retrying"), None);
        let attempts = body["gateways"][0]["attempts"].as_u64().unwrap();
        assert!((60..150).contains(&attempts), "{attempts}");
        assert_eq!(body["gateways"][0]["outcome"], format!("gave-up: after {attempts} attempts: {outcome}"));
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_gateway_costs_one_call_timeout() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    gateway.answer_with(Mode::Silent);
    let service = world.start_with(|config| config.notify.call_timeout_ms = 100);
    let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(1, "g /downline").await;
    service.advance_ms(2_000).await;
    let body = request.await.unwrap().expect(200);
    assert_eq!(body["state"], "partial");
    assert_eq!(body["gateways"][0]["outcome"], "retrying: no answer in time");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_has_left_is_not_waited_for() {
    let world = World::with_three();
    let (stays, leaves) = (world.gateway("stays"), world.gateway("leaves"));
    leaves.go_away().await;
    let service = world.start_with(|config| config.eureka.fetch.interval_ms = 3_000);
    let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(1, "stays /downline").await;
    service.advance_ms(2_000).await;
    let answer = request.await.unwrap();
    let body = service.entry(&answer).await.expect(200);
    assert!(body["gateways"][0]["outcome"].as_str().unwrap().contains("retrying: Connection refused"), "{body:#}");
    world.registry.remove(GROUP, "leaves");
    service.advance_ms(10_000).await;
    let body = service.entry(&answer).await.expect(200);
    assert_eq!(body["state"], "done", "{body:#}");
    assert_eq!(body["gateways"][0]["outcome"], "gone");
    assert_eq!(stays.told().len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_outside_the_segments_is_not_called() {
    let world = World::with_three();
    let inside = world.gateway("inside");
    let outside = crate::support::gateway::FakeGateway::start("outside", "127.0.0.2", world.events.clone());
    world.registry.add_gateway(GROUP, "outside", "127.0.0.2", outside.port);
    let service = world.start_with(|config| {
        config.notify.networks = vec!["127.0.0.1/32".parse().unwrap()];
        config.notify.token = Token::new("gateway-secret".to_owned());
    });
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(body["state"], "partial");
    assert_eq!(body.get("retrying"), None, "there is nothing to wait for");
    assert_eq!(
        body["gateways"][1]["outcome"],
        "refused: address 127.0.0.2 is not in eurus.sync-speed.gateway-networks (127.0.0.1/32)"
    );
    assert_eq!(inside.told().len(), 1);
    assert_eq!(inside.last_authorization().as_deref(), Some("Bearer gateway-secret"));
    assert!(outside.told().is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeating_is_harmless() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    for _ in 0..3 {
        let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
        assert_eq!(body["state"], "done");
        assert_eq!(body["instances"][0]["status"], "OUT_OF_SERVICE");
    }
    let numbers: Vec<i64> = gateway.told().iter().map(|order| order["number"].as_i64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "numbers rise although the clock stands: {numbers:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_newer_than_the_copy_is_found_by_a_fetch() {
    let world = World::with_three();
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    world.registry.add("JAVA-SERVICE", "java-9", "10.0.0.9", 80);
    let body = service.offline(json!({"ip": "10.0.0.9"})).await.expect(200);
    assert_eq!(body["instances"][0]["instanceId"], "java-9");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_has_passed_on_hits_nobody_else() {
    let world = World::with_three();
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.4"})).await.expect(200);
    // The copy still shows java-2 there.
    world.registry.freeze_lists();
    world.registry.change("JAVA-SERVICE", "java-2", |instance| instance.ip = "10.0.0.200".to_owned());
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(404);
    assert_eq!(body["error"], "no-instance");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn narrower_requests_touch_fewer() {
    let world = World::with_three();
    for (app, id, port) in [("A", "a1", 80), ("A", "a2", 81), ("B", "b1", 80)] {
        world.registry.add(app, id, "10.0.0.50", port);
    }
    world.registry.add("A", "a3", "10.0.0.51", 80);
    let service = world.start();
    for (request, expected) in [
        (json!({"ip": "10.0.0.50", "instanceId": "a1"}), vec!["a1"]),
        (json!({"ip": "10.0.0.50", "app": "a", "port": 81}), vec!["a2"]),
        (json!({"ip": "10.0.0.50", "app": "A"}), vec!["a1", "a2"]),
        (json!({"ip": "10.0.0.50", "force": true}), vec!["a1", "a2", "b1"]),
    ] {
        let body = service.offline(request).await.expect(200);
        let ids: Vec<&str> =
            body["instances"].as_array().unwrap().iter().map(|i| i["instanceId"].as_str().unwrap()).collect();
        assert_eq!(ids, expected);
    }
    service.stop().await;
}
