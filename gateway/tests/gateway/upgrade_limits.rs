//! What ends an upgraded connection other than its peers: silence, and the gateway's own end.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::Registry;
use crate::support::soon;

const ASKED: &[u8] = b"GET /java-service/chat HTTP/1.1\r\nhost: g\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n";

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
                let answer = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n";
                stream.write_all(answer).await.unwrap();
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
