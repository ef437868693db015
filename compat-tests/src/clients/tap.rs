//! What a client asks, listened to: bytes pass as they are, whatever they are, and the first line of every request and
//! answer is noted. A link changes what it forwards; this does not.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::Failure;

/// Bytes that are passed on at a time.
const PASSED_BYTES_MAX: usize = 16 * 1024;
/// Exchanges that are remembered; further ones pass unnoted.
const EXCHANGES_MAX: usize = 10_000;

/// A request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// `GET`.
    pub method: String,
    /// `/eureka/apps/?regions=x`, as it was sent.
    pub target: String,
    /// `None` until the answer begins.
    pub status: Option<u16>,
}

impl Exchange {
    /// The path, without query and trailing slash.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default().trim_end_matches('/')
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map_or("no answer".to_owned(), |status| status.to_string());
        write!(f, "{} {}: {status}", self.method, self.target)
    }
}

/// A running tap in front of a registry. It ends when dropped.
pub struct Tap {
    /// Its own service URL, to be given to a client instead of the registry's.
    pub service_url: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    accepting: JoinHandle<()>,
}

impl Tap {
    /// In front of the registry at this address.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(registry: SocketAddr) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let service_url = format!("http://{}/eureka/", listener.local_addr()?);
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&exchanges);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let conversation = Conversation { exchanges: Arc::clone(&noted), current: None };
                // Its end is the client's to see: either side closed, or failed.
                tokio::spawn(async move { drop(pass(client, registry, conversation).await) });
            }
        });
        Ok(Self { service_url, exchanges, accepting })
    }

    /// All exchanges so far, in the order of their beginning.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().clone()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One connection. Eureka's clients do not pipeline: after a request comes its answer, then the next request.
struct Conversation {
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    /// Where the exchange under way stands, until its answer begins.
    current: Option<usize>,
}

impl Conversation {
    fn client_said(&mut self, bytes: &[u8]) {
        if self.current.is_some() {
            return; // More of a request.
        }
        let text = String::from_utf8_lossy(bytes);
        let mut words = text.lines().next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some(_)) = (words.next(), words.next(), words.next()) else { return };
        let mut exchanges = self.exchanges.lock();
        if exchanges.len() < EXCHANGES_MAX {
            self.current = Some(exchanges.len());
            exchanges.push(Exchange { method: method.to_owned(), target: target.to_owned(), status: None });
        }
    }

    fn registry_said(&mut self, bytes: &[u8]) {
        let Some(current) = self.current.take() else { return };
        let text = String::from_utf8_lossy(bytes);
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        self.exchanges.lock()[current].status = status;
    }
}

async fn pass(mut client: TcpStream, registry: SocketAddr, mut conversation: Conversation) -> std::io::Result<()> {
    let mut registry = TcpStream::connect(registry).await?;
    // As soon as it comes, like a wire.
    client.set_nodelay(true)?;
    registry.set_nodelay(true)?;
    let (mut up, mut down) = (vec![0; PASSED_BYTES_MAX], vec![0; PASSED_BYTES_MAX]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let bytes = &up[..read?];
                conversation.client_said(bytes);
                if bytes.is_empty() { return Ok(()) }
                registry.write_all(bytes).await?;
            }
            read = registry.read(&mut down) => {
                let bytes = &down[..read?];
                conversation.registry_said(bytes);
                if bytes.is_empty() { return Ok(()) }
                client.write_all(bytes).await?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines_are_noted() {
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let mut conversation = Conversation { exchanges: Arc::clone(&exchanges), current: None };
        conversation.client_said(b"POST /eureka/apps/A HTTP/1.1\r\nHost: x\r\n\r\n");
        conversation.client_said(b"GET /in/the/body HTTP/1.1");
        conversation.registry_said(b"HTTP/1.1 204 No Content\r\n\r\n");
        conversation.client_said(b"GET /eureka/apps/?regions=a HTTP/1.1\r\n\r\n");
        conversation.registry_said(b"HTTP/1.1 200 OK\r\n\r\n");
        conversation.registry_said(b"HTTP/1.1 500 in the body");
        let noted: Vec<_> =
            exchanges.lock().iter().map(|exchange| format!("{exchange}, {}", exchange.path())).collect();
        assert_eq!(
            noted,
            ["POST /eureka/apps/A: 204, /eureka/apps/A", "GET /eureka/apps/?regions=a: 200, /eureka/apps"]
        );
    }
}
