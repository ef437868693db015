//! Callers that send slowly are cut off, and others are served meanwhile. The limits are real time, as those of sockets are;
//! what is asserted is that they end it, not when.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::{raw, soon};

/// Sends bytes one at a time until the gateway answers or closes; what it answered.
async fn dribble(mut stream: TcpStream, bytes: &[u8]) -> String {
    let mut answer = Vec::new();
    for byte in bytes.iter().cycle() {
        // A write may still succeed after the other side has closed; the read tells.
        let _ = stream.write_all(&[*byte]).await;
        let read = timeout(Duration::from_millis(10), stream.read_buf(&mut answer)).await;
        if read.is_ok() {
            let _ = stream.read_to_end(&mut answer).await;
            return String::from_utf8_lossy(&answer).into_owned();
        }
    }
    String::new()
}

async fn one(change: impl FnOnce(&mut eurus_gateway::EdgeConfig)) -> (Producer, Gateway) {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    (producer, Gateway::start_with(&registry, |config| change(&mut config.edge)).await)
}

/// Callers that begin so and go on byte by byte, while somebody else is served; what they are answered.
async fn while_others_are_served(
    gateway: &Gateway,
    callers: usize,
    begin: &'static [u8],
    again: &'static [u8],
) -> Vec<String> {
    let mut slow = Vec::new();
    for _ in 0..callers {
        let mut stream = TcpStream::connect(gateway.data).await.unwrap();
        // Else bytes wait for each other.
        stream.set_nodelay(true).unwrap();
        stream.write_all(begin).await.unwrap();
        slow.push(tokio::spawn(dribble(stream, again)));
    }
    soon("the slow callers' end", async {
        let mut served = 0;
        while served < 20 || !slow.iter().all(tokio::task::JoinHandle::is_finished) {
            assert_eq!(gateway.get("/java-service/hello").await, (200, "p2".to_owned()));
            served += 1;
        }
    })
    .await;
    let mut answers = Vec::new();
    for caller in slow {
        answers.push(soon("a slow caller's end", caller).await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_never_end_are_cut_off() {
    let (producer, gateway) = one(|edge| edge.head_read_timeout_ms = 500).await;
    let begin = b"GET /java-service/slow HTTP/1.1\r\nHost: g\r\n";
    let before = producer.requests();
    let answers = while_others_are_served(&gateway, 100, begin, b"X-A: a\r\n").await;
    assert!(answers.iter().all(|answer| answer.is_empty() || answer.starts_with("HTTP/1.1 4")), "{answers:?}");
    assert!(producer.requests() > before);
    gateway.stop().await.unwrap();
}

/// Each pause is short; it is the rate.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_come_too_slowly_are_cut_off() {
    let (_, gateway) = one(|edge| {
        edge.limits.body_read_timeout_ms = 1_000;
        edge.limits.body_rate_min = 100_000;
        // Many that are cut off hold the instance's connections only as long.
        edge.idle_per_address_max = 0;
    })
    .await;
    let begin = b"POST /java-service/count HTTP/1.1\r\nHost: g\r\nContent-Length: 1000000\r\n\r\n";
    let answers = while_others_are_served(&gateway, 20, begin, b"x").await;
    let is_cut = |answer: &String| answer.starts_with("HTTP/1.1 408 ") && answer.contains("connection: close");
    assert!(answers.iter().all(is_cut), "{answers:?}");
    assert!(answers.iter().any(|answer| answer.contains("eurus.gateway.body-rate-min")), "{answers:?}");
    gateway.stop().await.unwrap();
}

/// It is the instance that takes none of it for longer than a caller may pause.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_not_blamed_for_a_slow_instance() {
    const BODY: usize = 8_000_000;
    let address = raw::server(2, |_, mut stream| async move {
        raw::read_head(&mut stream).await;
        // Real time, as the limit: nothing is read until it is over.
        let _ = timeout(Duration::from_millis(600), std::future::pending::<()>()).await;
        let mut body = vec![0; BODY];
        stream.read_exact(&mut body).await.unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start_with(&registry, |config| {
        config.edge.limits.body_read_timeout_ms = 300;
        config.edge.limits.body_rate_min = 1_000_000_000;
    })
    .await;
    let body = vec![b'x'; BODY];
    let response = gateway.http.post(format!("http://{}/java-service/x", gateway.data)).body(body).send();
    assert_eq!(soon("an answer", response).await.unwrap().status(), 204);
    gateway.stop().await.unwrap();
}
