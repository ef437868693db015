//! What survives: gateway groups, entries, and what a stop left unfinished.

use crate::support::gateway::Mode;
use crate::support::service::{GROUP, World};
use eurus_model::InstanceInfo;
use eurus_sync_speed::entry::InstanceRecord;
use eurus_sync_speed::request::{Kind, Request, Target};
use eurus_sync_speed::store::{NewEntry, Store};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateway_groups() {
    let world = World::with_three();
    let (default, blue) = (world.gateway("default"), world.gateway_in("BLUE", "blue"));
    let service = world.start();
    let path = "/gateway-groups/java-service";
    let default_answer = json!({"app": "JAVA-SERVICE", "groups": [GROUP], "source": "default"});
    assert_eq!(service.get(path).await.expect(200), default_answer);
    assert_eq!(service.delete(path).await.expect(404)["error"], "no-groups");
    for (body, part) in [
        (json!({}), "missing field `groups`"),
        (json!({"groups": []}), "no group"),
        (json!({"groups": ["a b"]}), "not a name of a group"),
        (json!({"groups": ["A"], "more": 1}), "unknown field `more`"),
        (json!({"groups": (0..33).map(|n| format!("G{n}")).collect::<Vec<_>>()}), "32 are allowed"),
    ] {
        let answer = service.put(path, body).await.expect(400);
        assert!(answer["message"].as_str().unwrap().contains(part), "{answer:#}");
    }
    let stored = json!({"app": "JAVA-SERVICE", "groups": ["BLUE"], "source": "stored"});
    for _ in 0..2 {
        assert_eq!(service.put(path, json!({"groups": ["blue", "BLUE"]})).await.expect(200), stored);
    }
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!((default.told().len(), blue.told().len()), (0, 1), "only the application's own groups");
    // A stored group is a gateway group too: it is not taken offline.
    world.registry.add("BLUE", "blue-2", "10.0.0.60", 80);
    service.offline(json!({"ip": "10.0.0.60", "force": true})).await.expect(403);
    service.stop().await;

    let service = world.start();
    assert_eq!(service.get(path).await.expect(200), stored, "after a restart");
    assert_eq!(
        service.get("/gateway-groups").await.expect(200),
        json!({"defaultGroup": GROUP, "applications": [{"app": "JAVA-SERVICE", "groups": ["BLUE"]}]})
    );
    assert_eq!(service.delete(path).await.expect(200), default_answer);
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!((default.told().len(), blue.told().len()), (1, 1));
    assert_eq!(service.post(path, String::new()).await.expect(405)["error"], "no-such-method");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_without_gateways_is_done_with_a_note() {
    let world = World::with_three();
    let service = world.start_with(|config| config.default_gateway_group = None);
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!((&body["state"], &body["gateways"]), (&json!("done"), &json!([])));
    assert_eq!(body["note"], "JAVA-SERVICE has no gateway group (PUT /gateway-groups/JAVA-SERVICE): none was told");
    assert_eq!(service.get("/gateway-groups/java-service").await.expect(404)["error"], "no-groups");
    service.put("/gateway-groups/java-service", json!({"groups": ["EMPTY"]})).await.expect(200);
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(body["state"], "partial");
    let note = "the gateway groups of JAVA-SERVICE (EMPTY) had no registered node when it was asked: nodes that \
                register in time are told";
    assert_eq!(body["note"], note);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finished_entries_survive_a_restart_and_numbers_go_on() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    let answer = service.offline(json!({"ip": "10.0.0.2"})).await;
    service.offline(json!({"ip": "10.0.0.3"})).await.expect(200);
    service.stop().await;
    // The clock has been set back meanwhile.
    let service = world.start_at(1_000, |_| {});
    assert_eq!(service.entry(&answer).await.expect(200), answer.body);
    service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
    let numbers: Vec<i64> = gateway.told().iter().map(|order| order["number"].as_i64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_that_had_not_heard_are_told_after_a_restart() {
    let world = World::with_three();
    let (heard, deaf) = (world.gateway("heard"), world.gateway("deaf"));
    deaf.answer_with(Mode::Status(503));
    let service = world.start();
    let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(1, "deaf /downline").await;
    world.events.wait_for(1, "heard /downline").await;
    service.advance_ms(2_000).await;
    let answer = request.await.unwrap();
    service.stop().await;

    deaf.answer_with(Mode::Outcome("applied"));
    world.events.clear();
    let service = world.start();
    world.events.wait_for(1, "deaf /downline").await;
    service.hand.settle().await.unwrap();
    let body = service.entry(&answer).await.expect(200);
    assert_eq!(body["state"], "done", "{body:#}");
    assert_eq!(heard.told().len(), 1, "who has acknowledged is not told again");
    service.stop().await;
}

/// An entry as a stop between recording and the registry's answer leaves it.
async fn left_recorded(world: &World, instance_id: &str, ip: &str, service_up_ms: i64) -> String {
    left_recorded_with(world, instance_id, ip, service_up_ms, "{}").await
}

async fn left_recorded_with(world: &World, instance_id: &str, ip: &str, service_up_ms: i64, body: &str) -> String {
    let store = Store::open(world.folder.path()).await.unwrap();
    let mut instance = InstanceInfo::new("JAVA-SERVICE", instance_id, "h", ip);
    instance.lease.service_up_ms = service_up_ms;
    let target = Target::address(ip.parse().unwrap());
    let request = Request { body: body.to_owned(), ..Request::own(Kind::Offline, target, "127.0.0.1", "") };
    let new = NewEntry {
        request: &request,
        instances: vec![InstanceRecord::of(&instance)],
        plan: None,
        expires_ms: None,
        now_ms: 5_000,
    };
    let entry = store.record(new).await.unwrap();
    store.close().await;
    entry.id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_was_only_recorded_is_finished() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let id = left_recorded(&world, "java-2", "10.0.0.2", 1_000).await;
    // The registry is not there yet.
    world.registry.fail("GET", 503);
    let service = world.start_at(6_000, |_| {});
    world.events.wait_for(1, "registry GET apps").await;
    service.advance_ms(20_000).await;
    assert!(gateway.told().is_empty());
    world.registry.mend();
    service.advance_ms(20_000).await;
    let body = service.get(&format!("/offline/{id}")).await.expect(200);
    assert_eq!(body["state"], "done", "{body:#}");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE");
    assert_eq!(gateway.told().len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_is_too_late_shoots_nobody_down() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let anew = left_recorded(&world, "java-2", "10.0.0.2", 999).await;
    let moved = left_recorded(&world, "java-3", "10.0.0.33", 1_000).await;
    let left = left_recorded(&world, "java-9", "10.0.0.9", 1_000).await;
    let overtaken = left_recorded(&world, "java-4", "10.0.0.4", 1_000).await;
    let newest = left_recorded(&world, "java-4", "10.0.0.4", 1_000).await;
    let service = world.start_at(6_000, |_| {});
    world.events.wait_for(1, "g /downline").await;
    service.hand.settle().await.unwrap();
    for (id, detail) in [
        (anew, Some("it has registered anew")),
        (moved, Some("it has registered anew")),
        (left, Some("it has left the registry")),
        (overtaken, Some("a newer entry deals with it")),
        (newest, None),
    ] {
        let body = service.get(&format!("/offline/{id}")).await.expect(200);
        assert_eq!(body["instances"][0]["detail"].as_str(), detail, "{body:#}");
        assert_eq!(body["state"], "done");
    }
    assert_eq!(gateway.told().len(), 1);
    assert_eq!(gateway.told()[0]["instanceId"], "java-4");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-3"), "UP");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovered_entry_does_not_take_the_last_up_instance() {
    for (body, state, status, told) in [("{}", "failed", "UP", 0), (r#"{"force": true}"#, "done", "OUT_OF_SERVICE", 1)]
    {
        let world = World::with_three();
        let _gateway = world.gateway("g");
        let id = left_recorded_with(&world, "java-2", "10.0.0.2", 1_000, body).await;
        world.registry.remove("JAVA-SERVICE", "java-3");
        world.registry.remove("JAVA-SERVICE", "java-4");
        let service = world.start_at(6_000, |_| {});
        world.events.wait_for(1, "registry GET apps/JAVA-SERVICE/java-2").await;
        world.events.wait_for(told, "g /downline").await;
        service.advance_ms(1_000).await;
        let body = service.get(&format!("/offline/{id}")).await.expect(200);
        assert_eq!(body["state"], state, "{body:#}");
        assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), status);
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_older_than_five_minutes_is_not_carried_out() {
    let world = World::with_three();
    let id = left_recorded(&world, "java-2", "10.0.0.2", 1_000).await;
    let service = world.start_at(5_000 + 300_001, |_| {});
    world.events.wait_for(1, "registry GET apps").await;
    service.hand.settle().await.unwrap();
    let body = service.get(&format!("/offline/{id}")).await.expect(200);
    assert_eq!(body["state"], "failed");
    assert!(body["note"].as_str().unwrap().contains("whether the registry did it before is not known"), "{body:#}");
    assert!(world.registry.changes().is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_cannot_be_written_is_one_clear_line() {
    let world = World::new();
    let file = world.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (clock, _hand) = eurus_service::Clock::manual(0);
    let mut config = world.config();
    config.data_dir = file.join("data");
    let listener = crate::support::free_listener("127.0.0.1");
    let error = eurus_sync_speed::run(config, listener, clock, eurus_service::Shutdown::new()).await.unwrap_err();
    let line = error.to_string();
    assert!(line.contains("cannot open its database") && line.contains("--data-dir") && !line.contains('\n'), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_registers_itself_and_takes_that_back() {
    let world = World::with_three();
    let service = world.start_with(|config| config.eureka.registration = Some(Default::default()));
    world.events.wait_for(1, "registry POST apps/EURUS-SYNC-SPEED").await;
    service.stop().await;
    assert_eq!(world.events.matching("registry DELETE apps/EURUS-SYNC-SPEED/").len(), 1);
}
