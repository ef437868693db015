//! One HTTP/1.1 connection to an instance.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::client::conn::http1::{self, Parts, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::first_byte::Watch;
use super::upload::Upload;
use crate::endpoint::Endpoint;
use crate::error::{ErrorKind, RequestError};
use crate::limits::Limits;
use crate::observed_stream::ObservedStream;
use crate::worker::Worker;

/// The stream below one.
pub(crate) type Stream = ObservedStream<Watch>;

/// Open, and used by one request at a time.
pub(crate) struct Connection {
    pub(super) sender: SendRequest<Upload>,
    pub(super) watch: Rc<Watch>,
    address: SocketAddr,
    /// What runs it; with the stream for its outcome, when HTTP has ended on it and another protocol may go on.
    run: JoinHandle<Option<Parts<TokioIo<Stream>>>>,
    /// Whether it has carried a request before: the instance may have closed it in the same moment.
    pub(super) is_reused: bool,
    /// Bytes may come that belong to no request: it carries no other one.
    pub(super) is_spent: bool,
}

impl Connection {
    /// Where it leads.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The answer of its request has ended.
    pub(crate) fn request_ended(&self) {
        self.watch.request_ended();
    }

    /// After an answer 101: what was read beyond it, and the stream.
    pub(crate) async fn take_stream(&mut self) -> Option<(Bytes, Stream)> {
        // A task that failed has no stream either: the connection is closed.
        let parts = (&mut self.run).await.ok().flatten()?;
        Some((parts.read_buf, parts.io.into_inner()))
    }

    /// Whether it is known to be closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_spent || self.sender.is_closed()
    }

    /// Waits until the request before is over on our side; `false`: it cannot be used again.
    async fn becomes_ready(&mut self) -> bool {
        self.sender.ready().await.is_ok() && self.watch.is_quiet()
    }
}

/// Nobody waits any more for the answer that it carries: its stream may live a moment longer.
impl Drop for Connection {
    fn drop(&mut self) {
        self.request_ended();
    }
}

/// A connection to the endpoint: the one that became idle last, or a new one.
pub(crate) async fn connection(worker: &Worker, endpoint: &Arc<Endpoint>) -> Result<Connection, RequestError> {
    let address = endpoint.address();
    while let Some(mut connection) = worker.pool.take(address, worker.clock.now_ms()) {
        if connection.becomes_ready().await {
            connection.is_reused = true;
            accepted(endpoint);
            return Ok(connection);
        }
    }
    let limit = Duration::from_millis(worker.config.connect_timeout_ms);
    let mut is_refused = false;
    let (kind, why) = match timeout(limit, open(address, &worker.config.limits)).await {
        Ok(Ok(connection)) => {
            accepted(endpoint);
            return Ok(connection);
        }
        Ok(Err(error)) => {
            is_refused = error.kind() == io::ErrorKind::ConnectionRefused;
            (ErrorKind::ConnectFailed, error.to_string())
        }
        Err(_) => (ErrorKind::ConnectTimeout, format!("no connection after {} ms", limit.as_millis())),
    };
    pass_over(worker, endpoint, &why, is_refused);
    Err(RequestError {
        kind,
        retry_is_safe: true,
        message: why,
        service: Some(endpoint.application().to_owned()),
        instance: Some(endpoint.to_string()),
    })
}

async fn open(address: SocketAddr, limits: &Limits) -> io::Result<Connection> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let watch = Rc::new(Watch::new(limits.header_bytes_max));
    let stream = ObservedStream::new(stream, Rc::clone(&watch));
    let (sender, connection) = http1::Builder::new()
        .max_headers(limits.headers_max)
        .max_header_size(limits.header_bytes_max)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let seen = Rc::clone(&watch);
    let run = tokio::task::spawn_local(async move {
        // Unlike a shutdown, which nobody needs before a close, this leaves the stream to an upgrade.
        match connection.without_shutdown().await {
            // Kept only where somebody may want it: else the outcome would hold open what is closed.
            Ok(parts) => seen.may_switch().then_some(parts),
            // A request on it is told by its sender; an idle connection that breaks harms nobody.
            Err(error) => {
                log::debug!("connection to {address} ended: {error}");
                None
            }
        }
    });
    Ok(Connection { sender, watch, address, run, is_reused: false, is_spent: false })
}

fn accepted(endpoint: &Endpoint) {
    if endpoint.set_connected() {
        log::info!("{endpoint}: accepts connections again");
    }
}

/// Said once, however many requests meet it and however often it is tried again.
fn pass_over(worker: &Worker, endpoint: &Arc<Endpoint>, why: &str, is_refused: bool) {
    let (now_ms, pause_ms) = (worker.clock.now_ms(), worker.config.refused_pause_ms);
    if !endpoint.has_refused() {
        log::warn!(
            "{endpoint}: {why}; others are preferred, and one request tries it again every {pause_ms} ms. \
             Is the instance gone?"
        );
    }
    endpoint.set_refused_until(now_ms.saturating_add(pause_ms));
    if is_refused && let Some(refusals) = endpoint.refused_in_new_pause(now_ms, pause_ms) {
        worker.refusals.note(endpoint, refusals);
    }
}
