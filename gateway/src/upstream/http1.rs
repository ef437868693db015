//! One connection of HTTP/1.1 to an instance.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use hyper::client::conn::http1::{self, Parts, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::client::TlsStream;

use super::first_byte::Watch;
use super::stream::{Sent, Socket, Stream};
use super::tls::Under;
use super::upload::Upload;
use crate::limits::Limits;

/// Open, and used by one request at a time.
pub(crate) struct Http1 {
    pub(super) sender: SendRequest<Upload>,
    pub(super) watch: Rc<Watch>,
    address: SocketAddr,
    /// What runs it; with the stream for its outcome, when HTTP has ended on it and another protocol may go on.
    run: JoinHandle<Option<Parts<TokioIo<Stream>>>>,
    /// `None`: it is no connection of TLS.
    under: Option<Under>,
    /// The number of its endpoint.
    pub(super) endpoint: u64,
    /// Whether it has carried a request before: the instance may have closed it in the same moment.
    pub(super) is_reused: bool,
    /// How long its instance keeps it when nothing is asked, as far as it has said so.
    pub(super) idle_ms_max: i64,
    /// Bytes may come that belong to no request: it carries no other one.
    pub(super) is_spent: bool,
}

impl Http1 {
    pub(super) async fn plain(stream: TcpStream, address: SocketAddr, limits: &Limits) -> io::Result<Self> {
        let watch = Rc::new(Watch::new(limits.header_bytes_max));
        Self::over((Stream::plain(stream, &watch), None), watch, address, limits).await
    }

    pub(super) async fn tls(
        (stream, under): (TlsStream<Socket>, Under),
        sent: &Sent,
        address: SocketAddr,
        limits: &Limits,
    ) -> io::Result<Self> {
        let watch = Rc::new(Watch::new(limits.header_bytes_max));
        Self::over((Stream::tls(stream, sent, &watch), Some(under)), watch, address, limits).await
    }

    async fn over(
        (stream, under): (Stream, Option<Under>),
        watch: Rc<Watch>,
        address: SocketAddr,
        limits: &Limits,
    ) -> io::Result<Self> {
        let mut builder = http1::Builder::new();
        builder.max_header_size(limits.header_bytes_max);
        if let Some(max) = limits.headers_max_of_hyper() {
            builder.max_headers(max);
        }
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
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
        Ok(Self {
            sender,
            watch,
            address,
            run,
            under,
            endpoint: 0,
            is_reused: false,
            idle_ms_max: i64::MAX,
            is_spent: false,
        })
    }

    /// Where it leads.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The answer of its request has ended.
    pub(super) fn request_ended(&self) {
        self.watch.request_ended();
    }

    /// After an answer 101: what was read beyond it, and the stream.
    pub(super) async fn take_stream(&mut self) -> Option<(Bytes, Stream)> {
        // A task that failed has no stream either: the connection is closed.
        let parts = (&mut self.run).await.ok().flatten()?;
        Some((parts.read_buf, parts.io.into_inner()))
    }

    /// Whether it carries no further request: it is known to be closed, or what it was opened with is replaced.
    pub(super) fn has_ended(&self) -> bool {
        self.is_spent || self.sender.is_closed() || self.under.as_ref().is_some_and(Under::is_replaced)
    }

    /// Waits until the request before is over on our side; `false`: it cannot be used again.
    pub(super) async fn becomes_ready(&mut self) -> bool {
        self.sender.ready().await.is_ok() && self.watch.is_quiet()
    }
}

/// Nobody waits any more for the answer that it carries: its stream may live a moment longer.
impl Drop for Http1 {
    fn drop(&mut self) {
        self.request_ended();
    }
}
