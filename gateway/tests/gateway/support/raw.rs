//! Servers and callers below HTTP.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Runs a script for each connection, which is told how many came before it.
pub(crate) async fn server<F>(host: u8, script: impl Fn(usize, TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, host], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for count in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(script(count, stream));
        }
    });
    address
}

/// Answers `late` to each request, once it may.
pub(crate) async fn late_server(host: u8, released: watch::Receiver<bool>) -> SocketAddr {
    server(host, move |_, mut stream| {
        let mut released = released.clone();
        async move {
            read_head(&mut stream).await;
            released.wait_for(|released| *released).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlate").await.unwrap();
        }
    })
    .await
}

/// Reads until the end of a head; what it read.
pub(crate) async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// Sends bytes and reads until the other side closes.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// A caller with one connection, and so with one data-plane thread and its pool.
pub(crate) struct Caller(TcpStream);

impl Caller {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Whether neither a byte nor the end of the connection comes for so long.
    pub(crate) async fn is_silent_for_ms(&mut self, ms: u64) -> bool {
        tokio::time::timeout(std::time::Duration::from_millis(ms), self.0.read_u8()).await.is_err()
    }

    /// Bytes as they are.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Waits for its end; whether nothing came before.
    pub(crate) async fn is_closed(&mut self) -> bool {
        self.0.read_u8().await.is_err()
    }

    /// Exactly so much of a body.
    pub(crate) async fn read(&mut self, body: &mut [u8]) {
        self.0.read_exact(body).await.unwrap();
    }

    /// The head of an answer that has no body.
    pub(crate) async fn get(&mut self, path: &str) -> String {
        self.0.write_all(format!("GET {path} HTTP/1.1\r\nhost: g\r\n\r\n").as_bytes()).await.unwrap();
        read_head(&mut self.0).await
    }
}
