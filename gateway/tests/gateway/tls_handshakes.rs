//! Handshakes that do not come about: plain HTTP, silence, too many at a time.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::tls::{Certificates, start};
use crate::support::{raw, soon, until};

/// What a handshake begins with, and no more.
const BEGUN: &[u8] = &[0x16, 3, 1, 2, 0, 1, 0];

fn outcome(outcome: &str) -> String {
    format!("eurus_gateway_tls_handshakes_total{{outcome=\"{outcome}\"}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_told_to_use_https() {
    let certificates = Certificates::new();
    let (producer, gateway) = start(&certificates, &[]).await;
    let long = format!("GET /java-service/hello HTTP/1.1\r\nhost: g\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    for request in ["GET /java-service/hello HTTP/1.1\r\nhost: g\r\n\r\n", &long, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let answer = soon("an answer", raw::exchange(gateway.tls.unwrap(), request.as_bytes())).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("use https://"), "{answer}");
    }
    assert_eq!(gateway.metric(&outcome("plain_http")).await, Some(3.0));
    // Rubbish is no HTTP, and is answered as TLS does.
    let answer = soon("an alert", raw::exchange(gateway.tls.unwrap(), b"\x00\x01\x02\x03\x04\x05")).await;
    assert!(!answer.contains("HTTP"), "{answer}");
    assert_eq!(gateway.metric(&outcome("failed")).await, Some(1.0));
    assert_eq!(producer.requests(), 0);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_too_long_is_closed_and_whoever_looks_is_not_complained_about() {
    let certificates = Certificates::new();
    let (_, gateway) = start(&certificates, &[("handshake-timeout-ms", "50")]).await;
    let mut silent = TcpStream::connect(gateway.tls.unwrap()).await.unwrap();
    let mut slow = TcpStream::connect(gateway.tls.unwrap()).await.unwrap();
    slow.write_all(BEGUN).await.unwrap();
    for stream in [&mut silent, &mut slow] {
        let mut rest = Vec::new();
        // Closed, or reset.
        let _ = soon("the end", stream.read_to_end(&mut rest)).await;
    }
    assert_eq!(gateway.metric(&outcome("timed_out")).await, Some(2.0));
    drop(TcpStream::connect(gateway.tls.unwrap()).await.unwrap());
    until("it left", async || gateway.metric(&outcome("caller_left")).await == Some(1.0)).await;
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn further_handshakes_wait_for_those_under_way() {
    let certificates = Certificates::new();
    let (_, gateway) = start(&certificates, &[("handshakes-max", "1"), ("handshake-timeout-ms", "20000")]).await;
    let mut slow = Vec::new();
    // There are two threads: a third one must wait.
    for _ in 0..3 {
        let mut stream = TcpStream::connect(gateway.tls.unwrap()).await.unwrap();
        stream.write_all(BEGUN).await.unwrap();
        slow.push(stream);
    }
    let waited = "eurus_gateway_limit_hits_total{limit=\"handshakes\"}";
    until("one waits", async || gateway.metric(waited).await >= Some(1.0)).await;
    // Requests on connections that are there are served meanwhile.
    assert_eq!(gateway.get("/java-service/hello").await.0, 200);
    drop(slow);
    let answer = soon("an answer", certificates.caller().get(&gateway, "/java-service/hello")).await.unwrap();
    assert!(answer.ends_with("p2"), "{answer}");
    gateway.stop().await.unwrap();
}
