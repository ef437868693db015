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

mod ordinary;

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
