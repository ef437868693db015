//! Requests under way at an instance: what whoever stops it waits for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::Registry;
use crate::support::{soon, until};

/// Answers with half a body, and with the rest, or the connection's end, once it may.
async fn halting(host: u8, released: watch::Receiver<Option<&'static str>>) -> SocketAddr {
    raw::server(host, move |_, mut stream| {
        let mut released = released.clone();
        async move {
            while !raw::read_head(&mut stream).await.is_empty() {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf").await.unwrap();
                let rest = *released.wait_for(Option::is_some).await.unwrap();
                match rest {
                    Some(rest) if !rest.is_empty() => stream.write_all(rest.as_bytes()).await.unwrap(),
                    _ => return,
                }
            }
        }
    })
    .await
}

async fn under_way(gateway: &Gateway, producer: &Producer, within_ms: u64) -> u64 {
    let path = format!("/under-way?application=java-service&instanceId={}&withinMs={within_ms}", producer.id);
    let (status, body) = gateway.admin_get(&path).await;
    assert_eq!(status, 200, "{body}");
    assert!(body["node"].as_str().unwrap().contains(":eurus-gateway:"), "{body}");
    body["underWay"].as_u64().unwrap()
}

/// Sends a request and reads up to the first half of the answer's body.
async fn half_answered(gateway: &Gateway) -> TcpStream {
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    caller.write_all(b"GET /java-service/x HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
    raw::read_head(&mut caller).await;
    let mut half = [0; 4];
    soon("half a body", caller.read_exact(&mut half)).await.unwrap();
    caller
}

#[tokio::test(flavor = "multi_thread")]
async fn the_long_poll_ends_with_the_last_answer_also_after_the_instance_has_left_the_copy() {
    let (release, released) = watch::channel(None);
    let slow = Producer::at(2, halting(2, released).await);
    let registry = Registry::start(&[&slow]).await;
    let gateway = Arc::new(Gateway::start(&registry).await);
    assert_eq!(under_way(&gateway, &slow, 0).await, 0);
    let (mut first, mut second) = (half_answered(&gateway).await, half_answered(&gateway).await);
    assert_eq!(under_way(&gateway, &slow, 0).await, 2);
    assert_eq!(gateway.instance(&slow).await["under_way"], 2);
    registry.put(&Producer::at(3, slow.address), "UP");
    gateway.fetch().await;
    assert_eq!(gateway.order("/downline", 1, &slow).await, "applied");
    registry.remove(&slow);
    for _ in 0..3 {
        gateway.fetch().await;
    }
    assert_eq!(gateway.instance(&slow).await, Value::Null);
    assert_eq!(under_way(&gateway, &slow, 20).await, 2);
    let waiting = Arc::clone(&gateway);
    let asked = slow.clone();
    let waits = tokio::spawn(async move { under_way(&waiting, &asked, 30_000).await });
    release.send(Some("rest")).unwrap();
    for caller in [&mut first, &mut second] {
        let mut rest = [0; 4];
        soon("the rest", caller.read_exact(&mut rest)).await.unwrap();
        assert_eq!(&rest, b"rest");
    }
    // Long before its 30 s.
    assert_eq!(soon("none is left", waits).await.unwrap(), 0);
    Arc::into_inner(gateway).unwrap().stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_away_ends_it() {
    let (release, released) = watch::channel(None);
    let slow = Producer::at(2, halting(2, released).await);
    let registry = Registry::start(&[&slow]).await;
    let gateway = Gateway::start(&registry).await;
    drop(half_answered(&gateway).await);
    assert_eq!(under_way(&gateway, &slow, 20_000).await, 0, "the caller is gone");
    let caller = half_answered(&gateway).await;
    assert_eq!(under_way(&gateway, &slow, 0).await, 1);
    release.send(Some("")).unwrap();
    assert_eq!(under_way(&gateway, &slow, 20_000).await, 0, "the instance is gone");
    drop(caller);
    // Before a byte of an answer.
    let closing =
        Producer::at(3, raw::server(3, |_, mut stream| async move { drop(raw::read_head(&mut stream).await) }).await);
    registry.put(&closing, "UP");
    registry.remove(&slow);
    gateway.fetch().await;
    assert_eq!(gateway.get("/java-service/x").await.0, 502);
    assert_eq!(under_way(&gateway, &closing, 20_000).await, 0, "it broke off");
    assert_eq!(gateway.instance(&closing).await["requests"].as_u64().map(|count| count > 0), Some(true));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_does_not_wait_for_the_answer_ends_it() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    caller.write_all(b"GET /java-service/hang HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
    until("it is under way", async || under_way(&gateway, &producer, 0).await == 1).await;
    drop(caller);
    assert_eq!(under_way(&gateway, &producer, 20_000).await, 0);
    gateway.stop().await.unwrap();
}

/// Else each such answer, and those of Spring Boot are such, would cost a connection.
#[tokio::test(flavor = "multi_thread")]
async fn the_connection_of_an_answer_without_a_length_is_used_again() {
    let connections = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&connections);
    let address = raw::server(2, move |_, mut stream| {
        seen.fetch_add(1, Ordering::SeqCst);
        async move {
            while !raw::read_head(&mut stream).await.is_empty() {
                let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
                stream.write_all(answer).await.unwrap();
            }
        }
    })
    .await;
    let producer = Producer::at(2, address);
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    for _ in 0..5 {
        caller.write_all(b"GET /java-service/x HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
        raw::read_head(&mut caller).await;
        let mut body = [0; 12];
        soon("a body", caller.read_exact(&mut body)).await.unwrap();
        assert_eq!(&body, b"2\r\nok\r\n0\r\n\r\n");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_said() {
    let registry = Registry::start(&[]).await;
    let gateway = Gateway::start_with(&registry, |config| config.admin.token = None).await;
    for (query, part) in [
        ("", "missing field"),
        ("?application=A", "missing field"),
        ("?application=&instanceId=i", "must not be empty"),
        ("?application=A&instanceId=i&withinMs=30001", "withinMs 30001 is more than 30000"),
        ("?application=A&instanceId=i&withinMs=-1", "expected ?application="),
        ("?application=A&instanceId=i&within=1", "unknown field"),
    ] {
        let (status, body) = gateway.admin_get(&format!("/under-way{query}")).await;
        let error = body["error"].as_str().unwrap();
        assert!(status == 400 && error.contains(part) && error.contains("expected ?application="), "{query}: {body}");
    }
    assert_eq!(gateway.admin_get("/under-way?application=A&instanceId=i&withinMs=30000").await.1["underWay"], 0);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_to_stop_serves_on_until_load_balancers_know() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| config.shutdown_delay_ms = 5_000).await;
    let health = format!("http://{}/actuator/health", gateway.data);
    let is_up = async || gateway.http.get(&health).send().await.unwrap().status() == 200;
    assert!(is_up().await);
    assert_eq!(gateway.admin_get("/actuator/health").await.0, 200);
    gateway.trigger_stop();
    until("DOWN", async || !is_up().await).await;
    let (status, body) = gateway.admin_get("/actuator/health").await;
    assert!(status == 503 && body["details"]["leaving"].is_string(), "{body}");
    let answer = gateway.http.get(format!("http://{}/java-service/hello", gateway.data)).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["connection"]), (200, &"close".parse().unwrap()));
    // Until it has stopped it takes orders.
    assert_eq!(gateway.order("/downline", 1, &producer).await, "applied");
    assert_eq!(gateway.get("/java-service/hello").await.0, 503);
    gateway.hand.advance_ms(4_999).await.unwrap();
    assert_eq!(gateway.get("/java-service/hello").await.0, 503);
    gateway.hand.advance_ms(1).await.unwrap();
    gateway.stop().await.unwrap();
}
