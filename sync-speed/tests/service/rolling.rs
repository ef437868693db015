//! A rolling offline whose shares are refused, or cut off by a crash.

use serde_json::{Value, json};

use eurus_sync_speed::config::OwnRegistration;
use eurus_sync_speed::points;

use crate::support::gateway::Mode;
use crate::support::holding::Holding;
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

/// The registry's list still shows one out of service that is UP again: how many have to stay is not counted by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_list_does_not_lower_how_many_stay() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    world.registry.freeze_lists();
    // Looked for in vain, and so fetched.
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
    seconds(&service, 1).await;
    let body = json!({"app": "JAVA-SERVICE", "rolling": {"percent": 1}, "force": true}).to_string();
    let asked = service.post("/offline?async=true", body).await.expect(202);
    seconds(&service, 5).await;
    let now = entry(&service, &asked["id"]).await;
    assert_eq!(outcomes(&now).iter().filter(|one| *one == "done").count(), 1, "{now:#}");
    let waits = "JAVA-SERVICE has 1 instances UP besides the next share, and 2 are asked for";
    assert_eq!(now["note"], format!("the next share waits: {waits}"));
    world.registry.thaw_lists();
    seconds(&service, 5).await;
    let now = entry(&service, &asked["id"]).await;
    assert_eq!(outcomes(&now).iter().filter(|one| *one == "done").count(), 1, "its two others stay: {now:#}");
    assert_eq!(gateway.told().len(), 3, "offline, online, and the first share");
    service.stop().await;
}

/// What stops it says nothing of what it has taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_one_is_not_taken_and_the_note_is_true() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start();
    let body = json!({"app": "JAVA-SERVICE", "rolling": {"percent": 1, "minUp": 0}}).to_string();
    let asked = service.post("/offline?async=true", body).await.expect(202);
    seconds(&service, 10).await;
    let now = entry(&service, &asked["id"]).await;
    assert_eq!(now["state"], "partial", "{now:#}");
    let note = now["note"].as_str().unwrap();
    assert!(note.contains("would be the last UP instance of JAVA-SERVICE") && !note.contains("othing was"), "{note}");
    service.stop().await;
}

/// Somebody means the opposite now: what waits for its turn is not taken in an hour.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_brought_back_meanwhile_is_not_taken() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    let body = json!({"app": "JAVA-SERVICE", "rolling": {"percent": 1, "minUp": 2}, "force": true}).to_string();
    let asked = service.post("/offline?async=true", body).await.expect(202);
    seconds(&service, 3).await;
    assert_eq!(gateway.told().len(), 1, "one may be taken, the others wait");
    let note = entry(&service, &asked["id"]).await["note"].clone();
    assert!(note.as_str().is_some_and(|note| note.starts_with("the next share waits: ")), "{note}");
    for ip in ["10.0.0.2", "10.0.0.3"] {
        service.online(json!({"ip": ip})).await.expect(200);
    }
    // Now there would be enough to take java-2 and java-3 as well.
    for n in 5..9 {
        world.registry.add("JAVA-SERVICE", &format!("java-{n}"), &format!("10.0.0.{n}"), 80);
    }
    seconds(&service, 60).await;
    let now = entry(&service, &asked["id"]).await;
    assert_eq!((&now["state"], outcomes(&now).len()), (&json!("partial"), 3), "not all of them are out: {now:#}");
    assert_eq!(now["note"], "not taken, because a newer entry deals with them: JAVA-SERVICE/java-3", "{now:#}");
    for n in [2, 3] {
        assert_eq!(world.registry.status("JAVA-SERVICE", &format!("java-{n}")), "UP", "{now:#}");
    }
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-4"), "OUT_OF_SERVICE", "{now:#}");
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

/// Between the first of a share and the second, and for a while: what was done can neither be gone on with nor undone then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_is_away_in_the_middle_of_a_share_is_waited_for() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let second = Holding::nth(2, &points::REGISTRY_CALL);
    let service = world.start_with(|config| config.faults = second.faults());
    let id = begun(&service, 100).await["id"].clone();
    second.reached().await;
    for call in ["PUT apps/JAVA-SERVICE", "DELETE apps/JAVA-SERVICE", "GET apps"] {
        world.registry.fail(call, 503);
    }
    second.release();
    world.events.wait_for(1, "registry DELETE").await;
    seconds(&service, 3).await;
    let now = entry(&service, &id).await;
    assert_eq!((&now["state"], &now["retrying"]), (&json!("rolling"), &json!(true)), "{now:#}");
    assert!(gateway.told().is_empty(), "registry first");
    world.registry.mend();
    seconds(&service, 30).await;
    let now = entry(&service, &id).await;
    assert_eq!(now["state"], "done", "{now:#}");
    for id in ["java-2", "java-3", "java-4"] {
        assert_eq!(world.registry.status("JAVA-SERVICE", id), "OUT_OF_SERVICE");
    }
    assert_eq!(gateway.told().len(), 3, "each once");
    service.stop().await;
}

/// One of a share is refused, and the other cannot be put back: it stays out, and the rest follows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_of_which_some_is_done_is_gone_on_with() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    world.registry.fail_once("PUT apps/JAVA-SERVICE/java-3/status", 403);
    world.registry.fail("DELETE apps/JAVA-SERVICE/java-2/status", 500);
    let id = begun(&service, 100).await["id"].clone();
    seconds(&service, 5).await;
    let now = entry(&service, &id).await;
    assert_eq!(now["state"], "done", "{now:#}");
    let done = outcomes(&now).iter().filter(|outcome| *outcome == "done").count();
    assert_eq!((done, gateway.told().len()), (3, 3), "{now:#}");
    service.stop().await;
}

/// It dies while the first is asked for, and has forgotten everybody when it is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_registry_forgot_in_the_middle_of_a_share_is_taken_all_the_same() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let first = Holding::nth(1, &points::REGISTRY_CALL);
    let service = world.start_with(|config| {
        config.eureka.registration = Some(OwnRegistration::default());
        config.faults = first.faults();
    });
    world.events.wait_for(1, "registry POST apps/EURUS-SYNC-SPEED").await;
    let id = begun(&service, 100).await["id"].clone();
    first.reached().await;
    for call in ["PUT apps/JAVA-SERVICE", "DELETE apps/JAVA-SERVICE", "GET apps/JAVA-SERVICE"] {
        world.registry.fail(call, 503);
    }
    first.release();
    world.events.wait_for(1, "registry DELETE").await;
    let ids = ["java-2", "java-3", "java-4"];
    ids.iter().for_each(|id| world.registry.remove("JAVA-SERVICE", id));
    world.registry.mend();
    world.registry.fail_once("PUT apps/EURUS-SYNC-SPEED", 404);
    seconds(&service, 3).await;
    for (n, id) in (2..).zip(ids) {
        world.registry.add("JAVA-SERVICE", id, &format!("10.0.0.{n}"), 80);
    }
    let up_ms = service.hand.now_ms();
    for (app, id) in ids.map(|id| ("JAVA-SERVICE", id)).into_iter().chain([("EURUS-GATEWAY", "g")]) {
        world.registry.change(app, id, |instance| instance.service_up_ms = up_ms);
    }
    seconds(&service, 70).await;
    let now = entry(&service, &id).await;
    assert_eq!(now["state"], "done", "{now:#}");
    for id in ids {
        assert_eq!(world.registry.status("JAVA-SERVICE", id), "OUT_OF_SERVICE", "{id}: {now:#}");
    }
    assert_eq!(gateway.told().len(), 3, "each once");
    service.stop().await;
}
