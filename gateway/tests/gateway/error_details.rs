//! What callers learn of failures behind the gateway.

use eurus_gateway::GatewayConfig;
use eurus_gateway::config::ErrorDetails;

use crate::failures::{failure, message};
use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::{Registry, SERVICE_UP_MS};

/// What a stranger learns of a failure that is not its own.
#[tokio::test(flavor = "multi_thread")]
async fn callers_are_not_told_where_instances_are_unless_that_is_wanted() {
    let (absent, held) = (Producer::absent(2), Producer::start(3).await);
    let registry = Registry::start(&[&absent]).await;
    let mut out = held.instance("OUT_OF_SERVICE", SERVICE_UP_MS);
    out["app"] = "HELD".into();
    registry.put_instance(out);
    let none = |config: &mut GatewayConfig| config.edge.error_details = ErrorDetails::None;
    let gateway = Gateway::start_with(&registry, none).await;
    for (path, expected) in [
        ("/java-service/x", (502, "no instance could be reached")),
        ("/held/x", (503, "no instance may be called now")),
        ("/nobody/x", (404, "no service NOBODY is registered")),
    ] {
        let (status, body) = failure(&gateway, path).await;
        assert_eq!((status, message(&body)), expected, "{path}");
        let text = body.to_string();
        assert!(body["instance"].is_null() && !text.contains("127.0.0.") && !text.contains("p2"), "{body}");
        assert!(!body["requestId"].as_str().unwrap().is_empty());
    }
    gateway.stop().await.unwrap();
}
