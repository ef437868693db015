//! How long a route allows a request to take: in all, and without anything moving. Real time, as sockets are.

use std::time::Duration;

use eurus_gateway::GatewayConfig;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::routes::routes;
use crate::support::gateway::Gateway;
use crate::support::http2::{Client, body};
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::Registry;
use crate::support::soon;

const PART_MS: u64 = 60;

const ROUTES: &str = "
spring.cloud.gateway.routes:
  - {id: whole, uri: lb://java-service, predicates: [Path=/whole/**], filters: [StripPrefix=1], metadata: {whole-timeout: 200}}
  - {id: idle, uri: lb://java-service, predicates: [Path=/idle/**], filters: [StripPrefix=1], metadata: {idle-timeout: 600}}
  - {id: patient, uri: lb://java-service, predicates: [Path=/patient/**], filters: [StripPrefix=1], metadata: {idle-timeout: 20s}}
";

/// An instance that does as its path says, one request for each connection.
async fn instance(_: usize, mut stream: TcpStream) {
    let head = raw::read_head(&mut stream).await;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let (length, parts) = match path.as_str() {
        "/drips" => (100_000, 100_000),
        "/slow" => (12, 12),
        "/stops" => (12, 1),
        "/silent" | "/takes-nothing" => return std::future::pending().await,
        _ => (1, 1),
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..parts {
        if stream.write_all(b"x").await.is_err() {
            return;
        }
        // The end of this read is the pause.
        let _ = tokio::time::timeout(Duration::from_millis(PART_MS), stream.read_u8()).await;
    }
    let _ = stream.read_u8().await;
}

async fn gateway(adjust: impl FnOnce(&mut GatewayConfig)) -> Gateway {
    let address = raw::server(2, instance).await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    Gateway::start_with(&registry, |config| {
        config.routes = routes(ROUTES);
        adjust(config);
    })
    .await
}

async fn cuts(gateway: &Gateway, limit: &str) -> f64 {
    gateway.metric(&format!("eurus_gateway_limit_hits_total{{limit=\"{limit}\"}}")).await.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_an_answer_when_its_time_in_all_is_over_is_answered_504_and_not_tried_again() {
    let gateway = gateway(|_| ()).await;
    let (status, text) = gateway.get("/whole/silent").await;
    let error: Value = serde_json::from_str(&text).unwrap();
    let expected = "the request took longer than 200 ms in all (its route's whole-timeout)";
    assert_eq!((status, error["message"].as_str()), (504, Some(expected)));
    assert!(error["instance"].as_str().unwrap().starts_with("JAVA-SERVICE/p2 at 127.0.0.2:"), "{text}");
    let failed = gateway.metric("eurus_gateway_failed_tries_total{kind=\"response_timeout\"}").await;
    assert_eq!(failed, Some(1.0));
    gateway.kill().await;
}

/// The same, of which the instance says something again and again.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_goes_on_when_its_time_in_all_is_over_is_cut() {
    let gateway = gateway(|_| ()).await;
    let response = gateway.http.get(format!("http://{}/whole/drips", gateway.data)).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.content_length()), (200, Some(100_000)));
    assert!(soon("the end", response.bytes()).await.is_err());
    let client = Client::connect(gateway.data).await;
    let request = Request::get(format!("http://{}/whole/drips", gateway.data)).body(body("")).unwrap();
    let answer = client.send(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let error = soon("the end", answer.collect()).await.unwrap_err();
    assert!(format!("{error:?}").contains("CANCEL"), "{error:?}");
    assert_eq!(cuts(&gateway, "whole_timeout").await, 2.0);
    // Other requests of the connection, and of other routes, go on.
    assert_eq!(client.get("/hello").await, (200, "x".into()));
    gateway.kill().await;
}

/// Whatever is ready for it is not even asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_takes_nothing_is_cut_off_when_the_time_in_all_is_over() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| config.routes = routes(ROUTES)).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    caller.write_all(b"GET /whole/big HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
    // The gateway's side is gone when a write fails: until then it only waits for room.
    soon("the end", async {
        while caller.write_all(b"GET /java-service/none HTTP/1.1\r\nhost: g\r\n\r\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(cuts(&gateway, "whole_timeout").await, 1.0);
    gateway.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stands_still_is_cut_by_its_routes_limit_and_a_slow_one_is_not() {
    let gateway = gateway(|_| ()).await;
    assert_eq!(gateway.get("/idle/slow").await, (200, "x".repeat(12)));
    let response = gateway.http.get(format!("http://{}/idle/stops", gateway.data)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(soon("the end", response.bytes()).await.is_err());
    let client = Client::connect(gateway.data).await;
    let request = Request::get(format!("http://{}/idle/stops", gateway.data)).body(body("")).unwrap();
    let answer = client.send(request).await.unwrap();
    assert!(soon("the end", answer.collect()).await.is_err());
    assert_eq!(cuts(&gateway, "stalled_answer").await, 2.0);
    gateway.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_may_be_more_patient_than_the_gateway() {
    let gateway = gateway(|config| config.edge.stall_timeout_ms = 20).await;
    assert_eq!(gateway.get("/patient/slow").await, (200, "x".repeat(12)));
    let client = Client::connect(gateway.data).await;
    let request = Request::get(format!("http://{}/patient/slow", gateway.data)).body(body("")).unwrap();
    let answer = client.send(request).await.unwrap();
    assert_eq!(soon("the body", answer.collect()).await.unwrap().to_bytes(), "x".repeat(12));
    // Of another route, on the same connection.
    let request = Request::get(client.url("/slow")).body(body("")).unwrap();
    let answer = client.send(request).await.unwrap();
    assert!(soon("the end", answer.collect()).await.is_err());
    gateway.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_body_stands_still_is_answered_whoever_does_not_go_on() {
    let gateway = gateway(|_| ()).await;
    let begun = b"POST /idle/silent HTTP/1.1\r\nhost: g\r\ncontent-length: 10\r\n\r\nhalf";
    let answer = soon("an answer", raw::exchange(gateway.data, begun)).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("no more of the caller's body after 600 ms (its route's idle-timeout)"), "{answer}");
    // More than all buffers on the way take.
    let (mut reading, mut writing) = TcpStream::connect(gateway.data).await.unwrap().into_split();
    let sending = tokio::spawn(async move {
        let head = b"POST /idle/takes-nothing HTTP/1.1\r\nhost: g\r\ncontent-length: 100000000\r\n\r\n";
        writing.write_all(head).await.unwrap();
        while writing.write_all(&[b'x'; 65_536]).await.is_ok() {}
    });
    let mut answer = vec![0; 4_096];
    let count = soon("an answer", reading.read(&mut answer)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..count]);
    assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
    assert!(answer.contains("the instance took no more of the request's body for 600 ms"), "{answer}");
    drop(reading);
    sending.abort();
    gateway.kill().await;
}

/// Chunks say in bytes of their own that they end: whoever has sent those is not waited for any more.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_silent_behind_the_end_of_chunks_is_given_its_time_and_no_longer() {
    let (arrived, mut arrives) = mpsc::unbounded_channel();
    let instance = move |_, mut stream: TcpStream| {
        let arrived = arrived.clone();
        async move {
            let mut byte = raw::read_head(&mut stream).await.into_bytes();
            while !byte.ends_with(b"x") {
                byte = vec![stream.read_u8().await.unwrap()];
            }
            arrived.send(()).unwrap();
            std::future::pending::<()>().await;
        }
    };
    let registry = Registry::start(&[&Producer::at(2, raw::server(2, instance).await)]).await;
    let gateway = Gateway::start_with(&registry, |config| config.edge.response_timeout_ms = 100).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    let begun = b"POST /java-service/ HTTP/1.1\r\nhost: g\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n";
    caller.write_all(begun).await.unwrap();
    soon("the body's beginning", arrives.recv()).await.unwrap();
    caller.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4_096];
    let count = soon("an answer", caller.read(&mut answer)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..count]);
    assert!(answer.starts_with("HTTP/1.1 504 ") && answer.contains("no answer after 100 ms"), "{answer}");
    gateway.kill().await;
}
