//! What passes the gateway, and in which form.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::Request;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::Registry;
use crate::support::soon;

async fn one() -> (Producer, Gateway) {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    (producer, Gateway::start(&registry).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prefix_is_stripped_and_the_instance_is_told_where_the_request_came_from() {
    let (producer, gateway) = one().await;
    let request = gateway
        .http
        .put(format!("http://{}/java-service/seen?x=1&y=%2F", gateway.data))
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .header("x-forwarded-for", "6.6.6.6")
        .header("x-kept", "2");
    let seen: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!((seen["method"].as_str(), seen["target"].as_str()), (Some("PUT"), Some("/seen?x=1&y=%2F")));
    let headers = &seen["headers"];
    assert_eq!(headers["host"], producer.address.to_string());
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert_eq!(headers["x-forwarded-host"], gateway.data.to_string());
    assert_eq!(headers["x-forwarded-prefix"], "/java-service");
    assert_eq!(headers["x-kept"], "2");
    assert_eq!(headers["x-hop"], Value::Null);
    assert_eq!(headers["connection"], Value::Null);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn hop_by_hop_headers_of_the_answer_do_not_pass() {
    let (_, gateway) = one().await;
    let response = gateway.http.get(format!("http://{}/java-service/hop", gateway.data)).send().await.unwrap();
    assert_eq!(response.headers().get("x-other").unwrap(), "2");
    for name in ["x-mine", "keep-alive", "connection"] {
        assert!(response.headers().get(name).is_none(), "{name}");
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_pass_both_ways() {
    let (_, gateway) = one().await;
    let url = |path: &str| format!("http://{}/java-service/{path}", gateway.data);
    let body = Bytes::from(vec![b'y'; 20_000_000]);
    let counted = gateway.http.post(url("count")).body(body.clone()).send().await.unwrap();
    assert_eq!(counted.text().await.unwrap(), "20000000");
    let big = gateway.http.get(url("big")).send().await.unwrap();
    assert_eq!(big.content_length(), Some(20_000_000));
    assert_eq!(big.bytes().await.unwrap().len(), 20_000_000);
    let echo = gateway.http.post(url("echo")).body(body.clone()).send().await.unwrap();
    assert_eq!(echo.bytes().await.unwrap(), body);
    gateway.stop().await.unwrap();
}

/// Each part comes back before the next is sent: nothing waits for the end of a body.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_stream_both_ways_at_the_same_time() {
    let (_, gateway) = one().await;
    let stream = TcpStream::connect(gateway.data).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let (parts, received) = mpsc::channel::<Bytes>(4);
    let body = StreamBody::new(stream::unfold(received, |mut received| async move {
        let part = received.recv().await?;
        Some((Ok::<_, Infallible>(Frame::data(part)), received))
    }));
    let request = Request::post("/java-service/echo").header("host", "gateway").body(Box::pin(body)).unwrap();
    parts.send(Bytes::from_static(b"one")).await.unwrap();
    let mut echo = soon("the head", sender.send_request(request)).await.unwrap().into_body();
    for (awaited, next) in [("one", "two"), ("two", "three")] {
        let part = soon("a part", echo.frame()).await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(part, awaited);
        parts.send(Bytes::from_static(next.as_bytes())).await.unwrap();
    }
    drop(parts);
    let rest = soon("the rest", echo.collect()).await.unwrap().to_bytes();
    assert_eq!(rest, "three");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_body_and_head_requests_leave_the_connection_usable() {
    let (producer, gateway) = one().await;
    for _ in 0..3 {
        assert_eq!(gateway.get("/java-service/none").await, (204, String::new()));
        let head = gateway.http.head(format!("http://{}/java-service/hello", gateway.data)).send().await.unwrap();
        assert_eq!(head.content_length(), Some(0));
        assert_eq!(head.headers().get("content-length").unwrap(), "2");
    }
    assert_eq!(producer.requests(), 6);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_of_http_1_0_gets_an_answer_that_ends_with_the_connection() {
    let (_, gateway) = one().await;
    let answer = soon("HTTP/1.0", raw::exchange(gateway.data, b"GET /java-service/hello HTTP/1.0\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("\r\n\r\np2"), "{answer}");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_chunks_and_a_length_is_passed_with_chunks_only() {
    let (_, gateway) = one().await;
    let request = "POST /java-service/seen HTTP/1.1\r\nhost: g\r\nconnection: close\r\ncontent-length: 3\r\n\
                   transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let answer = soon("an answer", raw::exchange(gateway.data, request.as_bytes())).await;
    let is_refused = answer.starts_with("HTTP/1.1 400");
    let passes_chunks = answer.contains(r#""transfer-encoding":"chunked""#) && !answer.contains(r#""content-length":"#);
    assert!(is_refused || passes_chunks, "{answer}");
    gateway.stop().await.unwrap();
}

/// The second caller is served when the first has gone.
#[tokio::test(flavor = "multi_thread")]
async fn callers_beyond_the_limit_wait() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    // Two data-plane threads with one connection each.
    let gateway = Gateway::start_with(&registry, |config| config.edge.connections_max = 1).await;
    let request = b"GET /java-service/hello HTTP/1.1\r\nhost: g\r\n\r\n";
    let mut callers = Vec::new();
    for _ in 0..2 {
        let mut caller = TcpStream::connect(gateway.data).await.unwrap();
        caller.write_all(request).await.unwrap();
        assert!(soon("an answer", raw::read_head(&mut caller)).await.starts_with("HTTP/1.1 200 "));
        callers.push(caller);
    }
    let mut waiting = TcpStream::connect(gateway.data).await.unwrap();
    waiting.write_all(request).await.unwrap();
    assert_eq!(producer.requests(), 2);
    callers.pop();
    assert!(soon("an answer", raw::read_head(&mut waiting)).await.starts_with("HTTP/1.1 200 "));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_beyond_the_limit_is_refused() {
    let (_, gateway) = one().await;
    let long = format!("GET /java-service/hello HTTP/1.1\r\nhost: g\r\nx-long: {}\r\n\r\n", "x".repeat(70_000));
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    // The gateway may close before it has read it all.
    let _ = caller.write_all(long.as_bytes()).await;
    let answer = soon("an answer", raw::read_head(&mut caller)).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    gateway.stop().await.unwrap();
}
