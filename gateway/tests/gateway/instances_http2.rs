//! Instances that speak HTTP/2 with prior knowledge.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::sync::{mpsc, watch};

use crate::support::gateway::Gateway;
use crate::support::http2::{Client, DATA, END_STREAM, GOAWAY, RST_STREAM, Raw, SETTINGS, body, frame};
use crate::support::http2_instance::{self, answer, registered, scripted};
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::{raw, soon, until};

pub(crate) async fn of(producers: &[&Producer]) -> (Registry, Gateway, Client) {
    let registry = Registry::start(&[]).await;
    for producer in producers {
        registry.put_instance(registered(producer));
    }
    let gateway = Gateway::start(&registry).await;
    let client = Client::connect(gateway.data).await;
    (registry, gateway, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_instance_sees_a_request_of_http_2_whatever_the_caller_speaks() {
    let (producer, _) = http2_instance::producer(2).await;
    let (_, gateway, client) = of(&[&producer]).await;
    let request = Request::put(client.url("/seen?x=1&y=%2F")).header("te", "trailers").header("cookie", "a=1");
    let seen = client.send(request.body(body("hello")).unwrap()).await.unwrap().collect().await.unwrap().to_bytes();
    let old =
        gateway.http.put(client.url("/seen?x=1&y=%2F")).body("hello").send().await.unwrap().bytes().await.unwrap();
    for (seen, is_old) in [(seen, false), (old, true)] {
        let seen: Value = serde_json::from_slice(&seen).unwrap();
        assert_eq!((seen["version"].as_str(), seen["method"].as_str()), (Some("HTTP/2.0"), Some("PUT")));
        assert_eq!(seen["target"], format!("http://{}/seen?x=1&y=%2F", producer.address));
        let headers = &seen["headers"];
        assert_eq!(headers["x-forwarded-host"], gateway.data.to_string());
        assert_eq!(headers["content-length"], "5");
        let te = if is_old { Value::Null } else { "trailers".into() };
        assert_eq!((&headers["te"], &headers["cookie"] == "a=1"), (&te, !is_old));
        for name in ["host", "connection", "transfer-encoding"] {
            assert_eq!(headers[name], Value::Null, "{name}");
        }
    }
    assert_eq!(gateway.get("/java-service/none").await, (204, String::new()));
    let head = gateway.http.head(client.url("/hello")).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], "2");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_share_a_connection_to_the_instance() {
    let (producer, connections) = http2_instance::producer(2).await;
    let (_, gateway, client) = of(&[&producer]).await;
    let answers = join_all((0..300).map(|_| client.get("/hello"))).await;
    assert_eq!(answers.into_iter().collect::<HashSet<_>>(), [(200, Bytes::from_static(b"p2"))].into());
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_pass_both_ways_at_the_same_time() {
    let (producer, connections) = http2_instance::producer(2).await;
    let (_, gateway, client) = of(&[&producer]).await;
    let large = Bytes::from((0..5_000_000_u32).map(|at| at.to_le_bytes()[1]).collect::<Vec<_>>());
    let echo = async || {
        let answer = client.send(Request::post(client.url("/echo")).body(body(large.clone())).unwrap()).await.unwrap();
        soon("an echo", answer.collect()).await.unwrap().to_bytes() == large
    };
    assert_eq!(tokio::join!(echo(), echo(), echo()), (true, true, true));
    assert_eq!(gateway.get("/java-service/big").await.1.len(), 20_000_000);
    assert!(connections.load(Ordering::SeqCst) <= 2);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_takes_nothing_holds_up_no_other_one() {
    let (producer, connections) = http2_instance::producer(2).await;
    let (_, gateway, client) = of(&[&producer]).await;
    // Each has a connection of its own: of one, the caller itself would take no more.
    let stuck = join_all((0..20).map(async |_| {
        let client = Client::connect(gateway.data).await;
        let answer = client.send(Request::get(client.url("/big")).body(body("")).unwrap()).await.unwrap();
        (client, answer)
    }))
    .await;
    for _ in 0..10 {
        assert_eq!(Client::connect(gateway.data).await.get("/hello").await, (200, Bytes::from_static(b"p2")));
    }
    // One of each data-plane thread.
    assert!(connections.load(Ordering::SeqCst) <= 2);
    drop((stuck, client));
    gateway.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_and_trailers_pass_both_ways_as_they_come() {
    let (producer, _) = http2_instance::producer(2).await;
    let (_, gateway, client) = of(&[&producer]).await;
    let (parts, received) = mpsc::channel::<Frame<Bytes>>(4);
    let stream = stream::unfold(received, |mut received| async move {
        let part = received.recv().await?;
        Some((Ok::<_, Infallible>(part), received))
    });
    let streamed = StreamBody::new(Box::pin(stream)).map_err(|never: Infallible| match never {}).boxed();
    let mut echo = client.send(Request::post(client.url("/echo")).body(streamed).unwrap()).await.unwrap().into_body();
    for text in ["one", "two"] {
        parts.send(Frame::data(Bytes::from_static(text.as_bytes()))).await.unwrap();
        assert_eq!(soon("a part", echo.frame()).await.unwrap().unwrap().into_data().unwrap(), text);
    }
    let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "7".parse().unwrap())]);
    parts.send(Frame::trailers(trailers.clone())).await.unwrap();
    let passed = soon("trailers", echo.frame()).await.unwrap().unwrap().into_trailers().unwrap();
    assert_eq!(passed, trailers);
    assert!(soon("the end", echo.frame()).await.is_none());
    gateway.stop().await.unwrap();
}

/// An instance that has not begun with a request says so: another one gets it, body and all. So does one that may be repeated.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_instance_has_not_begun_with_or_may_be_repeated_is_tried_again() {
    const NOT_SEEN: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 0];
    const SEEN: &[u8] = &[0, 0, 0, 99, 0, 0, 0, 0];
    const REFUSED: &[u8] = &[0, 0, 0, 7];
    const FAILED: &[u8] = &[0, 0, 0, 2];
    let is_answered = [
        (GOAWAY, NOT_SEEN, "POST", true),
        (GOAWAY, SEEN, "POST", false),
        (GOAWAY, SEEN, "PUT", true),
        (RST_STREAM, REFUSED, "POST", true),
        (RST_STREAM, FAILED, "POST", false),
        (RST_STREAM, FAILED, "PUT", true),
    ];
    for (kind, payload, method, is_answered) in is_answered {
        let address = raw::server(2, move |_, mut stream| async move {
            stream.read_exact(&mut [0; 24]).await.unwrap();
            let mut side = Raw(stream);
            side.send(&frame(SETTINGS, 0, 0, &[])).await;
            // The whole request has come.
            let end = loop {
                let Some(frame) = side.next().await else { return };
                if frame.kind == DATA && frame.flags & END_STREAM != 0 {
                    break frame;
                }
            };
            let stream = if kind == GOAWAY { 0 } else { end.stream };
            side.send(&frame(kind, 0, stream, payload)).await;
        });
        let (unwilling, (willing, _)) = (Producer::at(2, address.await), http2_instance::producer(3).await);
        let (_, gateway, client) = of(&[&unwilling, &willing]).await;
        let mut statuses = Vec::new();
        for _ in 0..4 {
            let request = Request::builder().method(method).uri(client.url("/echo")).body(body("hello")).unwrap();
            let answer = client.send(request).await.unwrap();
            statuses.push(answer.status().as_u16());
            let text = soon("an echo", answer.collect()).await.unwrap().to_bytes();
            assert!(text == "hello" || !is_answered, "{text:?}");
        }
        statuses.sort_unstable();
        assert_eq!(statuses, if is_answered { [200; 4] } else { [200, 200, 502, 502] }, "{method} {kind} {payload:?}");
        gateway.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_goes_away_finishes_and_gets_no_further_request() {
    let (release, released) = watch::channel(false);
    let leaving = scripted(2, move |count, mut side| {
        let released = released.clone();
        async move {
            while let Some(Ok((_, respond))) = side.accept().await {
                side.graceful_shutdown();
                let mut released = released.clone();
                tokio::spawn(async move {
                    if count == 0 {
                        released.wait_for(|released| *released).await.unwrap();
                    }
                    answer(respond, if count == 0 { "old" } else { "new" });
                });
            }
        }
    })
    .await;
    let (_, gateway, client) = of(&[&leaving]).await;
    let get = || {
        let mut sender = client.sender.clone();
        let request = Request::get(client.url("/")).body(body("")).unwrap();
        tokio::spawn(async move { sender.send_request(request).await.unwrap().collect().await.unwrap().to_bytes() })
    };
    // Some may come before the instance says that it goes away.
    let mut old = vec![get()];
    let mut seen_new = false;
    until("a new connection", async || {
        let mut next = get();
        match tokio::time::timeout(Duration::from_millis(20), &mut next).await {
            Ok(text) => seen_new = text.unwrap() == "new",
            Err(_) => old.push(next),
        }
        seen_new
    })
    .await;
    release.send(true).unwrap();
    let texts: Vec<_> = join_all(old).await.into_iter().map(Result::unwrap).collect();
    assert!(texts.iter().all(|text| text == "old" || text == "new") && texts.contains(&"old".into()), "{texts:?}");
    gateway.stop().await.unwrap();
}
