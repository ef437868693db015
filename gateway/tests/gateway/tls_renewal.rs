//! Certificates whose files change while the gateway runs.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::gateway::Gateway;
use crate::support::tls::{Certificates, HOST, start};
use crate::support::{soon, until};

const DONE: &str = "eurus_gateway_tls_renewals_total{side=\"callers\",outcome=\"done\"}";
const FAILED: &str = "eurus_gateway_tls_renewals_total{side=\"callers\",outcome=\"failed\"}";
const END: &str = "eurus_gateway_tls_certificate_end_seconds{side=\"callers\",certificate=\"default\"}";

/// Looks at the files until so many renewals were counted.
async fn counted(gateway: &Gateway, series: &str, count: f64) {
    until(series, async || {
        gateway.hand.advance_ms(1_000).await.unwrap();
        gateway.metric(series).await == Some(count)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_files_hold_from_the_next_handshake_on() {
    let certificates = Certificates::new();
    let (_, gateway) = start(&certificates, &[]).await;
    let end = gateway.metric(END).await.unwrap();
    let mut before = certificates.caller().connect(&gateway).await.unwrap();
    certificates.replace("server", "newer", &[HOST]);
    counted(&gateway, DONE, 1.0).await;
    // A session of before is not taken up again: it would say nothing of the new certificate.
    assert_eq!(certificates.caller().shown(&gateway).await, "newer");
    // Who is connected stays so.
    before.write_all(b"GET /java-service/hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    soon("an answer", before.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.ends_with("p2"), "{answer}");
    assert_eq!(gateway.metric(END).await, Some(end), "rcgen's are all valid until the same day");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_leaves_the_last_good_one_in_force() {
    let certificates = Certificates::new();
    certificates.issue("b", &["b.example"]);
    let further = [("certificates.b.certificate", "<b>"), ("certificates.b.certificate-private-key", "<b-key>")];
    let (_, gateway) = start(&certificates, &further).await;
    let shown = async |host: &str| certificates.caller().at(host).shown(&gateway).await;
    // Half of a pair, and the other certificate is whole: all or nothing.
    certificates.issue("other", &[]);
    certificates.replace("server", "newer", &[HOST]);
    std::fs::copy(certificates.path("other-key"), certificates.path("b-key")).unwrap();
    counted(&gateway, FAILED, 1.0).await;
    assert_eq!((shown(HOST).await, shown("b.example").await), ("server".to_owned(), "b".to_owned()));
    std::fs::remove_file(certificates.path("b-key")).unwrap();
    counted(&gateway, FAILED, 2.0).await;
    certificates.replace("b", "b-newer", &["b.example"]);
    counted(&gateway, DONE, 1.0).await;
    assert_eq!((shown(HOST).await, shown("b.example").await), ("newer".to_owned(), "b-newer".to_owned()));
    gateway.stop().await.unwrap();
}

/// Whom nobody vouches for any more is not let in by a session of before.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_trusted_any_more_takes_up_no_session() {
    let certificates = Certificates::new();
    certificates.issue("caller", &[]);
    std::fs::copy(certificates.path("ca"), certificates.path("trusted")).unwrap();
    let (_, gateway) = start(&certificates, &[("client-auth", "need"), ("trust-certificate", "<trusted>")]).await;
    let caller = certificates.caller().showing(&certificates, "caller");
    for _ in 0..2 {
        assert!(caller.get(&gateway, "/java-service/hello").await.unwrap().ends_with("p2"));
    }
    assert_eq!(gateway.metric("eurus_gateway_tls_handshakes_total{outcome=\"resumed\"}").await, Some(1.0));
    std::fs::copy(certificates.path("other-ca"), certificates.path("trusted")).unwrap();
    counted(&gateway, DONE, 1.0).await;
    assert!(caller.get(&gateway, "/java-service/hello").await.is_err());
    gateway.stop().await.unwrap();
}
