//! The power goes after an order is on the disk and before its answer is: the journal has what was synced last, the registry
//! and the gateways have what was done since.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::holding::Holding;
use crate::support::service::{START_MS, Service, World};
use eurus_sync_speed::entry::EntryState;
use eurus_sync_speed::points;
use eurus_sync_speed::store::Store;

/// The database as it is on the disk.
const FILES: [&str; 2] = ["sync-speed.db", "sync-speed.db-wal"];
/// Longer than an unfinished order is carried out after.
const LATER_MS: i64 = 600_000;

fn copy(from: &Path, to: &Path) {
    for name in FILES {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

/// An offline of which the journal knows nothing but that it was asked, while the registry and a gateway have it.
async fn cut_off(world: &World) {
    let disk = tempfile::tempdir().unwrap();
    let holding = Holding::at(&points::RECORDED);
    let service = world.start_with(|config| config.faults = holding.faults());
    let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    holding.reached().await;
    copy(world.folder.path(), disk.path());
    holding.release();
    request.await.unwrap().expect(200);
    service.stop().await;
    world.events.wait_for(1, "g /downline").await;
    copy(disk.path(), world.folder.path());
}

/// The order, as soon as recovery is through with it.
async fn decided(service: &Service) -> Value {
    for _ in 0..200 {
        service.advance_ms(50).await;
        service.hand.settle().await.unwrap();
        let entry = service.get("/offline?limit=1").await.expect(200)["entries"][0].clone();
        if !["recorded", "partial"].contains(&entry["state"].as_str().unwrap()) {
            return entry;
        }
    }
    panic!("ten seconds after the start recovery has not decided");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_recorded_is_carried_out_again() {
    for registry_forgets in [false, true] {
        let world = World::with_three();
        let gateway = world.gateway("g");
        cut_off(&world).await;
        if registry_forgets {
            world.registry.change("JAVA-SERVICE", "java-2", |instance| instance.status = "UP".to_owned());
        }
        let service = world.start_at(START_MS + 1_000, |_| {});
        let entry = decided(&service).await;
        assert_eq!(
            (&entry["state"], &entry["gateways"][0]["outcome"]),
            (&json!("done"), &json!("applied")),
            "{entry:#}"
        );
        assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE");
        let numbers: Vec<_> = gateway.told().iter().map(|order| order["number"].clone()).collect();
        assert!(numbers.len() == 2 && numbers[0] == numbers[1], "the same order, not a newer one: {numbers:?}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_long_it_is_said_to_be_unknown_and_an_online_brings_it_back() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    cut_off(&world).await;
    let service = world.start_at(START_MS + LATER_MS, |_| {});
    let entry = decided(&service).await;
    assert_eq!(entry["state"], "failed", "{entry:#}");
    assert!(entry["note"].as_str().unwrap().contains("look at its status there"), "{entry:#}");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE", "nobody was told to bring it back");
    service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    world.events.wait_for(1, "g /upline").await;
    service.stop().await;
}

/// Without a gateway it is answered at once, and is not finished.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_on_the_disk() {
    let world = World::with_three();
    let service = world.start();
    let answered = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(answered["state"], "partial", "{answered:#}");
    // What is in the database alone was synced; what only the log beside it has may not be.
    let disk = tempfile::tempdir().unwrap();
    fs::copy(world.folder.path().join(FILES[0]), disk.path().join(FILES[0])).unwrap();
    service.stop().await;
    let store = Store::open(disk.path()).await.unwrap();
    let kept = store.newest_below(i64::MAX, 1).await.unwrap().remove(0);
    assert_eq!((kept.id.as_str(), kept.state), (answered["id"].as_str().unwrap(), EntryState::Notifying));
    store.close().await;
}
