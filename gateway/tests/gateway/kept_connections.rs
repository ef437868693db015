//! Connections without a request: to instances, for how long and how many; and callers'.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt as _;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::Registry;
use crate::support::soon;

const ANSWER: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// An instance that answers 204 on one connection after the other; the connections it was given.
async fn counting_connections(answer: &'static str) -> (Producer, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&connections);
    let address = raw::server(2, move |count, mut stream| {
        seen.store(count + 1, Ordering::SeqCst);
        async move {
            while !raw::read_head(&mut stream).await.is_empty() {
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    (Producer::at(2, address), connections)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_used_again_until_its_time_is_over() {
    let (producer, connections) = counting_connections(ANSWER).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let mut caller = raw::Caller::connect(gateway.data).await;
    for (pass_ms, expected) in [(0, 1), (0, 1), (14_000, 1), (14_000, 1), (15_000, 2), (0, 2)] {
        gateway.hand.advance_ms(pass_ms).await.unwrap();
        assert!(soon("an answer", caller.get("/java-service/x")).await.starts_with("HTTP/1.1 204 "));
        assert_eq!(connections.load(Ordering::SeqCst), expected, "after {pass_ms} ms");
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_idle_connections_are_kept_than_allowed() {
    type Change = fn(&mut eurus_gateway::EdgeConfig);
    let table: [(Change, usize); 3] =
        [(|_| (), 1), (|edge| edge.idle_per_address_max = 0, 3), (|edge| edge.idle_max = 0, 3)];
    for (change, expected) in table {
        let (producer, connections) = counting_connections(ANSWER).await;
        let registry = Registry::start(&[&producer]).await;
        let gateway = Gateway::start_with(&registry, |config| change(&mut config.edge)).await;
        let mut caller = raw::Caller::connect(gateway.data).await;
        for _ in 0..3 {
            assert!(soon("an answer", caller.get("/java-service/x")).await.starts_with("HTTP/1.1 204 "));
        }
        assert_eq!(connections.load(Ordering::SeqCst), expected);
        gateway.stop().await.unwrap();
    }
}

/// As Node.js does, which keeps them for 5 s.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_says_for_how_long_it_keeps_them_is_believed() {
    let (producer, connections) =
        counting_connections("HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=5\r\n\r\n").await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let mut caller = raw::Caller::connect(gateway.data).await;
    for (pass_ms, expected) in [(0, 1), (3_999, 1), (3_999, 1), (4_000, 2), (3_999, 2)] {
        gateway.hand.advance_ms(pass_ms).await.unwrap();
        assert!(soon("an answer", caller.get("/java-service/x")).await.starts_with("HTTP/1.1 204 "));
        assert_eq!(connections.load(Ordering::SeqCst), expected, "after {pass_ms} ms");
    }
    gateway.stop().await.unwrap();
}

/// Real time, as the limits. A head has a limit of its own, which holds from its first byte on.
#[tokio::test(flavor = "multi_thread")]
async fn a_callers_connection_may_be_idle_for_longer_than_a_head_may_take() {
    let (producer, _) = counting_connections(ANSWER).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| {
        (config.edge.head_read_timeout_ms, config.edge.keep_alive_timeout_ms) = (100, 3_000);
    })
    .await;
    let mut caller = raw::Caller::connect(gateway.data).await;
    assert!(soon("an answer", caller.get("/java-service/x")).await.starts_with("HTTP/1.1 204 "));
    assert!(caller.is_silent_for_ms(500).await);
    assert!(soon("an answer", caller.get("/java-service/x")).await.starts_with("HTTP/1.1 204 "));
    assert!(soon("its end", caller.is_closed()).await);

    let mut caller = raw::Caller::connect(gateway.data).await;
    assert!(soon("an answer", caller.get("/java-service/x")).await.starts_with("HTTP/1.1 204 "));
    caller.send(b"GET /java-service/x HTTP/1.1\r\n").await;
    assert!(soon("the end of half a head", caller.is_closed()).await);
    assert_eq!(gateway.metric("eurus_gateway_limit_hits_total{limit=\"slow_heads\"}").await, Some(1.0));
    gateway.stop().await.unwrap();
}
