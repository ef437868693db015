//! HTTP/2 with the gateway: a client that is a library's, and frames by hand.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::soon;

pub(crate) type RequestBody = BoxBody<Bytes, hyper::Error>;

pub(crate) fn body(bytes: impl Into<Bytes>) -> RequestBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

/// One connection.
pub(crate) struct Client {
    at: SocketAddr,
    pub(crate) sender: SendRequest<RequestBody>,
}

impl Client {
    pub(crate) async fn connect(at: SocketAddr) -> Self {
        Self::over(TcpStream::connect(at).await.unwrap(), at).await
    }

    /// Over a connection that there is.
    pub(crate) async fn over<S>(stream: S, at: SocketAddr) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { at, sender }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/java-service{path}", self.at)
    }

    pub(crate) async fn send(&self, request: Request<RequestBody>) -> hyper::Result<Response<Incoming>> {
        soon("an answer over HTTP/2", self.sender.clone().send_request(request)).await
    }

    /// Status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, Bytes) {
        let answer = self.send(Request::get(self.url(path)).body(body("")).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        (status, soon("a body", answer.collect()).await.unwrap().to_bytes())
    }
}

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// Headers of a GET, written out.
pub(crate) fn get(path: &str) -> Vec<u8> {
    // :method GET, :scheme http, :authority and :path by their names in the static table.
    let mut block = vec![0x82, 0x86];
    for (index, value) in [(0x01, "g"), (0x04, path)] {
        block.extend([index, u8::try_from(value.len()).unwrap()]);
        block.extend_from_slice(value.as_bytes());
    }
    block
}

/// A frame that came.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Received {
    /// Of a reset, or a GOAWAY: the error that it says.
    pub(crate) fn code(&self) -> u32 {
        let at = if self.kind == GOAWAY { 4 } else { 0 };
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }
}

/// A caller that sends any frames.
pub(crate) struct Raw(pub(crate) TcpStream);

impl Raw {
    /// With the preface and these settings, whose answers are left to be read.
    pub(crate) async fn connect(at: SocketAddr, settings: &[u8]) -> Self {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        stream.write_all(&frame(SETTINGS, 0, 0, settings)).await.unwrap();
        Self(stream)
    }

    pub(crate) async fn send(&mut self, frame: &[u8]) {
        self.0.write_all(frame).await.unwrap();
    }

    /// The next frame; `None`: the connection is closed.
    pub(crate) async fn next(&mut self) -> Option<Received> {
        let mut head = [0; 9];
        soon("a frame", self.0.read_exact(&mut head)).await.ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        Some(Received { kind, flags, stream: u32::from_be_bytes(stream), payload })
    }

    /// The next frame of a kind.
    pub(crate) async fn next_of(&mut self, kind: u8) -> Option<Received> {
        loop {
            match self.next().await {
                Some(received) if received.kind != kind => {}
                found => return found,
            }
        }
    }
}
