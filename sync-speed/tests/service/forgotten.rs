//! What was acknowledged holds also when the registry has forgotten it.

use crate::holding::{STATUS, later, offline};
use crate::support::holding::Holding;
use crate::support::service::World;
use eurus_sync_speed::SyncSpeedConfig;
use eurus_sync_speed::config::OwnRegistration;
use eurus_sync_speed::points;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_forgot_is_told_again() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start_with(|config| config.eureka.registration = Some(OwnRegistration::default()));
    world.events.wait_for(1, "registry POST apps/EURUS-SYNC-SPEED").await;
    let body = offline(&service, json!({"ip": "10.0.0.2", "expiresAfterMs": 600_000})).await;
    later(&service).await;
    assert_eq!(world.events.matching(STATUS).len(), 1);
    let now_ms = service.hand.now_ms();
    world.registry.fail_once("PUT apps/EURUS-SYNC-SPEED", 404);
    restarted(&world, now_ms);
    later(&service).await;
    world.events.wait_for(2, STATUS).await;
    world.events.wait_for(2, "g /downline").await;
    let again = gateway.told().pop().unwrap();
    assert_eq!(again["registration"]["serviceUpTimestamp"], now_ms + 5_000, "in its new registration");
    let newest = service.get("/offline?limit=1").await.expect(200)["entries"][0].clone();
    assert_eq!(newest["expiresAt"], body["expiresAt"], "its time goes on");
    later(&service).await;
    assert_eq!(world.events.matching(STATUS).len(), 2, "once");
    service.stop().await;
}

/// The list that sync-speed has is from before both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_forgot_at_once_is_told_again() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start_with(|config| config.eureka.registration = Some(OwnRegistration::default()));
    world.events.wait_for(1, "registry POST apps/EURUS-SYNC-SPEED").await;
    offline(&service, json!({"ip": "10.0.0.2"})).await;
    world.registry.fail_once("PUT apps/EURUS-SYNC-SPEED", 404);
    restarted(&world, service.hand.now_ms());
    later(&service).await;
    later(&service).await;
    world.events.wait_for(2, STATUS).await;
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE");
    service.stop().await;
}

/// Both die in the middle of an order. The instance is back before the registry's lists show anybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_cut_off_is_for_those_that_the_registry_forgot_too() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let registered = |config: &mut SyncSpeedConfig| config.eureka.registration = Some(OwnRegistration::default());
    let recorded = Holding::nth(1, &points::RECORDED);
    let service = world.start_with(|config| {
        registered(config);
        config.faults = recorded.faults();
    });
    world.events.wait_for(1, "registry POST apps/EURUS-SYNC-SPEED").await;
    later(&service).await;
    let asked = service.post("/offline?async=true", json!({"ip": "10.0.0.2"}).to_string()).await.expect(202);
    recorded.reached().await;
    let now_ms = service.hand.now_ms();
    service.abort().await;
    restarted(&world, now_ms);
    world.registry.empty_lists();
    let service = world.start_at(now_ms + 10_000, registered);
    world.events.wait_for(2, "registry POST apps/EURUS-SYNC-SPEED").await;
    service.advance_ms(1_000).await;
    let path = format!("/offline/{}", asked["id"].as_str().unwrap());
    assert_eq!(service.get(&path).await.expect(200)["state"], "recorded", "that shows with the next list");
    world.registry.thaw_lists();
    later(&service).await;
    let entry = service.get(&path).await.expect(200);
    assert_eq!((&entry["state"], &entry["instances"][0]["outcome"]), (&json!("done"), &json!("done")), "{entry:#}");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE");
    service.stop().await;
}

