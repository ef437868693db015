//! A rolling offline whose shares are refused, or cut off by a crash.

use serde_json::{Value, json};

use crate::support::gateway::Mode;
use crate::support::service::{START_MS, Service, World};

async fn begun(service: &Service, percent: u8) -> Value {
    let body = json!({"app": "JAVA-SERVICE", "rolling": {"percent": percent, "minUp": 0}, "force": true}).to_string();
    let asked = service.post("/offline?async=true", body).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    asked.body
}

fn outcomes(entry: &Value) -> Vec<String> {
    let instances = entry["instances"].as_array().unwrap();
    instances.iter().map(|one| one["outcome"].as_str().unwrap().to_owned()).collect()
}

async fn entry(service: &Service, id: &Value) -> Value {
    service.get(&format!("/offline/{}", id.as_str().unwrap())).await.expect(200)
}

async fn seconds(service: &Service, count: usize) {
    for _ in 0..count {
        service.advance_ms(1_000).await;
    }
}

/// One of a share is refused: those of it that were not asked for that reason are asked again too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_that_was_refused_is_tried_again_as_a_whole() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    world.registry.fail_once("PUT apps/JAVA-SERVICE/java-2/status", 403);
    let id = begun(&service, 100).await["id"].clone();
    seconds(&service, 5).await;
    let now = entry(&service, &id).await;
    assert_eq!((&now["state"], outcomes(&now)), (&json!("done"), vec!["done".to_owned(); 3]), "{now:#}");
    assert_eq!(gateway.told().len(), 3);
    service.stop().await;
}

/// It is not done before its last share is, whoever finishes that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_it_waits_for_the_share_that_was_open() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    gateway.answer_with(Mode::Status(503));
    let service = world.start();
    let id = begun(&service, 100).await["id"].clone();
    world.events.wait_for(3, "g /downline").await;
    service.abort().await;
    let service = world.start_at(START_MS + 1_000, |_| {});
    world.events.wait_for(4, "g /downline").await;
    seconds(&service, 5).await;
    let now = entry(&service, &id).await;
    assert_eq!((&now["state"], &now["retrying"]), (&json!("rolling"), &json!(true)), "{now:#}");
    gateway.answer_with(Mode::Outcome("applied"));
    seconds(&service, 20).await;
    let now = entry(&service, &id).await;
    assert_eq!((&now["state"], outcomes(&now)), (&json!("done"), vec!["done".to_owned(); 3]), "{now:#}");
    service.stop().await;
}
