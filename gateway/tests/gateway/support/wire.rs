//! What really goes over the wire: an instance that takes down the bytes of each request it receives, and answers with
//! bytes; a caller that sends bytes and reads answers. Both read messages in the simplest way there is: what the gateway
//! writes must not need another.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::raw;

/// One message: its first line, its headers as they came, and its body as it came (chunks as chunks).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) first: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
}

/// One side of a connection, and what was read too far.
pub(crate) struct Wire {
    stream: TcpStream,
    ahead: Vec<u8>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, ahead: Vec::new() }
    }

    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).await.unwrap())
    }

    /// The other side may have closed: what it does with the bytes is seen from its answers.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// The next message; `None` when the connection ends before or in the middle of it.
    pub(crate) async fn message(&mut self, has_body: bool) -> Option<Message> {
        let head = self.until(b"\r\n\r\n").await?;
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.trim_end().split("\r\n").map(str::to_owned);
        let (first, headers) = (lines.next()?, lines.collect::<Vec<_>>());
        let value = |name: &str| {
            headers.iter().find_map(|line| line.to_lowercase().strip_prefix(&format!("{name}: ")).map(str::to_owned))
        };
        let mut body = Vec::new();
        if !has_body || first.contains(" 204 ") || first.contains(" 304 ") || first.contains(" 100 ") {
        } else if value("transfer-encoding").is_some() {
            loop {
                let line = self.until(b"\r\n").await?;
                let size = usize::from_str_radix(String::from_utf8_lossy(&line).trim_end(), 16).unwrap();
                body.extend(line);
                body.extend(self.count(size + 2).await?);
                if size == 0 {
                    break;
                }
            }
        } else if let Some(length) = value("content-length") {
            body = self.count(length.parse().unwrap()).await?;
        } else if first.starts_with("HTTP/1.0 ") || value("connection").is_some_and(|value| value == "close") {
            body = self.rest().await;
        }
        Some(Message { first, headers, body })
    }

    /// Everything until the other side closes.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.ahead)
    }

    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(place) = self.ahead.windows(end.len()).position(|window| window == end) {
                return Some(self.ahead.drain(..place + end.len()).collect());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    async fn count(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.ahead.len() < count {
            if !self.more().await {
                return None;
            }
        }
        Some(self.ahead.drain(..count).collect())
    }

    async fn more(&mut self) -> bool {
        matches!(self.stream.read_buf(&mut self.ahead).await, Ok(count) if count > 0)
    }
}

/// What an instance has received, over all its connections: `<connection>: <message>`.
#[derive(Clone, Default)]
pub(crate) struct Received(Arc<Mutex<Vec<(usize, Message)>>>);

impl Received {
    /// What was received since the last time.
    pub(crate) fn take(&self) -> Vec<(usize, Message)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// An instance: `answer` says what it answers to a message, as bytes, and whether it closes then.
pub(crate) async fn instance(
    host: u8,
    answer: impl Fn(&Message) -> (Vec<u8>, bool) + Clone + Send + 'static,
) -> (SocketAddr, Received) {
    let received = Received::default();
    let seen = received.clone();
    let address = raw::server(host, move |number, stream| {
        let (seen, answer) = (seen.clone(), answer.clone());
        async move {
            let mut wire = Wire::new(stream);
            while let Some(message) = wire.message(true).await {
                let (bytes, closes) = answer(&message);
                // Before the answer: whoever has it finds the message taken down.
                seen.0.lock().unwrap().push((number, message));
                wire.send(&bytes).await;
                if closes {
                    return;
                }
            }
            // What is no whole message is taken down too: half a request is one that got through.
            if !wire.ahead.is_empty() {
                let first = format!("UNFINISHED {}", String::from_utf8_lossy(&wire.ahead));
                seen.0.lock().unwrap().push((number, Message { first, headers: Vec::new(), body: Vec::new() }));
            }
        }
    })
    .await;
    (address, received)
}