/// The registry restarts: everybody comes back later than before, and as UP.
fn restarted(world: &World, now_ms: i64) {
    for (app, id) in
        [("JAVA-SERVICE", "java-2"), ("JAVA-SERVICE", "java-3"), ("JAVA-SERVICE", "java-4"), ("EURUS-GATEWAY", "g")]
    {
        world.registry.change(app, id, |instance| {
            (instance.service_up_ms, instance.status) = (now_ms + 5_000, "UP".to_owned());
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_forgot_is_told_again_also_by_a_sync_speed_that_died_with_it() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let registered = |config: &mut SyncSpeedConfig| config.eureka.registration = Some(OwnRegistration::default());
    let service = world.start_with(registered);
    world.events.wait_for(1, "registry POST apps/EURUS-SYNC-SPEED").await;
    offline(&service, json!({"ip": "10.0.0.2"})).await;
    later(&service).await;
    let now_ms = service.hand.now_ms();
    service.abort().await;
    restarted(&world, now_ms);
    let service = world.start_at(now_ms + 10_000, registered);
    world.events.wait_for(2, "registry POST apps/EURUS-SYNC-SPEED").await;
    later(&service).await;
    world.events.wait_for(2, STATUS).await;
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE");
    // It dies again, and nothing has happened: that is still known.
    let now_ms = service.hand.now_ms();
    service.abort().await;
    let service = world.start_at(now_ms + 10_000, registered);
    world.events.wait_for(3, "registry POST apps/EURUS-SYNC-SPEED").await;
    later(&service).await;
    assert_eq!(world.events.matching(STATUS).len(), 2, "once");
    // It dies again, and only the instance has a new life.
    let now_ms = service.hand.now_ms();
    service.abort().await;
    let lives = |one: &mut crate::support::registry::Instance| {
        (one.service_up_ms, one.status) = (now_ms + 1_000, "UP".to_owned());
    };
    world.registry.change("JAVA-SERVICE", "java-2", lives);
    let service = world.start_at(now_ms + 10_000, registered);
    world.events.wait_for(4, "registry POST apps/EURUS-SYNC-SPEED").await;
    later(&service).await;
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    service.stop().await;
}

/// The registry has forgotten the offline; somebody brings the instance back before it is the turn of what asserts it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_brought_back_meanwhile_is_not_asserted_again() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    // The first request is the offline.
    let asserting = Holding::nth(2, &points::SELECT);
    let service = world.start_with(|config| {
        config.eureka.registration = Some(OwnRegistration::default());
        config.faults = asserting.faults();
    });
    world.events.wait_for(1, "registry POST apps/EURUS-SYNC-SPEED").await;
    offline(&service, json!({"ip": "10.0.0.2"})).await;
    later(&service).await;
    world.registry.fail_once("PUT apps/EURUS-SYNC-SPEED", 404);
    restarted(&world, service.hand.now_ms());
    tokio::select! {
        () = asserting.reached() => {}
        () = later(&service) => panic!("nobody asserts it again"),
    }
    let body = service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(body["state"], "done", "{body:#}");
    asserting.release();
    later(&service).await;
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    assert_eq!(world.events.matching(STATUS).len(), 1, "nothing more");
    assert_eq!(gateway.told().len(), 2, "once each way");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_one_goes_on_with_those_that_the_registry_forgot() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start_with(|config| config.eureka.registration = Some(OwnRegistration::default()));
    world.events.wait_for(1, "registry POST apps/EURUS-SYNC-SPEED").await;
    let body = json!({"app": "JAVA-SERVICE", "rolling": {"percent": 1, "minUp": 2}}).to_string();
    let asked = service.post("/offline?async=true", body).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    later(&service).await;
    assert_eq!(world.events.matching(STATUS).len(), 1, "the second waits: one would be left");
    world.registry.fail_once("PUT apps/EURUS-SYNC-SPEED", 404);
    restarted(&world, service.hand.now_ms());
    for n in 5..7 {
        world.registry.add("JAVA-SERVICE", &format!("java-{n}"), &format!("10.0.0.{n}"), 80);
        let up_ms = service.hand.now_ms() + 6_000;
        world.registry.change("JAVA-SERVICE", &format!("java-{n}"), |one| one.service_up_ms = up_ms);
    }
    for _ in 0..3 {
        later(&service).await;
    }
    let entry = service.entry(&asked).await.body;
    assert_eq!(entry["state"], "done", "{entry:#}");
    let outcomes: Vec<_> = entry["instances"].as_array().unwrap().iter().map(|one| one["outcome"].clone()).collect();
    assert_eq!(outcomes, ["done", "done", "done"], "{entry:#}");
    service.stop().await;
}

/// What became of each instance, and the beginning of why.
fn outcomes(entry: &Value) -> Vec<(String, String, String)> {
    let text = |instance: &Value, field: &str| instance[field].as_str().unwrap_or_default().to_owned();
    let beginning = |text: String| text.split([';', ',']).next().unwrap_or_default().to_owned();
    let instances = entry["instances"].as_array().unwrap().iter();
    let mut all: Vec<_> =
        instances.map(|one| (text(one, "instanceId"), text(one, "outcome"), beginning(text(one, "detail")))).collect();
    all.sort_unstable();
    all
}

fn each(expected: [(&str, &str, &str); 3]) -> Vec<(String, String, String)> {
    expected.map(|(id, outcome, why)| (id.to_owned(), outcome.to_owned(), why.to_owned())).to_vec()
}

/// Brought back while the registry does not know them. As long as its lists show them it may know them, and hide them because
/// their lease is over: then nothing is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_brought_back_before_it_has_registered_again_stays_in_service() {
    const NOT_THERE: &str = "the registry does not know it now";
    const HIDDEN: &str = "the registry does not know it any more";
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start_with(|config| config.eureka.registration = Some(OwnRegistration::default()));
    world.events.wait_for(1, "registry POST apps/EURUS-SYNC-SPEED").await;
    offline(&service, json!({"ips": ["10.0.0.2", "10.0.0.3"]})).await;
    later(&service).await;
    world.registry.freeze_lists();
    world.registry.remove("JAVA-SERVICE", "java-2");
    world.registry.remove("JAVA-SERVICE", "java-3");
    let body = service.online(json!({"app": "JAVA-SERVICE"})).await.expect(200);
    let expected = each([("java-2", "refused", HIDDEN), ("java-3", "refused", HIDDEN), ("java-4", "done", "")]);
    assert_eq!((&body["state"], outcomes(&body)), (&json!("partial"), expected));
    assert_eq!(world.events.matching("g /upline").len(), 1, "{:?}", gateway.told());
    world.registry.thaw_lists();
    let body = service.online(json!({"app": "JAVA-SERVICE"})).await.expect(200);
    let expected = each([("java-2", "done", NOT_THERE), ("java-3", "done", NOT_THERE), ("java-4", "done", "")]);
    assert_eq!((&body["state"], outcomes(&body)), (&json!("done"), expected));
    assert_eq!(world.events.matching("g /upline").len(), 4, "{:?}", gateway.told());
    // They register again, later than before, and as UP.
    let now_ms = service.hand.now_ms();
    world.registry.fail_once("PUT apps/EURUS-SYNC-SPEED", 404);
    world.registry.add("JAVA-SERVICE", "java-2", "10.0.0.2", 8080);
    world.registry.add("JAVA-SERVICE", "java-3", "10.0.0.3", 8080);
    restarted(&world, now_ms);
    later(&service).await;
    later(&service).await;
    assert_eq!(world.events.matching(STATUS).len(), 1, "the first offline's alone");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_neither_registered_nor_kept_out_is_nobody() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start();
    offline(&service, json!({"ip": "10.0.0.2"})).await;
    world.registry.remove("JAVA-SERVICE", "java-2");
    for body in [
        json!({"ip": "10.0.0.9"}),
        json!({"ip": "10.0.0.2", "app": "OTHER"}),
        json!({"ip": "10.0.0.2", "instanceId": "java-9"}),
        json!({"ip": "10.0.0.2", "port": 9}),
    ] {
        assert_eq!(service.online(body.clone()).await.expect(404)["error"], "no-instance", "{body}");
    }
    let body = service.online(json!({"ip": "10.0.0.2", "app": "JAVA-SERVICE", "instanceId": "java-2"})).await;
    assert_eq!(body.expect(200)["state"], "done");
    // Once.
    assert_eq!(service.online(json!({"ip": "10.0.0.2"})).await.expect(404)["error"], "no-instance");
    service.stop().await;
}
