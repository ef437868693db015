//! Connections that leave HTTP: which requests may, what passes then, and how it ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::Registry;
use crate::support::{soon, until};

const SWITCHED: &str = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade, x-mine\r\nupgrade: chat\r\n\
                        x-mine: 1\r\nkeep-alive: timeout=5\r\nx-other: 2\r\n\r\n";
const ASKED: &str = "GET /java-service/chat HTTP/1.1\r\nhost: g\r\nconnection: keep-alive, Upgrade, x-hop\r\nupgrade: chat\r\n\
                     x-hop: 1\r\nx-kept: 2\r\n\r\n";

/// An instance that switches each connection, and hands it over with the head of its request.
async fn switching(host: u8) -> (Producer, mpsc::UnboundedReceiver<(String, TcpStream)>) {
    let (hand_over, handed) = mpsc::unbounded_channel();
    let address = raw::server(host, move |_, mut stream| {
        let hand_over = hand_over.clone();
        async move {
            let head = raw::read_head(&mut stream).await;
            stream.write_all(SWITCHED.as_bytes()).await.unwrap();
            hand_over.send((head, stream)).unwrap();
        }
    })
    .await;
    (Producer::at(host, address), handed)
}

async fn ask(gateway: &Gateway, asked: &str) -> (String, TcpStream) {
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    caller.write_all(asked.as_bytes()).await.unwrap();
    let head = soon("an answer", raw::read_head(&mut caller)).await;
    (head, caller)
}

/// Requests under way at a producer, and how many of them are upgraded connections.
async fn under_way(gateway: &Gateway, producer: &Producer, within_ms: u64) -> (u64, u64) {
    let path = format!("/under-way?application=java-service&instanceId={}&withinMs={within_ms}", producer.id);
    let (_, body) = gateway.admin_get(&path).await;
    (body["underWay"].as_u64().unwrap(), body["upgraded"].as_u64().unwrap())
}

