//! Routes that change while the gateway runs.

use std::path::Path;

use eurus_gateway::RoutesConfig;
use eurus_service::properties::{Files, Rereading, Sources};
use serde_json::Value;

use crate::support::gateway::{Gateway, START_MS};
use crate::support::producer::Producer;
use crate::support::registry::Registry;

async fn start(file: &Path) -> Gateway {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let sources = Sources { files: Files::Disk, only_file: Some(file.to_owned()), ..Sources::default() };
    let rereading = Rereading::new(sources);
    let routes = RoutesConfig::from_properties(&rereading.read().unwrap().0).unwrap();
    Gateway::start_with(&registry, |config| {
        config.routes = routes;
        config.rereading = Some(rereading);
    })
    .await
}

fn write(file: &Path, routes: &str, more: &str) {
    std::fs::write(file, format!("spring.cloud.gateway.routes: [{routes}]\n{more}\n")).unwrap();
}

fn route(id: &str, path: &str) -> String {
    format!("{{id: {id}, uri: lb://java-service, predicates: [Path={path}], filters: [SetPath=/hello]}}")
}

/// Time for a change to be seen, to look the same twice, and to be read.
async fn pass(gateway: &Gateway) {
    for _ in 0..3 {
        gateway.hand.advance_ms(1_000).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_in_force_for_the_next_request_and_a_wrong_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("application.yml");
    write(&file, &route("a", "/a"), "");
    let gateway = start(&file).await;
    // A connection that stays open.
    let statuses = async || (gateway.get("/a").await.0, gateway.get("/b").await.0);
    assert_eq!(statuses().await, (200, 404));
    write(&file, &[route("a", "/a"), route("b", "/b")].join(","), "");
    pass(&gateway).await;
    assert_eq!(statuses().await, (200, 200));
    let standing = async || gateway.admin_get("/routes").await.1["configuration"].clone();
    let (taken_over, at) = (standing().await["takenOver"].clone(), standing().await["takenOverMs"].as_i64().unwrap());
    assert!(taken_over == 1 && at > START_MS, "{taken_over} {at}");
    // Wrong in a route, or elsewhere: as a whole.
    let mut refused = 0;
    for (routes, more, word) in [
        (route("b", "b"), "", "a pattern begins with /"),
        (route("b", "/b"), "eurus.gateway.tries-max: none", "eurus.gateway.tries-max"),
        (route("b", "/b"), "eurus.gateway.tires-max: 1", "tires-max"),
        ("{".to_owned(), "", "application.yml"),
    ] {
        write(&file, &routes, more);
        pass(&gateway).await;
        assert_eq!(statuses().await, (200, 200), "{routes} {more}");
        refused += 1;
        let standing = standing().await;
        let wrong = standing["wrong"].as_str().unwrap();
        assert!(standing["refused"] == refused && standing["takenOver"] == 1 && wrong.contains(word), "{standing}");
    }
    let metrics = gateway.http.get(format!("http://{}/metrics", gateway.admin)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "eurus_gateway_configuration_changes_total{outcome=\"refused\"} 4",
        "eurus_gateway_configuration_is_wrong 1",
        "eurus_gateway_routes 2",
        "eurus_gateway_route_answers_total{route=\"a\",class=\"2xx\"} 6",
        "eurus_gateway_route_answers_total{route=\"b\",class=\"2xx\"} 5",
        "eurus_gateway_route_answers_total{route=\"(locator)\",class=\"4xx\"} 1",
        "eurus_gateway_route_request_seconds_count{route=\"a\"} 6",
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line}\nis not in\n{metrics}");
    }
    // Mended, it counts.
    write(&file, &route("b", "/b"), "eurus.gateway.tries-max: 2");
    pass(&gateway).await;
    assert_eq!(statuses().await, (404, 200));
    assert_eq!((standing().await["takenOver"].clone(), standing().await["wrong"].clone()), (2.into(), Value::Null));
    gateway.stop().await.unwrap();
}
