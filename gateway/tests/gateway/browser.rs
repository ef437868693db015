//! A real browser in front of the gateway: a page, server-sent events, a WebSocket, uploads, over HTTP/1.1 and HTTP/2.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::site;
use crate::support::tls::Certificates;

fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// What the page has seen.
async fn seen(url: &str) -> Value {
    let mut command = Command::new("node");
    command.arg(workspace("compat-tests/node/browser.js")).arg(url);
    command.env("NODE_PATH", workspace("target/clients/node/node_modules"));
    // The browser has limits of its own for everything it waits for.
    let Output { status, stdout, stderr } = command.kill_on_drop(true).output().await.unwrap();
    assert!(status.success(), "{url}: {}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and playwright-core, which ./test installs"]
async fn a_page_sees_events_a_web_socket_and_its_uploads() {
    let producer = Producer::at(2, site::start(2).await);
    let registry = Registry::start(&[&producer]).await;
    let certificates = Certificates::new();
    let gateway = Gateway::start_with(&registry, |config| certificates.configure(config, &[])).await;
    for (scheme, address, protocols) in
        [("http", gateway.data, json!(["http/1.1"])), ("https", gateway.tls.unwrap(), json!(["h2"]))]
    {
        let expected = json!({
            "status": 200, "events": ["1", "2", "3"], "socket": ["hello", 1_000_000, 1_000, true],
            "upload": 3_000_000, "large": 5_000_000, "protocols": protocols
        });
        assert_eq!(seen(&format!("{scheme}://{address}/java-service/page")).await, expected);
    }
    // Over HTTP/2 the WebSocket is a stream beside the others: it is answered 200.
    assert_eq!(gateway.metric("eurus_gateway_upgrades_total").await, Some(2.0));
    assert_eq!(gateway.metric("eurus_gateway_answers_total{class=\"1xx\"}").await, Some(1.0));
    gateway.stop().await.unwrap();
}
