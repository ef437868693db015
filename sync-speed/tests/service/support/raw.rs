//! One connection, and requests on it exactly as they are written.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Plain, or under TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// See the module.
pub(crate) struct RawConnection {
    stream: Box<dyn Stream>,
    /// What has come beyond the last answer.
    rest: Vec<u8>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    #[allow(dead_code)] // For whoever looks at a failure.
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl RawConnection {
    /// From another address of this machine.
    pub(crate) async fn from(address: &str, url: &str) -> Self {
        Self::over(tcp(address, url).await)
    }

    /// As by a process that is killed: dropped, it ends without a goodbye.
    pub(crate) async fn that_breaks_off(address: &str, url: &str) -> Self {
        let stream = tcp(address, url).await;
        stream.set_zero_linger().unwrap();
        Self::over(stream)
    }

    pub(crate) fn over(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), rest: Vec::new() }
    }

    /// A request of a first line, headers and a body.
    pub(crate) async fn ask(&mut self, line: &str, headers: &[&str], body: &str) -> RawAnswer {
        self.send(line, headers, body).await;
        self.answer().await
    }

    pub(crate) async fn send(&mut self, line: &str, headers: &[&str], body: &str) {
        let mut text = format!("{line} HTTP/1.1\r\nHost: s\r\nContent-Length: {}\r\n", body.len());
        for header in headers {
            text.push_str(header);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// The same where it may fail: under TLS a refused certificate shows here.
    pub(crate) async fn try_ask(&mut self, line: &str, headers: &[&str]) -> io::Result<Vec<u8>> {
        self.send(line, headers, "").await;
        let mut all = Vec::new();
        self.stream.read_to_end(&mut all).await.map(|_| all)
    }

    async fn answer(&mut self) -> RawAnswer {
        const END: &[u8] = b"\r\n\r\n";
        let head_end = loop {
            match self.rest.windows(END.len()).position(|window| window == END) {
                Some(at) => break at,
                None => self.read().await,
            }
        };
        let head = String::from_utf8(self.rest.drain(..head_end + END.len()).collect()).unwrap();
        let length = |line: &str| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok();
        let length = head.lines().find_map(length).unwrap_or(0);
        while self.rest.len() < length {
            self.read().await;
        }
        let body: Vec<u8> = self.rest.drain(..length).collect();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        RawAnswer { status, head, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    async fn read(&mut self) {
        let mut chunk = [0; 4_096];
        let count = self.stream.read(&mut chunk).await.unwrap();
        assert!(count > 0, "the connection was closed after {:?}", String::from_utf8_lossy(&self.rest));
        self.rest.extend_from_slice(&chunk[..count]);
    }
}

async fn tcp(address: &str, url: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
    socket.connect(url.trim_start_matches("http://").parse().unwrap()).await.unwrap()
}
