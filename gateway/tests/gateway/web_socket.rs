//! A WebSocket through the gateway, with a library that is not ours at both ends.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, client_async};

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::{raw, soon};

/// Says back what it is told.
pub(crate) async fn echo(_: usize, stream: TcpStream) {
    let mut socket = accept_async(stream).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        if message.is_text() || message.is_binary() {
            socket.send(message).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_pings_and_the_goodbye_pass() {
    let producer = Producer::at(2, raw::server(2, echo).await);
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let stream = TcpStream::connect(gateway.data).await.unwrap();
    let url = format!("ws://{}/java-service/echo?room=1", gateway.data);
    let (mut socket, answer) = soon("the handshake", client_async(url, stream)).await.unwrap();
    assert_eq!(answer.status().as_u16(), 101);
    for size in [0, 1, 125, 126, 65_535, 65_536, 3_000_000] {
        for message in [Message::text("x".repeat(size)), Message::binary(vec![7; size])] {
            soon("sending", socket.send(message.clone())).await.unwrap();
            assert!(soon("an echo", socket.next()).await.unwrap().unwrap() == message, "{size}");
        }
    }
    socket.send(Message::Ping("are you there?".into())).await.unwrap();
    assert_eq!(soon("a pong", socket.next()).await.unwrap().unwrap(), Message::Pong("are you there?".into()));
    soon("the goodbye", socket.close(None)).await.unwrap();
    assert!(matches!(soon("its answer", socket.next()).await, Some(Ok(Message::Close(_)))));
    assert!(soon("the end", socket.next()).await.is_none());
    gateway.stop().await.unwrap();
}
