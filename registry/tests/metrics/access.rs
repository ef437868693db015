//! A locked registry: who scrapes needs the role read, and who is refused is counted.

use eurus_registry::RegistryConfig;
use eurus_service::Properties;
use eurus_service::properties::Sources;

use super::exposition::Exposition;
use super::rig::Rig;
use super::{OPEN_METRICS, START_MS};

const READER: &str = "read-0123456789abcdef";
const REGISTRAR: &str = "register-0123456789abcdef";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_for_credentials() {
    let of = |role: &str, token: &str| {
        let key = |what: &str| format!("eurus.registry.access.tokens.{role}.{what}");
        [(key("token"), token.to_owned()), (key("roles"), role.to_owned())]
    };
    let flags = [of("read", READER), of("register", REGISTRAR)].concat();
    let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
    let rig = Rig::start(RegistryConfig::from_properties(&properties).unwrap(), START_MS).await;
    let ask = async |token: &str| {
        let authorization = format!("Bearer {token}");
        rig.send("GET", "/metrics", &[("Accept", OPEN_METRICS), ("Authorization", &authorization)], "").await
    };
    assert_eq!(rig.get("/metrics").await.status, 401);
    assert_eq!(ask("wrong").await.status, 401);
    assert_eq!(ask(REGISTRAR).await.status, 403);
    let metrics = Exposition::of(&ask(READER).await.text(), true);
    for (series, value) in [
        (r#"access_denials_total{reason="unauthenticated"}"#, 2.0),
        (r#"access_denials_total{reason="forbidden"}"#, 1.0),
        (r#"refused_requests_total{status="401"}"#, 2.0),
        (r#"refused_requests_total{status="403"}"#, 1.0),
        (r#"request_duration_seconds_count{route="metrics",method="GET",status="4xx"}"#, 3.0),
    ] {
        assert_eq!(metrics.value(series), Some(value), "{series}");
    }
    assert!(!metrics.samples.keys().any(|series| series.contains("0123456789")), "no secret in a label");
    rig.stop().await;
}
