//! Callers of HTTP/2, on the port that speaks HTTP/1 too.

use std::collections::HashSet;
use std::convert::Infallible;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::support::gateway::Gateway;
use crate::support::http2::{Client, body};
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::{raw, soon};

async fn one() -> (Producer, Gateway, Client) {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let client = Client::connect(gateway.data).await;
    (producer, gateway, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_instance_sees_a_request_of_http_1_1() {
    let (producer, gateway, client) = one().await;
    let request = Request::put(client.url("/seen?x=1&y=%2F"))
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .header("te", "trailers")
        .header("x-forwarded-for", "6.6.6.6")
        .body(body("hello"))
        .unwrap();
    let answer = client.send(request).await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_2);
    let seen: Value = serde_json::from_slice(&answer.collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!((seen["method"].as_str(), seen["target"].as_str()), (Some("PUT"), Some("/seen?x=1&y=%2F")));
    let headers = &seen["headers"];
    assert_eq!(headers["host"], producer.address.to_string());
    assert_eq!(headers["x-forwarded-host"], gateway.data.to_string());
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(headers["cookie"], "a=1; b=2");
    assert_eq!((headers["te"].as_str(), headers["connection"].as_str()), (Some("trailers"), Some("te")));
    assert_eq!((headers["content-length"].as_str(), headers["transfer-encoding"].as_str()), (Some("5"), None));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_share_a_connection() {
    let (producer, gateway, client) = one().await;
    let answers = join_all((0..300).map(|_| client.get("/hello"))).await;
    assert_eq!(answers.into_iter().collect::<HashSet<_>>(), [(200, Bytes::from_static(b"p2"))].into());
    assert_eq!(producer.requests(), 300);
    assert_eq!(client.get("/none").await, (204, Bytes::new()));
    let head = client.send(Request::head(client.url("/hello")).body(body("")).unwrap()).await.unwrap();
    assert_eq!(head.headers()["content-length"], "2");
    assert_eq!(head.collect().await.unwrap().to_bytes(), "");
    let hop = client.send(Request::get(client.url("/hop")).body(body("")).unwrap()).await.unwrap();
    assert_eq!((hop.headers().get("x-mine"), hop.headers().get("keep-alive")), (None, None));
    assert_eq!(hop.headers()["x-other"], "2");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_pass_both_ways_at_the_same_time() {
    let (_, gateway, client) = one().await;
    let large = Bytes::from((0..5_000_000_u32).map(|at| at.to_le_bytes()[1]).collect::<Vec<_>>());
    let echoes = join_all((0..3).map(|_| async {
        let answer = client.send(Request::post(client.url("/echo")).body(body(large.clone())).unwrap()).await.unwrap();
        soon("an echo", answer.collect()).await.unwrap().to_bytes() == large
    }));
    assert_eq!(echoes.await, [true; 3]);
    assert_eq!(client.get("/big").await.1.len(), 20_000_000);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_and_trailers_pass_both_ways() {
    let (_, gateway, client) = one().await;
    let (parts, received) = mpsc::channel::<Frame<Bytes>>(4);
    let stream = stream::unfold(received, |mut received| async move {
        let part = received.recv().await?;
        Some((Ok::<_, Infallible>(part), received))
    });
    let streamed = StreamBody::new(Box::pin(stream));
    let (sent, data) = (
        |text: &'static str| Frame::data(Bytes::from_static(text.as_bytes())),
        |frame: Frame<Bytes>| frame.into_data().unwrap(),
    );
    parts.send(sent("one")).await.unwrap();
    let request = Request::post(client.url("/trailers")).header("trailer", "x-sum").header("te", "trailers");
    let boxed = streamed.map_err(|never: Infallible| match never {}).boxed();
    let mut echo = client.send(request.body(boxed).unwrap()).await.unwrap().into_body();
    assert_eq!(data(soon("a part", echo.frame()).await.unwrap().unwrap()), "one");
    parts.send(sent("two")).await.unwrap();
    assert_eq!(data(soon("a part", echo.frame()).await.unwrap().unwrap()), "two");
    parts
        .send(Frame::trailers(HeaderMap::from_iter([("x-sum".parse().unwrap(), "7".parse().unwrap())])))
        .await
        .unwrap();
    let trailers = soon("trailers", echo.frame()).await.unwrap().unwrap().into_trailers().unwrap();
    assert_eq!((trailers.len(), &trailers["x-sum"]), (1, &"7".parse().unwrap()));
    assert!(soon("the end", echo.frame()).await.is_none());
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_is_a_reset_and_no_end() {
    let address = raw::server(2, |_, mut stream| async move {
        let head = raw::read_head(&mut stream).await;
        let answer: &[u8] = match () {
            () if head.contains("/length") => b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
            () if head.contains("/chunks") => b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
            () => b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nwhole",
        };
        stream.write_all(answer).await.unwrap();
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start(&registry).await;
    let client = Client::connect(gateway.data).await;
    for path in ["/length", "/chunks"] {
        let answer = client.send(Request::get(client.url(path)).body(body("")).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
        let error = soon("a reset", answer.collect()).await.unwrap_err();
        assert!(format!("{error:?}").contains("Reset(StreamId"), "{error:?}");
        // The connection goes on.
        assert_eq!(client.get("/whole").await, (200, Bytes::from_static(b"whole")));
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_takes_a_request_back_takes_it_from_the_instance() {
    let (told, mut gone) = mpsc::channel(1);
    let address = raw::server(2, move |_, mut stream| {
        let told = told.clone();
        async move {
            raw::read_head(&mut stream).await;
            told.send("asked").await.unwrap();
            let end = stream.read_u8().await;
            told.send(if end.is_err() { "gone" } else { "more" }).await.unwrap();
        }
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start(&registry).await;
    let client = Client::connect(gateway.data).await;
    let mut sender = client.sender.clone();
    let request = Request::get(client.url("/hang")).body(body("")).unwrap();
    let waiting = tokio::spawn(async move { sender.send_request(request).await });
    assert_eq!(soon("the request", gone.recv()).await, Some("asked"));
    waiting.abort();
    assert_eq!(soon("the end", gone.recv()).await, Some("gone"));
    gateway.stop().await.unwrap();
}
