//! Health and metrics on a port of their own: there, and nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use eurus_registry::RegistryConfig;
use eurus_service::Properties;
use eurus_service::properties::Sources;

use rig::Rig;

const START_MS: i64 = 1_795_317_120_000;

fn config(settings: &[(&str, &str)]) -> RegistryConfig {
    let flags = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
    RegistryConfig::from_properties(&properties).unwrap()
}

async fn statuses<const N: usize>(rig: &Rig, paths: [&str; N]) -> [u16; N] {
    let mut statuses = [0; N];
    for (status, path) in statuses.iter_mut().zip(paths) {
        *status = rig.get(path).await.status;
    }
    statuses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_port_serves_its_own() {
    let settings = [("management.server.port", "0"), ("management.server.base-path", "/ops")];
    let (mut rig, own) = Rig::with_management_port(config(&settings), START_MS).await;
    let main = rig.address;
    let hidden = ["/actuator/health", "/actuator/prometheus", "/metrics", "/metrics/", "/%6detrics", "/ops/metrics"];
    assert_eq!(statuses(&rig, hidden).await, [404; 6]);
    assert_eq!(statuses(&rig, ["/actuator", "/actuator/health/liveness", "/ops/actuator"]).await, [404; 3]);
    assert_eq!(statuses(&rig, ["/eureka/apps", "/", "/lastn", "/eureka/status"]).await, [200; 4]);
    let itself = rig.get("/eureka/status").await.json();
    let url = itself["instanceInfo"]["healthCheckUrl"].as_str().unwrap();
    assert_eq!(url, format!("http://{own}/ops/actuator/health"));
    assert_eq!(itself["instanceInfo"]["metadata"]["management.port"], own.port().to_string());
    rig.address = own;
    assert_eq!(statuses(&rig, ["/ops/actuator/health", "/ops/actuator/prometheus", "/ops/metrics"]).await, [200; 3]);
    let probes = ["/ops/actuator/health/liveness", "/ops/actuator/health/readiness"];
    assert_eq!(statuses(&rig, probes).await, [200; 2]);
    let links = rig.get("/ops/actuator").await.json();
    assert_eq!(links["_links"]["health"]["href"], "http://registry/ops/actuator/health");
    let hidden = ["/ops/eureka/apps", "/eureka/apps", "/ops/", "/", "/ops/lastn", "/actuator/health"];
    assert_eq!(statuses(&rig, hidden).await, [404; 6]);
    assert_eq!(rig.register("A", "one", serde_json::json!({})).await.status, 404);
    assert_ne!(main, own);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_locked_stays_locked_there() {
    let settings = [("management.server.port", "0"), ("spring.security.user.password", "secret")];
    let (mut rig, own) = Rig::with_management_port(config(&settings), START_MS).await;
    rig.address = own;
    assert_eq!(
        statuses(&rig, ["/actuator/health", "/metrics", "/actuator/prometheus", "/actuator", "/x"]).await,
        [200, 401, 401, 401, 401]
    );
    assert_eq!(statuses(&rig, ["/actuator/health/liveness", "/actuator/health/readiness"]).await, [200; 2]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_and_links_are_where_spring_has_them() {
    let rig = Rig::start(config(&[]), START_MS).await;
    let health = rig.get("/actuator/health").await;
    for path in ["/actuator/health/liveness", "/actuator/health/readiness"] {
        let probe = rig.get(path).await;
        assert_eq!((probe.status, &probe.body), (200, &health.body), "{path}");
    }
    let links = rig.get("/actuator/").await.json();
    let links = links["_links"].as_object().unwrap();
    assert_eq!(links["self"]["href"], "http://registry/actuator");
    for (name, link) in links {
        let path = link["href"].as_str().unwrap().strip_prefix("http://registry").unwrap();
        let status = rig.get(&path.replace("{*path}", "liveness")).await.status;
        assert_eq!((status, &link["templated"]), (200, &serde_json::json!(path.contains('{'))), "{name}");
    }
    assert_eq!(statuses(&rig, ["/actuator/info", "/actuator/health/db", "/actuator/env"]).await, [404; 3]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_listener_it_does_not_start() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (clock, _) = eurus_service::Clock::manual(START_MS);
    let config = config(&[("management.server.port", "0")]);
    let ended = eurus_registry::run(config, listener, clock, eurus_service::Shutdown::new()).await;
    assert!(ended.unwrap_err().to_string().contains("management.server.port"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nowhere_is_nowhere() {
    let (rig, own) = Rig::with_management_port(config(&[("management.server.port", "-1")]), START_MS).await;
    assert_eq!(statuses(&rig, ["/actuator/health", "/metrics", "/eureka/apps"]).await, [404, 404, 200]);
    assert!(tokio::net::TcpStream::connect(own).await.is_err(), "nobody listens there");
    rig.stop().await;
}
