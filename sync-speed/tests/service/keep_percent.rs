//! A configured share of an application's instances stays UP, whoever asks.

use crate::support::service::World;
use eurus_sync_speed::access::Keep;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_stays_and_force_does_not_change_that() {
    let world = World::with_twins();
    let service = world.start_with(|config| config.access.keep = Keep { percent: 60, force_overrides: false });
    // Three of five must stay: the twins can go, then nobody else.
    service.offline(json!({"ip": "10.0.0.50"})).await.expect(200);
    for force in [false, true] {
        let refused = service.offline(json!({"ip": "10.0.0.2", "force": force})).await.expect(409);
        assert_eq!((&refused["error"], &refused["app"]), (&json!("keep-percent"), &json!("JAVA-SERVICE")));
        assert_eq!((&refused["up"], &refused["mustStay"]), (&json!(3), &json!(3)), "{refused:#}");
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains("3 of JAVA-SERVICE are UP, 2 would be left, and 3 must stay: 60 %"), "{message}");
        assert!(message.contains(" of 5, which are those that are UP and 2 that were taken offline"), "{message}");
        assert!(message.contains("Counted in the copy of the registry that was fetched 0 ms ago"), "{message}");
        assert_eq!((&refused["wouldStay"], &refused["of"], &refused["copyAgeMs"]), (&json!(2), &json!(5), &json!(0)));
    }
    // Long after, what is out still belongs to the whole.
    service.advance_ms(3_600_000).await;
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(409);
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "UP");
    service.online(json!({"ip": "10.0.0.50"})).await.expect(200);
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_at_once_are_none() {
    let world = World::with_twins();
    let service = world.start_with(|config| config.access.keep = Keep { percent: 80, force_overrides: true });
    service.offline(json!({"ip": "10.0.0.50"})).await.expect(409);
    assert!(world.registry.changes().is_empty());
    service.offline(json!({"ip": "10.0.0.50", "force": true})).await.expect(200);
    service.stop().await;
}
