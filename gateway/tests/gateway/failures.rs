//! What callers get when something is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::gateway::Gateway;
use crate::support::http2::{Client, body};
use crate::support::http2_instance::{registered, scripted};
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::Registry;
use crate::support::soon;

/// Status and error body of a request.
pub(crate) async fn failure(gateway: &Gateway, path: &str) -> (u16, Value) {
    let (status, body) = gateway.get(path).await;
    (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}")))
}

pub(crate) fn message(body: &Value) -> &str {
    body["message"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_and_no_such_service() {
    let registry = Registry::start(&[]).await;
    let gateway = Gateway::start(&registry).await;
    let (status, body) = failure(&gateway, "/").await;
    assert_eq!((status, message(&body)), (404, "no route: the path must begin with /{service-id}/"));
    let (status, body) = failure(&gateway, "/nobody/hello?x=1").await;
    assert_eq!((status, message(&body)), (404, "no service NOBODY is registered"));
    assert_eq!(body["timestamp"], "2026-11-22T03:18:20.000Z");
    assert_eq!((body["status"].as_u64(), body["error"].as_str()), (Some(404), Some("Not Found")));
    assert_eq!((body["path"].as_str(), body["service"].as_str()), (Some("/nobody/hello"), Some("NOBODY")));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_rotation_says_why() {
    let (first, second) = (Producer::start(2).await, Producer::start(3).await);
    let registry = Registry::start(&[]).await;
    registry.put(&first, "DOWN");
    registry.put(&second, "OUT_OF_SERVICE");
    let gateway = Gateway::start(&registry).await;
    let (status, body) = failure(&gateway, "/java-service/hello").await;
    assert_eq!(status, 503);
    let expected = "no instance of JAVA-SERVICE may be called \
                    (p2: DOWN from registry; p3: OUT_OF_SERVICE from registry)";
    assert_eq!(message(&body), expected);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_fetch_the_gateway_says_that_it_is_not_ready() {
    let registry = Registry::start(&[]).await;
    registry.set_away(true);
    let gateway = Gateway::start_unready(&registry, |_| ());
    assert_eq!(gateway.admin_get("/actuator/health").await.0, 503);
    let (status, body) = failure(&gateway, "/java-service/hello").await;
    assert_eq!(status, 503);
    assert!(message(&body).starts_with("nothing was fetched"), "{body}");
    assert_eq!(gateway.get("/actuator/health").await.0, 503);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_traffic_port_has_a_health_check_of_its_own() {
    let registry = Registry::start(&[]).await;
    let gateway = Gateway::start(&registry).await;
    assert_eq!(gateway.get("/actuator/health").await, (200, r#"{"status":"UP"}"#.to_owned()));
    assert_eq!(gateway.get("/actuator/env").await.0, 404);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_instance_accepts_a_connection() {
    let producers = [Producer::absent(2), Producer::absent(3)];
    let registry = Registry::start(&producers.each_ref()).await;
    let gateway = Gateway::start(&registry).await;
    let (status, body) = failure(&gateway, "/java-service/hello").await;
    assert_eq!(status, 502);
    assert!(message(&body).starts_with("2 tries failed: JAVA-SERVICE/p2 at "), "{body}");
    assert!(message(&body).contains("; JAVA-SERVICE/p3 at "), "{body}");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_does_not_answer_in_time_is_not_asked_twice() {
    let (silent, other) = (Producer::start(2).await, Producer::start(3).await);
    let registry = Registry::start(&[&silent]).await;
    let gateway = Gateway::start_with(&registry, |config| config.edge.response_timeout_ms = 50).await;
    registry.put(&other, "UP");
    let (status, body) = failure(&gateway, "/java-service/hang").await;
    assert_eq!((status, message(&body)), (504, "no answer after 50 ms"));
    assert!(body["instance"].as_str().unwrap().starts_with("JAVA-SERVICE/p2 at 127.0.0.2:"));
    assert_eq!((silent.requests(), other.requests()), (1, 0));
    gateway.stop().await.unwrap();
}

/// A body that takes longer than the time-out is no failure while it moves on; a caller that stops is told so.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_stops_in_the_middle_of_its_body_is_told_so() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| config.edge.limits.body_read_timeout_ms = 50).await;
    let begun = b"POST /java-service/count HTTP/1.1\r\nhost: g\r\ncontent-length: 10\r\n\r\nhalf";
    let answer = soon("an answer", raw::exchange(gateway.data, begun)).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("no more of the caller's body after 50 ms"), "{answer}");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_or_breaks_off_is_a_bad_gateway_and_is_not_asked_of_the_same_instance_again() {
    let connections = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&connections);
    let address = raw::server(2, move |count, mut stream| {
        seen.store(count + 1, Ordering::SeqCst);
        async move {
            raw::read_head(&mut stream).await;
            if count == 0 {
                stream.write_all(b"SMTP ready\r\n\r\n").await.unwrap();
            }
        }
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start(&registry).await;
    for tries in 1..=2 {
        let (status, body) = failure(&gateway, "/java-service/hello").await;
        assert_eq!((status, connections.load(Ordering::SeqCst)), (502, tries), "{body}");
    }
    gateway.stop().await.unwrap();
}

/// Answers the first request of its first connection and closes it with the second in hand, as an instance does whose
/// keep-alive ended in that moment. On later connections it answers.
async fn closes_with_the_second_request_in_hand(count: usize, mut stream: TcpStream) {
    for request in 0.. {
        let head = raw::read_head(&mut stream).await;
        if head.is_empty() || (count == 0 && request == 1) {
            return;
        }
        if head.starts_with("PUT") {
            stream.read_exact(&mut [0; 4]).await.unwrap();
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooled_connection_that_dies_under_a_request_is_made_good_only_if_the_request_may_be_repeated() {
    for (method, body, expected) in [("GET", "", 200), ("DELETE", "", 200), ("PUT", "body", 200), ("POST", "", 502)] {
        let address = raw::server(2, closes_with_the_second_request_in_hand).await;
        let registry = Registry::start(&[&Producer::at(2, address)]).await;
        // It is no try: one is enough.
        let gateway = Gateway::start_with(&registry, |config| config.edge.tries_max = 1).await;
        // One connection of the caller stays on one data-plane thread, and so with one pool.
        let request = |method: &str, connection: &str, body: &str| {
            format!(
                "{method} /java-service/x HTTP/1.1\r\nhost: g\r\nconnection: {connection}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let mut caller = TcpStream::connect(gateway.data).await.unwrap();
        caller.write_all(request("GET", "keep-alive", "").as_bytes()).await.unwrap();
        assert!(raw::read_head(&mut caller).await.starts_with("HTTP/1.1 200 "));
        caller.read_exact(&mut [0; 2]).await.unwrap();
        caller.write_all(request(method, "close", body).as_bytes()).await.unwrap();
        let answer = soon("the second answer", raw::read_head(&mut caller)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{method} {answer}");
        gateway.stop().await.unwrap();
    }
}

/// An instance that stops in the middle of its answer, and one whose answer goes on, each pause below the limit.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stands_still_is_cut_off_and_a_slow_one_is_not() {
    const PART_MS: u64 = 60;
    let address = raw::server(2, |_, mut stream| async move {
        let is_slow = raw::read_head(&mut stream).await.starts_with("GET /slow");
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n").await.unwrap();
        for _ in 0..if is_slow { 8 } else { 4 } {
            stream.write_all(b"x").await.unwrap();
            // Real time, as the limit: the end of this read is the pause.
            let _ = tokio::time::timeout(std::time::Duration::from_millis(PART_MS), stream.read_u8()).await;
        }
        // Until the gateway closes.
        let _ = stream.read_u8().await;
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start_with(&registry, |config| config.edge.stall_timeout_ms = 5 * PART_MS).await;
    assert_eq!(gateway.get("/java-service/slow").await, (200, "xxxxxxxx".to_owned()));
    let response = gateway.http.get(format!("http://{}/java-service/stops", gateway.data)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(soon("the end", response.bytes()).await.is_err());
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_stops_reading_is_cut_off() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| config.edge.stall_timeout_ms = 100).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    // Two answers, of which the buffers on the way take the first part only.
    for _ in 0..2 {
        caller.write_all(b"GET /java-service/big HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
    }
    // The gateway's side is gone when a write fails: until then it only waits for room.
    soon("the end", async {
        while caller.write_all(b"GET /java-service/none HTTP/1.1\r\nhost: g\r\n\r\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    gateway.stop().await.unwrap();
}

/// Between two requests nothing moves, and nothing needs to.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_an_answer_under_way_does_not_stand_still() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| config.edge.stall_timeout_ms = 20).await;
    let mut caller = raw::Caller::connect(gateway.data).await;
    for _ in 0..3 {
        assert!(soon("an answer", caller.get("/java-service/none")).await.starts_with("HTTP/1.1 204 "));
        // Real time, as the limit: nothing comes.
        assert!(caller.is_silent_for_ms(60).await);
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_breaks_off_for_the_caller_too() {
    let address = raw::server(2, |_, mut stream| async move {
        raw::read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await.unwrap();
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start(&registry).await;
    let response = gateway.http.get(format!("http://{}/java-service/x", gateway.data)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(soon("the end", response.bytes()).await.is_err());
    gateway.stop().await.unwrap();
}

/// Its caller learns that an instance had begun: a connection that ends without a byte is one that callers send a request over again.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_end_is_wrong_and_there_together_with_its_head_is_begun_and_breaks_off() {
    let instance = scripted(2, |_, mut side| async move {
        while let Some(Ok((_, mut respond))) = side.accept().await {
            let head = Response::builder().header("content-length", "10").body(()).unwrap();
            respond.send_response(head, false).unwrap().send_data("half".into(), true).unwrap();
        }
    });
    let registry = Registry::start(&[]).await;
    registry.put_instance(registered(&instance.await));
    let gateway = Gateway::start(&registry).await;
    let client = Client::connect(gateway.data).await;
    let response = gateway.http.get(format!("http://{}/java-service/x", gateway.data)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(soon("the end", response.bytes()).await.is_err());
    let request = Request::get(client.url("/x")).body(body("")).unwrap();
    let answer = soon("a head", client.send(request)).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(soon("the end", answer.collect()).await.is_err());
    gateway.stop().await.unwrap();
}
