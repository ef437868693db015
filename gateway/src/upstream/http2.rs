//! A connection of HTTP/2 to an instance, which many requests share, and a request's place on it.
//!
//! | module | what |
//! |---|---|
//! | `starts` | which requests have begun: leave to begin is given back with a request's first byte, as everywhere |
//! | `frame_stream` | the connection's bytes, in which the first of each request are found |
//! | `pump` | a caller's body on its way, as fast as the instance lets it |
//! | `received` | an instance's body, as fast as the caller takes it |

mod frame_stream;
mod pump;
pub(crate) mod received;
mod starts;

use std::cell::{Cell, OnceCell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use h2::client::{Builder, Connection, ResponseFuture, SendRequest};
use h2::{Ping, PingPong};
use http::Request;
use hyper::body::Body as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::dial::Dialer;
use super::stream::Sent;
use super::tls::Under;
use super::upload::Upload;
use crate::config::InstancesHttp2;
use crate::endpoint::StartTicket;
use crate::tally::Tally;
use frame_stream::FrameStream;
use pump::{Pump, Taken};
use starts::{Start, Starts};

/// Open. Closed when nobody holds it, and its requests have ended.
pub(crate) struct Link {
    sender: SendRequest<Bytes>,
    address: SocketAddr,
    starts: Rc<Starts>,
    /// `None`: it is no connection of TLS.
    under: Option<Under>,
    streams_max: usize,
    in_use: Cell<usize>,
    /// Since when a look has found no request; see [`is_overdue`](Self::is_overdue).
    idle_since_ms: Cell<Option<i64>>,
    /// Whether it has carried a request: the instance may have closed it since.
    has_carried: Cell<bool>,
    /// Told when a place becomes free.
    freed: OnceCell<Rc<Notify>>,
    tally: Arc<Tally>,
}

/// What is found on a link.
pub(super) enum Entry {
    Place(Place),
    /// It carries as many requests as it may.
    Full,
    /// It takes no more: it is closed, its instance has said that it will be (GOAWAY), or certificates were renewed.
    Ending,
}

/// For one request.
pub(crate) struct Place {
    link: Rc<Link>,
    sender: SendRequest<Bytes>,
    start: Option<Rc<Start>>,
    pump: Option<AbortHandle>,
    is_reused: bool,
}

/// A request on its way.
pub(super) struct Exchange {
    pub(super) answer: ResponseFuture,
    /// Its body, as long as it is not known to have been taken.
    pub(super) body: Rc<RefCell<Option<Upload>>>,
}

/// A request that the connection does not take.
pub(super) struct Unbegun {
    pub(super) error: h2::Error,
    pub(super) body: Upload,
}

impl Link {
    /// Begins HTTP/2 on a stream; `secured`: what has left it below TLS, and what that was opened with.
    pub(super) async fn open<S>(
        stream: S,
        secured: Option<(Rc<Sent>, Under)>,
        address: SocketAddr,
        dialer: &Dialer,
    ) -> io::Result<Rc<Self>>
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let config = &dialer.config.instances.http2;
        let (sent, under) = secured.unzip();
        let starts = Rc::new(Starts::new(sent));
        let stream = FrameStream::new(stream, Rc::clone(&starts));
        let (sender, connection) = builder(config, dialer.config.limits.header_bytes_max)
            .handshake::<_, Bytes>(stream)
            .await
            .map_err(io::Error::other)?;
        tokio::task::spawn_local(run(connection, config.clone(), address));
        // Only then is it known how many requests it carries; a burst before would be refused.
        if !starts.settled().await {
            return Err(io::Error::other("it ended the connection, or does not speak HTTP/2"));
        }
        let link = Self {
            sender,
            address,
            starts,
            under,
            streams_max: config.streams_max as usize,
            in_use: Cell::new(0),
            idle_since_ms: Cell::new(None),
            has_carried: Cell::new(false),
            freed: OnceCell::new(),
            tally: Arc::clone(&dialer.tally),
        };
        link.tally.mine().idle_begun.count(());
        Ok(Rc::new(link))
    }

    /// Tells this when a place becomes free.
    pub(super) fn tell(&self, freed: &Rc<Notify>) {
        // Once for each connection: it is empty.
        let _ = self.freed.set(Rc::clone(freed));
    }

    /// A place for one more request.
    pub(super) fn enter(self: &Rc<Self>) -> Entry {
        if self.has_ended() {
            return Entry::Ending;
        }
        if self.in_use.get() >= self.streams_max.min(self.sender.current_max_send_streams()) {
            return Entry::Full;
        }
        let mut sender = self.sender.clone();
        if let Some(Err(_)) = std::future::poll_fn(|cx| sender.poll_ready(cx)).now_or_never() {
            return Entry::Ending;
        }
        self.count(self.in_use.get() + 1);
        self.idle_since_ms.set(None);
        let is_reused = self.has_carried.replace(true);
        Entry::Place(Place { link: Rc::clone(self), sender, start: None, pump: None, is_reused })
    }

    /// Whether it takes no further request: it is closed, or what it was opened with is replaced.
    pub(super) fn has_ended(&self) -> bool {
        self.starts.has_ended() || self.under.as_ref().is_some_and(Under::is_replaced)
    }

    /// Whether no look has found a request on it for so long.
    pub(super) fn is_overdue(&self, now_ms: i64, idle_ms: i64) -> bool {
        if self.in_use.get() > 0 {
            return false;
        }
        let since_ms = self.idle_since_ms.get().unwrap_or(now_ms);
        self.idle_since_ms.set(Some(since_ms));
        now_ms >= since_ms.saturating_add(idle_ms)
    }

    fn count(&self, in_use: usize) {
        let before = self.in_use.replace(in_use);
        match (before, in_use) {
            (0, 1..) => self.tally.mine().idle_ended.count(()),
            (1.., 0) => self.tally.mine().idle_begun.count(()),
            _ => {}
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if self.in_use.get() == 0 {
            self.tally.mine().idle_ended.count(());
        }
    }
}

impl Place {
    pub(super) fn address(&self) -> SocketAddr {
        self.link.address
    }

    /// Whether the connection has carried a request before.
    pub(super) fn is_reused(&self) -> bool {
        self.is_reused
    }

    /// Begins a request.
    pub(super) fn begin(
        &mut self,
        request: Request<()>,
        body: Upload,
        ticket: StartTicket,
    ) -> Result<Exchange, Box<Unbegun>> {
        let is_whole = body.is_end_stream();
        let (answer, stream) = match self.sender.send_request(request, is_whole) {
            Ok(begun) => begun,
            Err(error) => return Err(Box::new(Unbegun { error, body })),
        };
        self.start = Some(self.link.starts.begin(stream.stream_id().as_u32(), ticket));
        let body = Rc::new(RefCell::new(Some(body)));
        if !is_whole {
            let mut pump = Box::pin(Pump::new(stream, Taken::new(&body)));
            // Short bodies are there, and go without a task.
            if pump.as_mut().now_or_never().is_none() {
                self.pump = Some(tokio::task::spawn_local(pump).abort_handle());
            }
        }
        Ok(Exchange { answer, body })
    }

    /// The connection knows that nothing more of the request leaves; whether nothing of it has left.
    pub(super) fn is_unsent(&self) -> bool {
        self.start.as_ref().is_none_or(|start| start.withdraw())
    }

    /// The answer has ended, or nobody waits for it any more.
    pub(super) fn request_ended(&self) {
        if let Some(start) = &self.start {
            start.request_ended();
        }
    }
}

/// With it goes whatever is left of the request: a reset.
impl Drop for Place {
    fn drop(&mut self) {
        if let Some(pump) = &self.pump {
            pump.abort();
        }
        self.request_ended();
        self.link.count(self.link.in_use.get() - 1);
        if let Some(freed) = self.link.freed.get() {
            freed.notify_one();
        }
    }
}

fn builder(config: &InstancesHttp2, header_bytes_max: usize) -> Builder {
    let mut builder = Builder::new();
    // Of all streams together: a caller that takes nothing holds up no other one's answer.
    let together = config.stream_window_bytes.saturating_mul(config.streams_max).clamp(65_535, (1 << 31) - 1);
    builder
        .enable_push(false)
        .initial_max_send_streams(config.streams_max as usize)
        .initial_window_size(config.stream_window_bytes)
        .initial_connection_window_size(together)
        .max_header_list_size(u32::try_from(header_bytes_max).unwrap_or(u32::MAX));
    builder
}

async fn run<S>(mut connection: Connection<FrameStream<S>, Bytes>, config: InstancesHttp2, address: SocketAddr)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let ping_pong = connection.ping_pong().filter(|_| config.ping_interval_ms > 0);
    tokio::select! {
        // Its requests are told by their own futures.
        outcome = connection => match outcome {
            Ok(()) => log::debug!("connection of HTTP/2 to {address} ended"),
            Err(error) => log::debug!("connection of HTTP/2 to {address} ended: {error}"),
        },
        () = silence(ping_pong, &config) => log::warn!(
            "the instance at {address} does not answer a ping in {} ms: its connection of HTTP/2 is closed, with all \
             requests on it. Does it hang?",
            config.ping_timeout_ms
        ),
    }
}

/// Until the instance leaves a ping unanswered.
async fn silence(ping_pong: Option<PingPong>, config: &InstancesHttp2) {
    let Some(mut ping_pong) = ping_pong else { return std::future::pending().await };
    let (interval, limit) =
        (Duration::from_millis(config.ping_interval_ms), Duration::from_millis(config.ping_timeout_ms));
    loop {
        // Nothing ends the pause early: its time-out is the point.
        let _ = timeout(interval, std::future::pending::<()>()).await;
        match timeout(limit, ping_pong.ping(Ping::opaque())).await {
            Ok(Ok(_)) => {}
            // The connection has ended, and says so itself.
            Ok(Err(_)) => return std::future::pending().await,
            Err(_) => return,
        }
    }
}
