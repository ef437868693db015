//! Limits: what is met is said with its own status, and others are served on.

use std::net::SocketAddr;
use std::sync::Arc;

use eurus_gateway::Limits;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::wire::{Message, Wire, instance};
use crate::support::{raw, soon, until};

const HELLO: &[u8] = b"GET /java-service/hello HTTP/1.1\r\nHost: g\r\n\r\n";

async fn gateway(producers: &[&Producer], change: impl FnOnce(&mut Limits)) -> Gateway {
    let registry = Registry::start(producers).await;
    Gateway::start_with(&registry, |config| change(&mut config.edge.limits)).await
}

async fn status(wire: &mut Wire) -> Option<u16> {
    let answer = soon("an answer", wire.message(true)).await?;
    answer.first.split(' ').nth(1)?.parse().ok()
}

/// What is sent by one row.
fn with_headers(count: usize, bytes: usize) -> Vec<u8> {
    let header = |number| format!("X-{number}: {}\r\n", "x".repeat(bytes));
    let headers: String = (0..count).map(header).collect();
    format!("GET /java-service/x HTTP/1.1\r\nHost: g\r\n{headers}\r\n").into_bytes()
}

fn post(framing: &str, body: &str) -> Vec<u8> {
    format!("POST /java-service/unfinished HTTP/1.1\r\nHost: g\r\n{framing}\r\n\r\n{body}").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_is_refused_and_what_just_fits_passes() {
    let answer = |_: &Message| (b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), false);
    let (address, received) = instance(2, answer).await;
    let gateway = gateway(&[&Producer::at(2, address)], |limits| {
        limits.uri_bytes_max = 32;
        limits.headers_max = 8;
        limits.header_bytes_max = 1_024;
        limits.body_bytes_max = 4;
    })
    .await;
    let target = |bytes: usize| {
        let rest = "y".repeat(bytes - "/java-service/".len());
        format!("GET /java-service/{rest} HTTP/1.1\r\nHost: g\r\n\r\n").into_bytes()
    };
    let table = [
        ("a target that fits", target(32), 204),
        ("a target too long", target(33), 414),
        (
            "a whole URI too long",
            b"GET http://a.example/java-service/yyyyyyyyyyyy HTTP/1.1\r\nHost: a.example\r\n\r\n".to_vec(),
            414,
        ),
        ("headers that fit", with_headers(7, 10), 204),
        ("a header too many", with_headers(8, 10), 431),
        ("a head too long", with_headers(4, 400), 431),
        ("a head too long that does not end", with_headers(4, 400)[..1_500].to_vec(), 431),
        ("a length that fits", post("Content-Length: 4", "four"), 204),
        ("a length too long", post("Content-Length: 5", "fives"), 413),
        ("a length too long, asked for first", post("Expect: 100-continue\r\nContent-Length: 5", ""), 413),
        ("chunks that fit", post("Transfer-Encoding: chunked", "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"), 204),
        ("chunks too long", post("Transfer-Encoding: chunked", "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"), 413),
    ];
    for (name, sent, expected) in table {
        let mut caller = Wire::connect(gateway.data).await;
        caller.send(&sent).await;
        assert_eq!(status(&mut caller).await, Some(expected), "{name}");
        let whole = received.take().iter().filter(|(_, message)| !message.first.starts_with("UNFINISHED")).count();
        assert_eq!(whole, usize::from(expected == 204), "{name}");
        if expected != 204 {
            assert!(soon(name, caller.rest()).await.is_empty(), "{name}");
        }
    }
    gateway.stop().await.unwrap();
}

/// Who is in the middle of sending when it is refused is not reset: on the way here that can cost the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_reaches_a_caller_that_goes_on_sending() {
    let producer = Producer::start(2).await;
    let gateway = gateway(&[&producer], |limits| limits.body_bytes_max = 1_000_000).await;
    let body = "x".repeat(8_000_000);
    for framing in ["Content-Length: 8000000".to_owned(), "Transfer-Encoding: chunked".to_owned()] {
        let is_chunked = framing.starts_with('T');
        let body = if is_chunked { format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()) } else { body.clone() };
        let mut caller = TcpStream::connect(gateway.data).await.unwrap();
        let head = format!("POST /java-service/count HTTP/1.1\r\nHost: g\r\n{framing}\r\n\r\n");
        soon("sending", caller.write_all((head + &body).as_bytes())).await.unwrap();
        let mut answer = String::new();
        soon("an answer", caller.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{framing}: {answer}");
    }
    gateway.stop().await.unwrap();
}

async fn connect_from(ip: [u8; 4], address: SocketAddr) -> Wire {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((ip, 0))).unwrap();
    Wire::new(socket.connect(address).await.unwrap())
}

