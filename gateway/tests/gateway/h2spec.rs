//! The conformance tests of h2spec, which is not ours, with an instance behind the gateway.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

use tokio::process::Command;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::tls::{Certificates, start};

/// On a port that speaks HTTP/1 too, what begins otherwise than HTTP/2 is answered as HTTP/1: 400, then closed.
const EXCEPTIONS: [&str; 1] = ["× 2: Sends invalid connection preface"];

/// Built by ./test.
fn h2spec() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/clients/h2spec")
}

async fn run(port: u16, further: &[&str]) -> String {
    let mut command = Command::new(h2spec());
    command.args(["--strict", "--host", "127.0.0.1", "--timeout", "10", "--path", "/java-service/hello"]);
    command.args(["--port", &port.to_string()]).args(further);
    let Output { stdout, .. } = command.kill_on_drop(true).output().await.unwrap();
    String::from_utf8(stdout).unwrap()
}

/// The titles of failed tests, from the list at the end.
fn failed(report: &str) -> BTreeSet<&str> {
    report.lines().map(str::trim).filter(|line| line.starts_with('×')).collect()
}

/// Where both have agreed on HTTP/2, nothing else is answered: no exception is needed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs h2spec, which ./test builds with Go"]
async fn under_tls_h2spec_finds_nothing() {
    let (_, gateway) = start(&Certificates::new(), &[]).await;
    let report = run(gateway.tls.unwrap().port(), &["--tls", "--insecure"]).await;
    assert!(report.contains("tests, "), "it did not run to its end: {report}");
    assert_eq!(failed(&report), BTreeSet::new(), "{report}");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs h2spec, which ./test builds with Go"]
async fn h2spec_finds_nothing_but_the_exceptions() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let report = run(gateway.data.port(), &[]).await;
    assert!(report.contains("tests, "), "it did not run to its end: {report}");
    assert_eq!(failed(&report), EXCEPTIONS.into(), "{report}");
    gateway.stop().await.unwrap();
}
