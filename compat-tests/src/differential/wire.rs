//! One kept connection to one server, and the bytes as they come: nothing is added, unpacked or followed.

use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Failure;
use crate::differential::request::Request;

/// Real time: how long an answer may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// 200, …
    pub status: u16,
    headers: http::HeaderMap,
    /// Unpacked, where it was gzip.
    pub body: String,
}

impl Answer {
    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Status, the headers that matter and the body, shortened.
    pub fn summary(&self) -> String {
        const SHOWN_CHARS_MAX: usize = 1_200;
        let headers: String = ["content-type", "content-encoding", "allow"]
            .iter()
            .filter_map(|name| Some(format!(" {name}: {};", self.header(name)?)))
            .collect();
        let body: String = self.body.chars().take(SHOWN_CHARS_MAX).collect();
        let more = if body.len() < self.body.len() { "…" } else { "" };
        format!("{}{headers} {body}{more}", self.status)
    }
}

/// One of the servers.
pub struct Peer {
    address: SocketAddr,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Peer {
    /// The server at an address; it is connected to when it is asked.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, connection: None }
    }

    /// Sends a request and gives the whole answer.
    ///
    /// # Errors
    /// When there is none within half a minute, or it cannot be unpacked.
    pub async fn ask(&mut self, request: &Request) -> Result<Answer, Failure> {
        let failed =
            |why: String| Failure::new(format!("{} {} at {}: {why}", request.method, request.path, self.address));
        let whole = timeout(ANSWERED_WITHIN, exchange(&mut self.connection, self.address, request)).await;
        whole.map_err(|_| failed("no answer".to_owned()))?.map_err(|failure| failed(failure.to_string()))
    }
}

async fn exchange(
    kept: &mut Option<SendRequest<Full<Bytes>>>,
    address: SocketAddr,
    request: &Request,
) -> Result<Answer, Failure> {
    // A kept connection may have been closed by the server meanwhile; then a new one is made.
    let held = match kept.take() {
        Some(mut held) => held.ready().await.is_ok().then_some(held),
        None => None,
    };
    let mut connection = match held {
        Some(held) => held,
        None => connect(address).await?,
    };
    let mut message = http::Request::builder().method(request.method).uri(&request.path);
    message = message.header("host", address.to_string());
    for (name, value) in &request.headers {
        message = message.header(*name, value);
    }
    let message = message
        .body(Full::new(Bytes::from(request.body.clone())))
        .map_err(|error| Failure::new(format!("cannot be sent: {error}")))?;
    let answer = connection.send_request(message).await.map_err(|error| Failure::new(error.to_string()))?;
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(|error| Failure::new(error.to_string()))?.to_bytes();
    let is_last = head.headers.get("connection").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
    *kept = (!is_last).then_some(connection);
    let is_gzip = !body.is_empty() && head.headers.get("content-encoding").is_some_and(|value| value == "gzip");
    let body = if is_gzip { unpacked(&body)? } else { String::from_utf8_lossy(&body).into_owned() };
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (connection, driver) =
        handshake(TokioIo::new(stream)).await.map_err(|error| Failure::new(error.to_string()))?;
    // It ends with its connection; what breaks it is seen by the next request.
    tokio::spawn(async move { driver.await.ok() });
    Ok(connection)
}

/// Of one member only, as strict readers do.
fn unpacked(body: &[u8]) -> Result<String, Failure> {
    let mut decoder = GzDecoder::new(body);
    let mut text = String::new();
    decoder.read_to_string(&mut text)?;
    Failure::unless(decoder.into_inner().is_empty(), || "there are bytes after the gzip member".to_owned())?;
    Ok(text)
}
