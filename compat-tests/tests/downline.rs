//! The main job, end to end, over public HTTP.
#![allow(clippy::unwrap_used)] // Helpers of tests.

use std::collections::BTreeSet;

use compat_tests::rotation;
use compat_tests::scene::Scene;
use serde_json::{Value, json};

const CHOSEN: usize = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_nothing_begins_after_the_answer_and_nothing_fails() {
    let seen = rotation::through_sync_speed(200, 400).await.unwrap();
    assert!(seen.begun_before > 0, "it must have been called before: {seen:?}");
    assert_eq!(seen.begun_after, 0, "{seen:?}");
    assert!(seen.failures.is_empty(), "{seen:?}");
    assert!(seen.requests_after >= 400, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_registry_alone_the_stock_caches_keep_it_in_rotation() {
    // The fetch comes 1 s before the tick: a change just after a tick waits 29 s for the next, then 29 s for the fetch.
    let longest_ms = rotation::at_registry_alone(29_000, 2_000).await.unwrap();
    assert!((57_000..=60_000).contains(&longest_ms), "{longest_ms} ms");
    // The fetch comes 1 s after the tick: a change just before the tick is seen at once.
    let shortest_ms = rotation::at_registry_alone(1_000, 28_000).await.unwrap();
    assert!((1_000..=3_000).contains(&shortest_ms), "{shortest_ms} ms");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_answer_in_turn() {
    let scene = Scene::start().await.unwrap();
    let ids = scene.answered_by(6).await.unwrap();
    assert_eq!(ids[..3].iter().collect::<BTreeSet<_>>().len(), 3, "{ids:?}");
    assert_eq!(ids[..3], ids[3..], "{ids:?}");
}

/// What neither registry nor gateway may show after a refused request.
async fn assert_unchanged(scene: &Scene) {
    for producer in &scene.producers {
        assert_eq!(scene.registry_status(producer).await.unwrap(), "UP");
        assert!(scene.listed(producer).await.unwrap().in_rotation);
    }
    let marks = scene.get(&format!("{}/down-service-cache", scene.gateway.admin)).await.unwrap();
    assert_eq!(marks["marks"].as_array().map(Vec::len), Some(0), "something was sent to the gateway: {marks}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_outside_the_allow_list_changes_nothing() {
    let scene = Scene::start_with(|_, sync_speed| {
        sync_speed.access.segments.allow = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await
    .unwrap();
    let ip = scene.producers[CHOSEN].address.ip();
    let stranger = reqwest::Client::builder().local_address("127.0.0.9".parse().ok()).no_proxy().build().unwrap();
    let url = format!("{}/offline", scene.sync_speed);
    let answer = stranger.post(&url).json(&json!({"ip": ip})).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    let body: Value = answer.json().await.unwrap();
    assert!(body["message"].as_str().unwrap().contains("127.0.0.9"), "{body}");
    assert_unchanged(&scene).await;
    assert_eq!(scene.ask("offline", &json!({"ip": ip})).await.unwrap().0, 200, "127.0.0.1 is allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_and_unknown_addresses_change_nothing() {
    let scene = Scene::start().await.unwrap();
    for (body, expected) in [
        (json!({"ip": "127.0.0"}), 400),
        (json!({"ip": "localhost"}), 400),
        (json!({}), 400),
        (json!({"ip": "127.0.0.2", "instance": "x"}), 400),
        (json!({"ip": "127.0.0.77"}), 404),
        (json!({"ip": "127.0.0.2", "app": "OTHER"}), 404),
        (json!({"ip": "127.0.0.2", "port": 1}), 404),
    ] {
        let (status, answer) = scene.ask("offline", &body).await.unwrap();
        assert_eq!(status, expected, "{body}: {answer}");
        assert!(answer["message"].is_string(), "{body}: {answer}");
    }
    assert_unchanged(&scene).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_up_instance_needs_force() {
    let scene = Scene::start().await.unwrap();
    scene.offline(&scene.producers[0]).await.unwrap();
    scene.offline(&scene.producers[1]).await.unwrap();
    let last = &scene.producers[2];
    let (status, body) = scene.ask("offline", &json!({"ip": last.address.ip()})).await.unwrap();
    assert_eq!(status, 409, "{body}");
    assert_eq!(scene.registry_status(last).await.unwrap(), "UP");
    assert!(scene.is_called(last).await.unwrap());
    let (status, body) = scene.ask("offline", &json!({"ip": last.address.ip(), "force": true})).await.unwrap();
    assert_eq!((status, &body["state"]), (200, &json!("done")), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_is_away_means_502_and_nothing_is_sent() {
    let mut scene = Scene::start().await.unwrap();
    let data = tempfile::tempdir().unwrap();
    // A second sync-speed that reaches the registry only over a link, which is then cut.
    let link = compat_tests::link::Link::start(scene.registry.trim_end_matches("/eureka/")).unwrap();
    let config = compat_tests::stack::sync_speed_config(&link.service_url, data.path());
    let behind_link = scene.stack.sync_speed(config).await.unwrap();
    link.stop().await;
    let body = json!({"ip": scene.producers[CHOSEN].address.ip()});
    let answer = scene.stack.http.post(format!("{behind_link}/offline")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 502);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["state"], "failed", "{body}");
    assert_unchanged(&scene).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heartbeats_and_a_new_registration_do_not_bring_it_back() {
    let scene = Scene::start().await.unwrap();
    let chosen = &scene.producers[CHOSEN];
    scene.offline(chosen).await.unwrap();
    chosen.heartbeat(&scene.stack.http, &scene.registry).await.unwrap();
    chosen.register(&scene.stack.http, &scene.registry).await.unwrap();
    scene.let_pass_ms(120_000).await.unwrap();
    assert_eq!(scene.registry_status(chosen).await.unwrap(), "OUT_OF_SERVICE");
    assert!(!scene.is_called(chosen).await.unwrap());
    scene.online(chosen).await.unwrap();
    assert!(scene.is_called(chosen).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_gateway_of_the_group_stops() {
    let mut scene = Scene::start().await.unwrap();
    let config = compat_tests::stack::gateway_config(&scene.registry);
    let second = scene.stack.gateway(config).await.unwrap();
    // Until sync-speed's copy has it: a tick and a fetch.
    scene.let_pass_ms(60_000).await.unwrap();
    let chosen = &scene.producers[CHOSEN];
    let (status, body) = scene.ask("offline", &json!({"ip": chosen.address.ip()})).await.unwrap();
    assert_eq!((status, &body["state"]), (200, &json!("done")), "{body}");
    let nodes: BTreeSet<_> =
        body["gateways"].as_array().unwrap().iter().map(|gateway| &gateway["node"]).map(Value::to_string).collect();
    assert_eq!(nodes.len(), 2, "{body}");
    assert!(!scene.is_called(chosen).await.unwrap());
    let first = std::mem::replace(&mut scene.gateway, second);
    assert!(!scene.is_called(&scene.producers[CHOSEN]).await.unwrap());
    scene.gateway = first;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reaches_sync_speed_through_the_gateway() {
    let scene = Scene::start().await.unwrap();
    let url = format!("{}/eurus-sync-speed/offline", scene.gateway.url);
    let body = json!({"ip": scene.producers[CHOSEN].address.ip()});
    let answer = scene.stack.http.post(url).json(&body).send().await.unwrap();
    // The gateway calls from 127.0.0.1, which sync-speed trusts: it must not call for others.
    assert_eq!(answer.status(), 503);
    assert_unchanged(&scene).await;
}
