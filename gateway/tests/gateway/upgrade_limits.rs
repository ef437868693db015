//! What ends an upgraded connection other than its peers: silence, and the gateway's own end.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use crate::routes::routes;
use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::Registry;
use crate::support::{soon, until};

const ASKED: &[u8] = b"GET /java-service/chat HTTP/1.1\r\nhost: g\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n";

const SWITCHED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n";

/// A gateway, and both ends of an upgraded connection through it.
struct Upgraded {
    gateway: Gateway,
    caller: TcpStream,
    instance: TcpStream,
}

impl Upgraded {
    async fn start(adjust: impl FnOnce(&mut eurus_gateway::GatewayConfig)) -> Self {
        let (hand_over, mut handed) = mpsc::unbounded_channel();
        let address = raw::server(2, move |_, mut stream| {
            let hand_over = hand_over.clone();
            async move {
                raw::read_head(&mut stream).await;
                stream.write_all(SWITCHED).await.unwrap();
                hand_over.send(stream).unwrap();
            }
        })
        .await;
        let registry = Registry::start(&[&Producer::at(2, address)]).await;
        let gateway = Gateway::start_with(&registry, adjust).await;
        let mut caller = TcpStream::connect(gateway.data).await.unwrap();
        caller.write_all(ASKED).await.unwrap();
        assert!(soon("an answer", raw::read_head(&mut caller)).await.starts_with("HTTP/1.1 101 "));
        let instance = soon("the instance", handed.recv()).await.unwrap();
        Self { gateway, caller, instance }
    }

    async fn is_cut(&mut self) {
        for side in [&mut self.caller, &mut self.instance] {
            let read = soon("the end", side.read(&mut [0; 1])).await;
            assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_it_after_its_own_limit_and_not_after_that_of_answers() {
    let mut short = Upgraded::start(|config| config.edge.upgrade_idle_timeout_ms = 50).await;
    short.is_cut().await;
    short.gateway.stop().await.unwrap();
    let mut long = Upgraded::start(|config| config.edge.stall_timeout_ms = 20).await;
    // Real time, as the limit.
    let silence = std::time::Duration::from_millis(100);
    assert!(tokio::time::timeout(silence, long.caller.read(&mut [0; 1])).await.is_err());
    long.instance.write_all(b"x").await.unwrap();
    assert_eq!(long.caller.read_u8().await.unwrap(), b'x');
    drop((long.caller, long.instance));
    long.gateway.stop().await.unwrap();
}

/// They are for answers, which end.
#[tokio::test(flavor = "multi_thread")]
async fn a_routes_limits_are_none_for_it() {
    const ROUTE: &str =
        "spring.cloud.gateway.routes: [{id: chat, uri: 'lb://java-service', predicates: [Path=/java-service/chat],
        metadata: {whole-timeout: 50, idle-timeout: 50}}]";
    let mut upgraded = Upgraded::start(|config| config.routes = routes(ROUTE)).await;
    // Real time, as the limits.
    let silence = std::time::Duration::from_millis(200);
    assert!(tokio::time::timeout(silence, upgraded.caller.read(&mut [0; 1])).await.is_err());
    upgraded.instance.write_all(b"x").await.unwrap();
    assert_eq!(upgraded.caller.read_u8().await.unwrap(), b'x');
    drop((upgraded.caller, upgraded.instance));
    upgraded.gateway.stop().await.unwrap();
}

/// The other side would hold the connection for an hour.
#[tokio::test(flavor = "multi_thread")]
async fn once_one_side_has_ended_the_other_may_not_be_silent_for_long() {
    let mut upgraded = Upgraded::start(|config| config.edge.stall_timeout_ms = 50).await;
    upgraded.caller.shutdown().await.unwrap();
    assert_eq!(soon("the caller's end", upgraded.instance.read(&mut [0; 1])).await.unwrap(), 0);
    upgraded.is_cut().await;
    upgraded.gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_stops_waits_for_it() {
    let Upgraded { gateway, mut caller, mut instance } = Upgraded::start(|_| ()).await;
    gateway.trigger_stop();
    // The data port refuses connections: the gateway has begun to stop.
    soon("it stops", async { while TcpStream::connect(gateway.data).await.is_ok() {} }).await;
    caller.write_all(b"bye").await.unwrap();
    let mut seen = [0; 3];
    soon("bye", instance.read_exact(&mut seen)).await.unwrap();
    drop((caller, instance));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_stops_cuts_it_when_its_grace_is_over() {
    let mut upgraded = Upgraded::start(|config| config.shutdown_grace_ms = 50).await;
    upgraded.gateway.trigger_stop();
    upgraded.is_cut().await;
    upgraded.gateway.stop().await.unwrap();
}

/// The switch was asked for before, and is answered after the gateway has begun to stop.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_stops_still_passes_a_switch_that_was_asked_for() {
    let (release, released) = watch::channel(false);
    let address = raw::server(2, move |_, mut stream| {
        let mut released = released.clone();
        async move {
            raw::read_head(&mut stream).await;
            released.wait_for(|released| *released).await.unwrap();
            stream.write_all(SWITCHED).await.unwrap();
            let mut said = [0; 3];
            stream.read_exact(&mut said).await.unwrap();
            stream.write_all(&said).await.unwrap();
        }
    })
    .await;
    let producer = Producer::at(2, address);
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    caller.write_all(ASKED).await.unwrap();
    until("it is under way", async || gateway.instance(&producer).await["under_way"] == 1).await;
    gateway.trigger_stop();
    soon("it stops", async { while TcpStream::connect(gateway.data).await.is_ok() {} }).await;
    release.send(true).unwrap();
    let answer = soon("an answer", raw::read_head(&mut caller)).await;
    assert!(answer.starts_with("HTTP/1.1 101 ") && answer.contains("connection: upgrade"), "{answer}");
    caller.write_all(b"bye").await.unwrap();
    let mut said = String::new();
    soon("bye", caller.read_to_string(&mut said)).await.unwrap();
    assert_eq!(said, "bye");
    drop(caller);
    gateway.stop().await.unwrap();
}
