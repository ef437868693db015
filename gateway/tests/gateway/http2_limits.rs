//! Callers of HTTP/2 that take more than they give. Whatever they do, others are served.

use eurus_gateway::GatewayConfig;
use http::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::gateway::Gateway;
use crate::support::http2::{
    CONTINUATION, Client, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, Raw, SETTINGS, body, frame,
    get,
};
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::{raw, soon};

const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

async fn one(adjust: impl FnOnce(&mut GatewayConfig)) -> (Producer, Gateway) {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    (producer, Gateway::start_with(&registry, adjust).await)
}

async fn others_are_served(gateway: &Gateway) {
    assert_eq!(gateway.get("/java-service/hello").await, (200, "p2".to_owned()));
    assert_eq!(Client::connect(gateway.data).await.get("/hello").await, (200, "p2".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_limit_are_refused_and_may_be_tried_again() {
    let (_, gateway) = one(|config| config.edge.http2.streams_max = 3).await;
    let mut caller = Raw::connect(gateway.data, &[]).await;
    for stream in [1, 3, 5, 7] {
        caller.send(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &get("/java-service/hang"))).await;
    }
    let reset = caller.next_of(RST_STREAM).await.unwrap();
    assert_eq!((reset.stream, reset.code()), (7, REFUSED_STREAM));
    caller.send(&frame(RST_STREAM, 0, 1, &CANCEL.to_be_bytes())).await;
    caller.send(&frame(HEADERS, END_HEADERS | END_STREAM, 9, &get("/java-service/hello"))).await;
    let answer = caller.next_of(HEADERS).await.unwrap();
    assert_eq!(answer.stream, 9);
    // Three requests hang, and would be waited for.
    drop(caller);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_headers_and_too_long_ones_are_answered_431() {
    let (producer, gateway) = one(|config| config.edge.limits.header_bytes_max = 8_192).await;
    let client = Client::connect(gateway.data).await;
    let with = async |headers: usize, bytes: usize| {
        let mut request = Request::get(client.url("/hello"));
        for name in 0..headers {
            request = request.header(format!("x-{name}"), "v".repeat(bytes));
        }
        client.send(request.body(body("")).unwrap()).await.unwrap().status().as_u16()
    };
    assert_eq!(with(1, 7_000).await, 200);
    assert_eq!(with(1, 8_200).await, 431);
    assert_eq!(with(90, 1).await, 200);
    assert_eq!(with(129, 1).await, 431);
    assert_eq!(producer.requests(), 2);
    others_are_served(&gateway).await;
    gateway.stop().await.unwrap();
}

/// Each request is sent and taken back at once. The clock stands still: all of them come within one second.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_takes_back_what_it_asks_for_is_closed() {
    let (producer, gateway) = one(|config| config.edge.http2.resets_per_second = 50).await;
    let mut caller = Raw::connect(gateway.data, &[]).await;
    let mut sent = 0;
    for at in 0..10_000 {
        let stream = 2 * at + 1;
        let mut request = frame(HEADERS, END_HEADERS | END_STREAM, stream, &get("/java-service/hang"));
        request.extend(frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes()));
        if caller.0.write_all(&request).await.is_err() {
            break;
        }
        sent += 1;
        tokio::task::yield_now().await;
    }
    while caller.next().await.is_some() {}
    assert!(sent < 10_000 || producer.requests() < 60, "{sent} {}", producer.requests());
    assert!(producer.requests() <= 51, "{}", producer.requests());
    others_are_served(&gateway).await;
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_in_the_same_breath_costs_no_instance_anything() {
    let (producer, gateway) = one(|_| ()).await;
    let mut caller = Raw::connect(gateway.data, &[]).await;
    let ask = |stream, path: &str| frame(HEADERS, END_HEADERS | END_STREAM, stream, &get(path));
    let taken_back = |stream| [ask(stream, "/java-service/hang"), frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes())];
    // Its connection to the instance would take another request at once.
    caller.send(&ask(1, "/java-service/hello")).await;
    caller.next_of(DATA).await.unwrap();
    let volley: Vec<u8> = (1..50).flat_map(|at| taken_back(2 * at + 1)).flatten().collect();
    caller.send(&[volley, ask(101, "/java-service/hello")].concat()).await;
    let answer = caller.next_of(HEADERS).await.unwrap();
    assert_eq!((answer.stream, producer.requests()), (101, 2));
    drop(caller);
    others_are_served(&gateway).await;
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_never_end_close_the_connection() {
    let (producer, gateway) = one(|_| ()).await;
    let mut caller = Raw::connect(gateway.data, &[]).await;
    caller.send(&frame(HEADERS, END_STREAM, 1, &get("/java-service/hello"))).await;
    let piece = frame(CONTINUATION, 0, 1, &[]);
    let mut sent = 0;
    while sent < 100_000 && caller.0.write_all(&piece).await.is_ok() {
        sent += 1;
    }
    let goaway = caller.next_of(GOAWAY).await;
    assert!(goaway.is_none_or(|goaway| goaway.code() == ENHANCE_YOUR_CALM));
    assert!(caller.next().await.is_none());
    assert_eq!(producer.requests(), 0);
    others_are_served(&gateway).await;
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_frames_that_carry_nothing_closes_the_connection() {
    let (_, gateway) = one(|config| config.edge.http2.idle_frames_per_second = 100).await;
    for flood in [frame(PING, 0, 0, &[0; 8]), frame(SETTINGS, 0, 0, &[]), frame(2, 0, 1, &[0, 0, 0, 3, 9])] {
        let mut caller = Raw::connect(gateway.data, &[]).await;
        let mut sent = 0;
        while sent < 100_000 && caller.0.write_all(&flood).await.is_ok() {
            sent += 1;
        }
        while caller.next().await.is_some() {}
    }
    others_are_served(&gateway).await;
    gateway.stop().await.unwrap();
}

/// One takes nothing of its answer, another one's instance says no more; the third goes on.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stands_still_is_reset_and_the_connection_goes_on() {
    let address = raw::server(2, |_, mut stream| async move {
        while let head = raw::read_head(&mut stream).await
            && !head.is_empty()
        {
            let answer: &[u8] = match () {
                () if head.contains("/stops") => b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
                () => b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
            };
            stream.write_all(answer).await.unwrap();
        }
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start_with(&registry, |config| config.edge.stall_timeout_ms = 100).await;
    // SETTINGS_INITIAL_WINDOW_SIZE: what may be sent without being asked for.
    for (window, path) in [(1_000_u32, "/java-service/stops"), (0, "/java-service/other"), (0, "/nobody/x")] {
        let settings = [&[0, 4][..], &window.to_be_bytes()].concat();
        let mut caller = Raw::connect(gateway.data, &settings).await;
        caller.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &get(path))).await;
        let reset = caller.next_of(RST_STREAM).await.unwrap();
        assert_eq!((reset.stream, reset.code()), (1, CANCEL), "{path}");
        caller.send(&frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 255, 255])).await;
        caller.send(&frame(HEADERS, END_HEADERS | END_STREAM, 3, &get("/java-service/other"))).await;
        let data = caller.next_of(DATA).await.unwrap();
        assert_eq!((data.stream, data.payload.as_slice(), data.flags), (3, &b"ok"[..], END_STREAM), "{path}");
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_requests_is_told_to_end_and_then_closed() {
    let (_, gateway) = one(|config| config.edge.keep_alive_timeout_ms = 100).await;
    let mut caller = Raw::connect(gateway.data, &[]).await;
    caller.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &get("/java-service/hello"))).await;
    assert_eq!(caller.next_of(GOAWAY).await.unwrap().code(), 0);
    // It does not answer the ping that comes with it.
    assert!(caller.next_of(GOAWAY).await.is_none());
    let mut silent = Raw::connect(gateway.data, &[]).await;
    silent.send(&frame(HEADERS, 0, 1, &get("/java-service/hello"))).await;
    while silent.next().await.is_some() {}
    others_are_served(&gateway).await;
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_does_not_answer_pings_is_closed() {
    let adjust = |config: &mut GatewayConfig| {
        (config.edge.http2.ping_interval_ms, config.edge.http2.ping_timeout_ms) = (50, 50);
    };
    let (_, gateway) = one(adjust).await;
    let mut caller = Raw::connect(gateway.data, &[]).await;
    assert_eq!(caller.next_of(PING).await.unwrap().flags, 0);
    while caller.next().await.is_some() {}
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_says_goaway_and_lets_requests_end() {
    let (released, release) = tokio::sync::watch::channel(false);
    let registry = Registry::start(&[&Producer::at(2, raw::late_server(2, release).await)]).await;
    let gateway = Gateway::start(&registry).await;
    let mut caller = Raw::connect(gateway.data, &[]).await;
    caller.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &get("/java-service/late"))).await;
    caller.send(&frame(PING, 0, 0, &[0; 8])).await;
    // Its answer says that the request was read.
    caller.next_of(PING).await.unwrap();
    let stop = tokio::spawn(gateway.stop());
    let goaway = caller.next_of(GOAWAY).await.unwrap();
    assert_eq!(goaway.code(), 0);
    released.send_replace(true);
    let mut seen = Vec::new();
    while let Some(received) = caller.next().await {
        if received.kind == PING && received.flags == 0 {
            caller.send(&frame(PING, 1, 0, &received.payload)).await;
        }
        seen.push(received);
    }
    assert!(
        seen.iter().any(|one| one.kind == DATA && one.payload == b"late" && one.flags & END_STREAM != 0),
        "{seen:?}"
    );
    soon("the stop", stop).await.unwrap().unwrap();
}

/// A preface that is cut, or that only begins like one.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_begins_like_http_2_is_none() {
    let (_, gateway) = one(|_| ()).await;
    let answer =
        soon("an answer", raw::exchange(gateway.data, b"PRI * HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    let mut cut = tokio::net::TcpStream::connect(gateway.data).await.unwrap();
    cut.write_all(b"PRI * HTTP/2.0\r\n\r\n").await.unwrap();
    cut.shutdown().await.unwrap();
    assert!(soon("the end", cut.read_u8()).await.is_err());
    others_are_served(&gateway).await;
    gateway.stop().await.unwrap();
}
