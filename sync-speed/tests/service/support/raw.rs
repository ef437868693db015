//! One connection, and requests on it exactly as they are written.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// See the module.
pub(crate) struct RawConnection {
    stream: TcpStream,
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
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
        let stream = socket.connect(url.trim_start_matches("http://").parse().unwrap()).await.unwrap();
        Self { stream, rest: Vec::new() }
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

    /// As a process that is killed: no goodbye.
    pub(crate) fn break_off(self) {
        self.stream.set_zero_linger().unwrap();
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
