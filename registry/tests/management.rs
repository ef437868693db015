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
    assert_eq!(statuses(&rig, ["/eureka/apps", "/", "/lastn", "/eureka/status"]).await, [200; 4]);
    let itself = rig.get("/eureka/status").await.json();
    let url = itself["instanceInfo"]["healthCheckUrl"].as_str().unwrap();
    assert_eq!(url, format!("http://{own}/ops/actuator/health"));
    assert_eq!(itself["instanceInfo"]["metadata"]["management.port"], own.port().to_string());
    rig.address = own;
    assert_eq!(statuses(&rig, ["/ops/actuator/health", "/ops/actuator/prometheus", "/ops/metrics"]).await, [200; 3]);
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
        statuses(&rig, ["/actuator/health", "/metrics", "/actuator/prometheus", "/x"]).await,
        [200, 401, 401, 401]
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nowhere_is_nowhere() {
    let (rig, own) = Rig::with_management_port(config(&[("management.server.port", "-1")]), START_MS).await;
    assert_eq!(statuses(&rig, ["/actuator/health", "/metrics", "/eureka/apps"]).await, [404, 404, 200]);
    assert!(tokio::net::TcpStream::connect(own).await.is_err(), "nobody listens there");
    rig.stop().await;
}
