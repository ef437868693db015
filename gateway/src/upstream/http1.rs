//! One connection of HTTP/1.1 to an instance, written and read by whoever has a request on it: no task of its own, no hand-over
//! between two, and nothing held in memory while it is idle.
//!
//! | module | what |
//! |---|---|
//! | `sending` | a request on its way, head and body |
//! | `head` | the head of an answer |
//! | `body`, `chunked` | its body |
//! | `wire` | the stream, and what was read of it |
//! | `spares` | buffers that are not in use |

mod body;
mod chunked;
mod head;
mod sending;
mod spares;
mod wire;

use std::cell::RefCell;
use std::fmt;
use std::future::{pending, poll_fn};
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::answer_head::Said;
use super::first_byte::Watch;
use super::stream::{Sent, Socket, Stream};
use super::tls::Under;
use super::upload::Upload;
use crate::limits::Limits;
pub(crate) use body::{AnswerBody, Left, ReadError};
pub(crate) use chunked::Next;
use head::HeadError;
pub(crate) use head::{Head, HeadLimits, parse};
use sending::SendError;
pub(super) use sending::Sending;
pub(crate) use spares::Spares;
use wire::Wire;

/// How long the rest of a request may still go to an instance that has answered it to the end. Nobody waits for it; without it
/// the caller's connection, on which it comes, would have to be closed at once, and with it the answer might be lost.
const REST_MAX: Duration = Duration::from_secs(30);

/// Open, and used by one request at a time.
pub(crate) struct Http1 {
    pub(super) watch: Rc<Watch>,
    wire: Rc<RefCell<Wire>>,
    spares: Rc<Spares>,
    limits: HeadLimits,
    address: SocketAddr,
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
    /// Tells who sends the rest of a request, by its end, that nobody waits for the answer any more.
    rest: Option<oneshot::Sender<()>>,
}

/// Why a request got no answer.
#[derive(Debug)]
pub(super) enum Why {
    Answer(HeadError),
    Request(SendError),
}

impl Http1 {
    pub(super) fn plain(stream: TcpStream, address: SocketAddr, limits: &Limits, spares: &Rc<Spares>) -> Box<Self> {
        let watch = Rc::<Watch>::default();
        Self::over((Stream::plain(stream, &watch), None), watch, address, (limits, spares))
    }

    pub(super) fn tls(
        (stream, under): (TlsStream<Socket>, Under),
        sent: &Sent,
        address: SocketAddr,
        limits: &Limits,
        spares: &Rc<Spares>,
    ) -> Box<Self> {
        let watch = Rc::<Watch>::default();
        Self::over((Stream::tls(stream, sent, &watch), Some(under)), watch, address, (limits, spares))
    }

    fn over(
        (stream, under): (Stream, Option<Under>),
        watch: Rc<Watch>,
        address: SocketAddr,
        (limits, spares): (&Limits, &Rc<Spares>),
    ) -> Box<Self> {
        Box::new(Self {
            watch,
            wire: Rc::new(RefCell::new(Wire::new(stream, Rc::clone(spares)))),
            spares: Rc::clone(spares),
            limits: HeadLimits { bytes_max: limits.header_bytes_max, headers_max: limits.headers_max },
            address,
            under,
            endpoint: 0,
            is_reused: false,
            idle_ms_max: i64::MAX,
            is_spent: false,
            rest: None,
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
    pub(super) fn take_stream(&mut self) -> Option<(Bytes, Stream)> {
        self.wire.borrow_mut().take_stream().map(|(unread, stream)| (unread.freeze(), stream))
    }

    /// Whether it carries no further request: it is known to be closed, or what it was opened with is replaced. Else who is given is
    /// told when more is known.
    pub(super) fn has_ended(&self, told: &Waker) -> bool {
        self.is_spent
            || !self.watch.is_quiet()
            || self.under.as_ref().is_some_and(Under::is_replaced)
            || self.wire.borrow_mut().is_over(told)
    }

    /// Begins a request. `Err`: the connection had ended before, and this is its body, untouched.
    pub(super) fn begin(&self, head: &Parts, body: Upload) -> Result<Sending, Upload> {
        if !self.is_reused && self.wire.borrow_mut().is_over(Waker::noop()) {
            return Err(body);
        }
        self.wire.borrow_mut().begin();
        Ok(Sending::new(head, body, self.spares.take()))
    }

    /// Sends it, and waits for the head of its answer, which may come before all of it has left.
    pub(super) async fn answer(&self, sending: &mut Sending) -> Result<Head, Why> {
        let (mut headers, mut write_error) = (self.spares.take_headers(), None);
        poll_fn(|cx| {
            let mut wire = self.wire.borrow_mut();
            if !sending.is_over()
                && let Poll::Ready(sent) = wire.poll_send(cx, sending)
            {
                self.spares.give(sending.take_buffer());
                match sent {
                    Ok(()) => wire.sent(),
                    // Perhaps it says why it takes no more.
                    Err(SendError::Write(error)) => write_error = Some(error),
                    Err(error) => return Poll::Ready(Err(Why::Request(error))),
                }
            }
            wire.poll_head(cx, &mut headers, self.limits).map_err(|error| match (error, write_error.take()) {
                (HeadError::Closed | HeadError::Io(_), Some(error)) => Why::Request(SendError::Write(error)),
                (error, _) => Why::Answer(error),
            })
        })
        .await
    }

    /// The answer is passed on: what is left of the request goes on by itself, and the memory of its headers is there for others'.
    pub(super) fn goes_on(&mut self, mut sending: Sending, headers: HeaderMap) {
        self.spares.give_headers(headers);
        if !sending.is_over() {
            sending.let_go();
            self.send_on(sending);
        }
    }

    fn send_on(&mut self, mut sending: Sending) {
        let (held, dropped) = oneshot::channel();
        self.rest = Some(held);
        let wire = Rc::clone(&self.wire);
        tokio::task::spawn_local(async move {
            let sent = poll_fn(|cx| wire.borrow_mut().poll_send(cx, &mut sending));
            let nobody_waits = async {
                // Nothing is ever sent: it ends with who holds the other end.
                let _: Result<(), _> = dropped.await;
                if wire.borrow().is_answered() {
                    // Real time: it is waited for a socket.
                    let _: Result<(), _> = timeout(REST_MAX, pending()).await;
                }
            };
            tokio::select! {
                sent = sent => match sent {
                    Ok(()) => wire.borrow_mut().sent(),
                    // The answer may be whole; no other request goes this way.
                    Err(SendError::Write(error)) => log::debug!("an instance took no more of a request: {error}"),
                    Err(SendError::Body(_) | SendError::Length) => wire.borrow_mut().breaks(),
                },
                () = nobody_waits => {}
            }
        });
    }

    /// The body of an answer to a request of this method.
    pub(super) fn body(&self, method: &Method, status: StatusCode, said: Said) -> AnswerBody {
        let left = Left::behind(method, status, said, self.limits);
        let is_last = self.is_spent || matches!(left, Left::UntilClosed);
        AnswerBody::new(&self.wire, left, is_last)
    }
}

/// Nobody waits any more for the answer that it carries: its stream may live a moment longer.
impl Drop for Http1 {
    fn drop(&mut self) {
        self.request_ended();
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(error) => write!(f, "{error}"),
            Self::Request(SendError::Write(error)) => write!(f, "connection broke while the request was sent: {error}"),
            Self::Request(SendError::Body(error)) => write!(f, "{error}"),
            Self::Request(SendError::Length) => f.write_str("the request's body has another length than its head says"),
        }
    }
}
