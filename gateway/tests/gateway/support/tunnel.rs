//! A caller of HTTP/2 that asks for tunnels (extended CONNECT), by h2 itself.

use bytes::Bytes;
use h2::ext::Protocol;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request, StatusCode};
use tokio::net::TcpStream;

use super::gateway::Gateway;
use super::{soon, until};

/// A caller's connection of HTTP/2.
pub(crate) struct Caller(pub(crate) h2::client::SendRequest<Bytes>);

/// A stream that is the caller's side of a tunnel.
pub(crate) struct Tunnel {
    pub(crate) send: SendStream<Bytes>,
    pub(crate) receive: RecvStream,
}

impl Caller {
    pub(crate) async fn connect(gateway: &Gateway) -> Self {
        let stream = TcpStream::connect(gateway.data).await.unwrap();
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        until("leave to ask", async || sender.is_extended_connect_protocol_enabled()).await;
        Self(sender)
    }

    pub(crate) async fn ask(&mut self, protocol: Option<&'static str>) -> (StatusCode, HeaderMap, Tunnel) {
        self.try_ask(protocol).await.unwrap()
    }

    /// An error: the connection was idle for too long before.
    pub(crate) async fn try_ask(
        &mut self,
        protocol: Option<&'static str>,
    ) -> Result<(StatusCode, HeaderMap, Tunnel), h2::Error> {
        // Of an ordinary CONNECT the target is a host alone.
        let target = if protocol.is_some() { "http://g/java-service/chat" } else { "g:80" };
        let request = Request::builder().method("CONNECT").uri(target);
        let mut request = request.header("sec-websocket-version", "13").body(()).unwrap();
        request.extensions_mut().extend(protocol.map(Protocol::from_static).map(extension).unwrap_or_default());
        let (answer, send) = self.0.send_request(request, false)?;
        let (head, receive) = soon("an answer", answer).await?.into_parts();
        Ok((head.status, head.headers, Tunnel { send, receive }))
    }

    pub(crate) async fn hello(&mut self) -> StatusCode {
        let request = Request::get("http://g/java-service/hello").body(()).unwrap();
        soon("an answer", self.0.send_request(request, true).unwrap().0).await.unwrap().status()
    }
}

fn extension(protocol: Protocol) -> http::Extensions {
    let mut extensions = http::Extensions::new();
    extensions.insert(protocol);
    extensions
}

impl Tunnel {
    pub(crate) fn say(&mut self, text: &'static str, is_last: bool) {
        self.send.send_data(Bytes::from_static(text.as_bytes()), is_last).unwrap();
    }

    pub(crate) async fn hears(&mut self, expected: &str) {
        let mut seen = Vec::new();
        while seen.len() < expected.len() {
            let part = soon(expected, self.receive.data()).await.unwrap().unwrap();
            self.receive.flow_control().release_capacity(part.len()).unwrap();
            seen.extend(part);
        }
        assert_eq!(seen, expected.as_bytes());
    }

    /// Whether the other side ends it, by an end or a reset.
    pub(crate) async fn is_over(&mut self) -> bool {
        !matches!(soon("the end", self.receive.data()).await, Some(Ok(data)) if !data.is_empty())
    }
}
