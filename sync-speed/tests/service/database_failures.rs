//! The database fails for a while: what was answered, or done at the registry, is written when it works again, and not only
//! after a restart. It fails by a trigger that the test puts into its file.

use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use crate::support::gateway::FakeGateway;
use crate::support::holding::Holding;
use crate::support::service::{Service, World, as_json, client, send};
use eurus_sync_speed::entry::EntryState;
use eurus_sync_speed::points;
use eurus_sync_speed::store::Store;

/// From now on what a trigger is about fails.
async fn break_journal(world: &World, when: &'static str) {
    run(world, &format!("CREATE TRIGGER broken BEFORE {when} BEGIN SELECT RAISE(ABORT, 'scripted'); END")).await;
}

async fn mend_journal(world: &World) {
    run(world, "DROP TRIGGER broken").await;
}

async fn run(world: &World, statement: &str) {
    let path = world.folder.path().join("sync-speed.db");
    let mut connection = SqliteConnection::connect(&path.to_string_lossy()).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Three instances and a gateway, which sync-speed has fetched.
async fn started() -> (World, FakeGateway, Service) {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    (world, gateway, service)
}

async fn newest(service: &Service) -> Value {
    service.hand.settle().await.unwrap();
    service.get("/offline?limit=1").await.expect(200)["entries"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gateways_answered_is_written_when_the_database_works_again() {
    let (world, gateway, service) = started().await;
    break_journal(&world, "UPDATE ON entries WHEN NEW.state = 'done'").await;
    let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(1, "g /downline").await;
    service.advance_ms(2_000).await;
    let body = request.await.unwrap().expect(200);
    assert_eq!((&body["state"], &body["retrying"]), (&json!("partial"), &json!(true)), "not in the journal: {body:#}");
    mend_journal(&world).await;
    service.advance_ms(10_000).await;
    let entry = newest(&service).await;
    assert_eq!((&entry["state"], &entry["gateways"][0]["outcome"]), (&json!("done"), &json!("applied")), "{entry:#}");
    assert_eq!(gateway.told().len(), 1, "once");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_registry_did_is_written_and_told_however_long_the_database_fails() {
    for away_ms in [5_000, 400_000] {
        let (world, gateway, service) = started().await;
        break_journal(&world, "INSERT ON entry_nodes").await;
        let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(500);
        assert!(body["message"].as_str().unwrap().contains("as soon as the database works again"), "{body:#}");
        assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE");
        service.advance_ms(away_ms).await;
        assert!(gateway.told().is_empty());
        mend_journal(&world).await;
        service.advance_ms(20_000).await;
        world.events.wait_for(1, "g /downline").await;
        let entry = newest(&service).await;
        assert_eq!((&entry["state"], &entry["id"]), (&json!("done"), &body["id"]), "{entry:#}");
        assert_eq!(gateway.told().len(), 1);
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_request_is_not_overrun_by_what_is_written_late() {
    let (world, gateway, service) = started().await;
    break_journal(&world, "INSERT ON entry_nodes").await;
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(500);
    // It is tried at once, and then later.
    service.hand.settle().await.unwrap();
    mend_journal(&world).await;
    service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
    service.advance_ms(20_000).await;
    let late = service.get(&format!("/offline/{}", body["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(late["instances"][0]["detail"], "a newer entry deals with it", "{late:#}");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    assert!(world.events.matching("g /downline").is_empty() && gateway.told().len() == 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_as_failed_fails_in_the_journal_too() {
    let world = World::with_three();
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    world.registry.fail("PUT apps/JAVA-SERVICE/java-2/status", 400);
    break_journal(&world, "UPDATE ON entries WHEN NEW.state = 'failed'").await;
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(502);
    assert_eq!(newest(&service).await["state"], "recorded");
    world.registry.mend();
    mend_journal(&world).await;
    service.advance_ms(10_000).await;
    assert_eq!(newest(&service).await["state"], "failed");
    service.stop().await;
    let service = world.start();
    service.advance_ms(10_000).await;
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP", "nor after a restart");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_was_changed_means_that_nothing_will_be() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    // What an online reads after it is recorded, and before it asks the registry.
    run(&world, "UPDATE entry_instances SET status_before = 'BROKEN'").await;
    let body = service.online(json!({"ip": "10.0.0.2"})).await.expect(500);
    assert!(body["message"].as_str().unwrap().contains("nothing was changed"), "{body:#}");
    let entry = newest(&service).await;
    assert_eq!((&entry["kind"], &entry["state"]), (&json!("online"), &json!("failed")), "{entry:#}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_answers_what_another_node_has_come_to() {
    let world = World::with_three();
    let holding = Holding::nth(2, &points::SELECT);
    let service = world.start_with(|config| config.faults = holding.faults());
    let url = format!("{}/offline", service.url);
    let ask = || {
        let request = client().post(&url).header("Idempotency-Key", "k");
        send(as_json(request, json!({"ip": "10.0.0.2"}).to_string()))
    };
    // Nobody is there to be told: it stays open.
    assert_eq!(ask().await.expect(200)["state"], "partial");
    let again = tokio::spawn(ask());
    holding.reached().await;
    holding.release();
    // Until it waits.
    service.hand.settle().await.unwrap();
    let other = Store::open(world.folder.path()).await.unwrap();
    let open = other.newest_below(i64::MAX, 1).await.unwrap();
    other.nodes_answered(&[], &[(open[0].number, EntryState::Done)], 1).await.unwrap();
    service.advance_ms(2_000).await;
    assert_eq!(again.await.unwrap().expect(200)["state"], "done");
    service.stop().await;
}