async fn reads(stream: &mut TcpStream, expected: &str) {
    let mut seen = vec![0; expected.len()];
    soon(expected, stream.read_exact(&mut seen)).await.unwrap();
    assert_eq!(String::from_utf8(seen).unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_headers_of_the_upgrade_itself_cross_the_gateway() {
    let (producer, mut handed) = switching(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let (answer, _caller) = ask(&gateway, ASKED).await;
    assert!(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{answer}");
    let (request, _stream) = handed.recv().await.unwrap();
    for (head, present, absent) in [
        (&request, ["connection: upgrade\r\n", "upgrade: chat\r\n", "x-kept: 2\r\n"], ["x-hop", "keep-alive"]),
        (&answer, ["connection: upgrade\r\n", "upgrade: chat\r\n", "x-other: 2\r\n"], ["x-mine", "keep-alive"]),
    ] {
        assert!(present.iter().all(|line| head.contains(line)), "{head}");
        assert!(!absent.iter().any(|name| head.contains(name)), "{head}");
        assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
    }
    drop((_caller, _stream));
    gateway.stop().await.unwrap();
}

/// In the same packets as the heads, before either side could know that the other one agrees.
#[tokio::test(flavor = "multi_thread")]
async fn bytes_behind_the_heads_pass_and_each_side_ends_for_itself() {
    let (hand_over, mut handed) = mpsc::unbounded_channel();
    let address = raw::server(2, move |_, mut stream| {
        let hand_over = hand_over.clone();
        async move {
            raw::read_head(&mut stream).await;
            stream.write_all(format!("{SWITCHED}early from instance").as_bytes()).await.unwrap();
            hand_over.send(stream).unwrap();
        }
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start(&registry).await;
    let (_, mut caller) = ask(&gateway, &format!("{ASKED}early from caller")).await;
    let mut instance = soon("the instance", handed.recv()).await.unwrap();
    reads(&mut instance, "early from caller").await;
    reads(&mut caller, "early from instance").await;
    caller.write_all(b"last from caller").await.unwrap();
    caller.shutdown().await.unwrap();
    let mut seen = String::new();
    soon("the caller's end", instance.read_to_string(&mut seen)).await.unwrap();
    assert_eq!(seen, "last from caller");
    // Long after the caller's end.
    instance.write_all(b"last from instance").await.unwrap();
    drop(instance);
    seen.clear();
    soon("the instance's end", caller.read_to_string(&mut seen)).await.unwrap();
    assert_eq!(seen, "last from instance");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn much_passes_both_ways_at_once_and_nothing_is_read_ahead() {
    const BYTES: usize = 20_000_000;
    let (producer, mut handed) = switching(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let (_, mut caller) = ask(&gateway, ASKED).await;
    let (_, instance) = handed.recv().await.unwrap();
    // Nobody reads at the other end: only what the buffers on the way hold is taken.
    let mut taken = 0;
    while let Ok(written) =
        tokio::time::timeout(std::time::Duration::from_millis(200), caller.write(&[1; 65_536])).await
    {
        taken += written.unwrap();
    }
    assert!(taken < BYTES, "{taken}");
    let (mut instance_reads, mut instance_writes) = instance.into_split();
    let (mut caller_reads, mut caller_writes) = caller.into_split();
    let rest = vec![1; BYTES - taken];
    let other = vec![2; BYTES];
    let (mut there, mut back) = (Vec::new(), Vec::new());
    soon("all of it", async {
        tokio::join!(
            async {
                caller_writes.write_all(&rest).await.unwrap();
                caller_writes.shutdown().await.unwrap();
            },
            async {
                instance_writes.write_all(&other).await.unwrap();
                instance_writes.shutdown().await.unwrap();
            },
            async { instance_reads.read_to_end(&mut there).await.unwrap() },
            async { caller_reads.read_to_end(&mut back).await.unwrap() },
        )
    })
    .await;
    assert!(there == vec![1; BYTES] && back == other);
    assert_eq!(under_way(&gateway, &producer, 20_000).await, (0, 0));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_under_way_until_it_ends_and_a_downline_does_not_cut_it() {
    let (producer, mut handed) = switching(2).await;
    let other = Producer::start(3).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let (_, mut caller) = ask(&gateway, ASKED).await;
    let (_, mut instance) = handed.recv().await.unwrap();
    assert_eq!(under_way(&gateway, &producer, 0).await, (1, 1));
    let view = gateway.instance(&producer).await;
    assert_eq!((&view["requests"], &view["upgrades"], &view["upgraded"]), (&json!(1), &json!(1), &json!(1)));
    registry.put(&other, "UP");
    gateway.fetch().await;
    assert_eq!(gateway.order("/downline", 1, &producer).await, "applied");
    assert_eq!(under_way(&gateway, &producer, 20).await, (1, 1));
    caller.write_all(b"still here?").await.unwrap();
    reads(&mut instance, "still here?").await;
    instance.write_all(b"yes").await.unwrap();
    reads(&mut caller, "yes").await;
    drop((caller, instance));
    assert_eq!(under_way(&gateway, &producer, 20_000).await, (0, 0));
    let view = gateway.instance(&producer).await;
    assert_eq!((&view["upgrades"], &view["upgraded"]), (&json!(1), &json!(0)));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dies_ends_it_for_the_other() {
    let (producer, mut handed) = switching(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    for is_reset in [false, true] {
        for caller_dies in [false, true] {
            let (_, caller) = ask(&gateway, ASKED).await;
            let (_, instance) = handed.recv().await.unwrap();
            let (dying, mut left) = if caller_dies { (caller, instance) } else { (instance, caller) };
            if is_reset {
                // As the kernel does for a process that is killed with bytes unread.
                socket2::SockRef::from(&dying).set_linger(Some(std::time::Duration::ZERO)).unwrap();
            }
            drop(dying);
            // Either way of ending is one.
            let _ = soon("the other's end", left.read(&mut [0; 1])).await;
            drop(left);
            assert_eq!(under_way(&gateway, &producer, 20_000).await, (0, 0), "{is_reset} {caller_dies}");
        }
    }
    gateway.stop().await.unwrap();
}

/// Counts connections, and answers each request as told; the heads that it was sent.
async fn answering(answer: &'static str) -> (Producer, Arc<AtomicUsize>, mpsc::UnboundedReceiver<String>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let (tell, heads) = mpsc::unbounded_channel();
    let seen = Arc::clone(&connections);
    let address = raw::server(2, move |_, mut stream| {
        seen.fetch_add(1, Ordering::SeqCst);
        let tell = tell.clone();
        async move {
            loop {
                let head = raw::read_head(&mut stream).await;
                if head.is_empty() {
                    return;
                }
                stream.write_all(answer.as_bytes()).await.unwrap();
                tell.send(head).unwrap();
            }
        }
    })
    .await;
    (Producer::at(2, address), connections, heads)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_answer_is_an_ordinary_one_and_the_connections_go_on() {
    const ANSWER: &str =
        "HTTP/1.1 426 Upgrade Required\r\nconnection: upgrade\r\nupgrade: other\r\ncontent-length: 2\r\n\r\nno";
    let (producer, connections, _heads) = answering(ANSWER).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    for asked in [ASKED, "GET /java-service/x HTTP/1.1\r\nhost: g\r\n\r\n", ASKED] {
        caller.write_all(asked.as_bytes()).await.unwrap();
        let head = soon("an answer", raw::read_head(&mut caller)).await;
        assert!(head.starts_with("HTTP/1.1 426 ") && !head.contains("upgrade: "), "{head}");
        reads(&mut caller, "no").await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    assert_eq!(under_way(&gateway, &producer, 20_000).await, (0, 0));
    assert_eq!(gateway.instance(&producer).await["upgrades"], 0);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_was_not_asked_for_is_a_bad_answer() {
    const PLAIN: &str = "GET /java-service/x HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n";
    const UPGRADE: &str =
        "GET /java-service/x HTTP/1.1\r\nhost: g\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    const UNSAID: &str = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    for (asked, answer, why) in [
        (PLAIN, SWITCHED, "without having been asked"),
        (UPGRADE, SWITCHED, "switched to chat; asked for was websocket"),
        (UPGRADE, UNSAID, "did not say to which"),
    ] {
        let (producer, connections, mut heads) = answering(answer).await;
        let registry = Registry::start(&[&producer]).await;
        let gateway = Gateway::start(&registry).await;
        let (head, mut caller) = ask(&gateway, asked).await;
        assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        caller.read_exact(&mut body).await.unwrap();
        let body = String::from_utf8(body).unwrap();
        assert!(body.contains(why), "{body}");
        assert!(heads.recv().await.is_some());
        assert_eq!(connections.load(Ordering::SeqCst), 1, "it is not repeated");
        assert_eq!(under_way(&gateway, &producer, 20_000).await, (0, 0));
        gateway.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_upgrade_is_an_ordinary_caller() {
    const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    let (producer, _, mut heads) = answering(ANSWER).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    for asked in [
        "GET /java-service/x HTTP/1.0\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        "GET /java-service/x HTTP/1.1\r\nhost: g\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n\
         http2-settings: AAMAAABkAAQAAP__\r\n\r\n",
        "GET /java-service/x HTTP/1.1\r\nhost: g\r\nupgrade: websocket\r\n\r\n",
        "POST /java-service/x HTTP/1.1\r\nhost: g\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let (answer, _caller) = ask(&gateway, asked).await;
        assert!(answer.contains(" 200 OK\r\n"), "{answer}");
        let head = heads.recv().await.unwrap();
        assert!(!head.contains("upgrade") && !head.contains("http2-settings"), "{head}");
    }
    gateway.stop().await.unwrap();
}

async fn dies_in_the_pool(hand_over: mpsc::UnboundedSender<TcpStream>, count: usize, mut stream: TcpStream) {
    raw::read_head(&mut stream).await;
    if count == 0 {
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        // Closes with the upgrade in hand.
        raw::read_head(&mut stream).await;
    } else {
        stream.write_all(SWITCHED.as_bytes()).await.unwrap();
        hand_over.send(stream).unwrap();
    }
}

/// As any request before a byte of its answer: over another connection, and from an instance that is gone to the next.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_tried_again_where_that_is_safe() {
    let (hand_over, mut handed) = mpsc::unbounded_channel();
    let address: SocketAddr =
        raw::server(3, move |count, stream| dies_in_the_pool(hand_over.clone(), count, stream)).await;
    let registry = Registry::start(&[&Producer::absent(2), &Producer::at(3, address)]).await;
    let gateway = Gateway::start(&registry).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    caller.write_all(b"GET /java-service/x HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
    assert!(soon("an answer", raw::read_head(&mut caller)).await.starts_with("HTTP/1.1 204 "));
    caller.write_all(ASKED.as_bytes()).await.unwrap();
    assert!(soon("an answer", raw::read_head(&mut caller)).await.starts_with("HTTP/1.1 101 "));
    let mut instance = soon("the instance", handed.recv()).await.unwrap();
    instance.write_all(b"here").await.unwrap();
    reads(&mut caller, "here").await;
    drop((caller, instance));
    gateway.stop().await.unwrap();
}

/// The next request takes a connection of its own.
#[tokio::test(flavor = "multi_thread")]
async fn its_connection_never_carries_a_request_again() {
    let (producer, mut handed) = switching(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    for _ in 0..3 {
        let (answer, caller) = ask(&gateway, ASKED).await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        let (head, mut instance) = soon("a connection of its own", handed.recv()).await.unwrap();
        assert!(head.starts_with("GET /chat "), "{head}");
        drop(caller);
        assert_eq!(soon("its end", instance.read(&mut [0; 64])).await.unwrap(), 0);
    }
    until("all have ended", async || under_way(&gateway, &producer, 0).await == (0, 0)).await;
    gateway.stop().await.unwrap();
}

/// Where the instance refused the switch. Kept for one that might still come, its stream would stay open with nobody to use it.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_stayed_http_is_closed_when_the_instance_closes_it() {
    let (ended, mut has_ended) = mpsc::unbounded_channel();
    let (close, may_close) = watch::channel(false);
    let address = raw::server(2, move |_, mut stream| {
        let (ended, mut may_close) = (ended.clone(), may_close.clone());
        async move {
            raw::read_head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            may_close.wait_for(|may_close| *may_close).await.unwrap();
            stream.shutdown().await.unwrap();
            ended.send(stream.read(&mut [0; 1]).await.unwrap()).unwrap();
        }
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start(&registry).await;
    let (answer, _caller) = ask(&gateway, ASKED).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    // By now it is kept for the next request.
    close.send_replace(true);
    assert_eq!(soon("the gateway's end", has_ended.recv()).await, Some(0));
    gateway.stop().await.unwrap();
}
