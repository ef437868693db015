//! `GET /metrics`.

use serde_json::json;

use crate::support::service::{Service, World, client};

async fn metrics(service: &Service) -> String {
    let answer = client().get(format!("{}/metrics", service.url)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    answer.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_is_counted() {
    let world = World::with_three();
    let _gateways = [world.gateway("g1"), world.gateway("g2")];
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    service.offline(json!({"ip": "10.0.0.3", "expiresAfterMs": 60_000})).await.expect(200);
    service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
    service.advance_ms(2_000).await;
    service.hand.settle().await.unwrap();
    let text = metrics(&service).await;
    for line in [
        "eurus_sync_speed_orders_total{kind=\"offline\",outcome=\"done\"} 2",
        "eurus_sync_speed_orders_total{kind=\"offline\",outcome=\"no_instance\"} 1",
        "eurus_sync_speed_orders_total{kind=\"online\",outcome=\"done\"} 1",
        "eurus_sync_speed_order_seconds_count{kind=\"offline\"} 2",
        "eurus_sync_speed_answers_total{class=\"2xx\"} 3",
        "eurus_sync_speed_answers_total{class=\"4xx\"} 1",
        "eurus_sync_speed_gateway_calls_total{outcome=\"applied\"} 6",
        "eurus_sync_speed_gateway_acknowledged_seconds_count 6",
        "eurus_sync_speed_gateway_calls_open 0",
        "eurus_sync_speed_orders_under_way 0",
        "eurus_sync_speed_drains_waiting 0",
        "eurus_sync_speed_offlines_held 1",
        "eurus_sync_speed_held_events_total{event=\"brought_back\"} 0",
        "eurus_sync_speed_audit_suppressed_total 0",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} is not in\n{text}");
    }
    service.advance_ms(61_000).await;
    service.hand.settle().await.unwrap();
    world.events.wait_for(4, "/upline").await;
    service.hand.settle().await.unwrap();
    let text = metrics(&service).await;
    for line in [
        "eurus_sync_speed_held_events_total{event=\"brought_back\"} 1",
        "eurus_sync_speed_orders_total{kind=\"online\",outcome=\"done\"} 2",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} is not in\n{text}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_documented() {
    let world = World::with_three();
    let service = world.start();
    let text = metrics(&service).await;
    let docs = include_str!("../../../docs/downline.md");
    let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).filter_map(|rest| rest.split_once(' '));
    let mut count = 0;
    for (name, _) in names.filter(|(name, _)| name.starts_with("eurus_")) {
        assert!(docs.contains(&format!("`{name}`")), "docs/downline.md does not know {name}");
        count += 1;
    }
    assert!(count > 10, "{text}");
    service.stop().await;
}