async fn is_served(wire: &mut Wire) -> bool {
    wire.send(HELLO).await;
    status(wire).await == Some(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_so_many_connections_and_others_have_theirs() {
    const PROXY: [u8; 4] = [127, 0, 0, 77];
    let producer = Producer::start(2).await;
    let gateway = gateway(&[&producer], |limits| {
        limits.connections_per_ip_max = 2;
        limits.trusted_proxies = vec!["127.0.0.77".parse().unwrap()];
    })
    .await;
    let mut first = Wire::connect(gateway.data).await;
    let mut second = Wire::connect(gateway.data).await;
    assert!(is_served(&mut first).await && is_served(&mut second).await);
    assert!(!is_served(&mut Wire::connect(gateway.data).await).await);
    assert!(is_served(&mut connect_from([127, 0, 0, 78], gateway.data).await).await);
    let mut proxies = Vec::new();
    for _ in 0..3 {
        let mut proxy = connect_from(PROXY, gateway.data).await;
        assert!(is_served(&mut proxy).await);
        proxies.push(proxy);
    }
    drop(first);
    until("its place is free", async || is_served(&mut Wire::connect(gateway.data).await).await).await;
    assert!(is_served(&mut second).await);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_has_so_many_requests_under_way() {
    let (busy, other) = (Producer::start(2).await, Producer::start(3).await);
    let registry = Registry::start(&[&busy]).await;
    let gateway = Gateway::start_with(&registry, |config| config.edge.limits.requests_per_instance_max = 1).await;
    let mut hanging = Wire::connect(gateway.data).await;
    hanging.send(b"GET /java-service/hang HTTP/1.1\r\nHost: g\r\n\r\n").await;
    until("it is under way", async || busy.requests() == 1).await;
    let (status, body) = gateway.get("/java-service/hello").await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["service"]), (503, &Value::from("JAVA-SERVICE")));
    assert!(body["message"].as_str().unwrap().contains("has 1 requests under way, the limit"), "{body}");
    registry.put(&other, "UP");
    gateway.fetch().await;
    for _ in 0..3 {
        assert_eq!(gateway.get("/java-service/hello").await, (200, "p3".to_owned()));
    }
    drop(hanging);
    until("its place is free", async || gateway.get("/java-service/hello").await == (200, "p2".to_owned())).await;
    gateway.stop().await.unwrap();
}

/// Sends the same over and over until the gateway has had enough; tells when it has.
async fn flooding(host: u8, begin: &'static [u8], again: &'static [u8], cut: Arc<Notify>) -> SocketAddr {
    raw::server(host, move |_, mut stream| {
        let cut = Arc::clone(&cut);
        async move {
            raw::read_head(&mut stream).await;
            let flood = again.repeat(100);
            let _ = stream.write_all(begin).await;
            while stream.write_all(&flood).await.is_ok() {}
            cut.notify_one();
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_floods_is_cut_off() {
    let table: [(&[u8], &[u8]); 5] = [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"),
        (b"", b"HTTP/1.0 102 Processing\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-A: ", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ];
    for (begin, again) in table {
        let cut = Arc::new(Notify::new());
        let address = flooding(2, begin, again, Arc::clone(&cut)).await;
        let gateway = gateway(&[&Producer::at(2, address)], |_| ()).await;
        let (status, body) = gateway.get("/java-service/x").await;
        assert_eq!(status, 502, "{body}");
        soon("the flood's end", cut.notified()).await;
        gateway.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_is_continued_and_nobody_else() {
    let producer = Producer::start(2).await;
    let gateway = gateway(&[&producer], |limits| {
        limits.trusted_proxies = vec!["127.0.0.64/26".parse().unwrap()];
    })
    .await;
    for (ip, addresses, proto) in
        [([127, 0, 0, 77], "10.1.1.1, 127.0.0.77", "https"), ([127, 0, 0, 9], "127.0.0.9", "http")]
    {
        let mut caller = connect_from(ip, gateway.data).await;
        caller
            .send(
                b"GET /java-service/seen HTTP/1.1\r\nHost: g\r\nX-Forwarded-For: 10.1.1.1\r\nX-Forwarded-Proto: https\r\n\
                  Connection: x-forwarded-for\r\n\r\n",
            )
            .await;
        let answer = soon("an answer", caller.message(true)).await.unwrap();
        let seen: Value = serde_json::from_slice(&answer.body).unwrap();
        let headers = &seen["headers"];
        assert_eq!((&headers["x-forwarded-for"], &headers["x-forwarded-proto"]), (&addresses.into(), &proto.into()));
    }
    gateway.stop().await.unwrap();
}
