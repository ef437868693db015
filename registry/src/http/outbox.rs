//! What a connection has to send that does not go through the server framework: the body of a large answer.
//!
//! The framework copies each body into a buffer of the connection. Instead a large one is put here; the framework is
//! told to wait ([`HandedOver`]), and the connection sends the body itself, right behind the answer's head. This rests on how
//! actix-http (read at 3.20) drives a connection: a body that is not ready is followed by a flush, and what it wrote before comes
//! to the connection whole and in order; `registry/tests/large_answers.rs` would see it change.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use rustix::net::SendFlags;
use tokio::net::TcpStream;

use crate::content::Content;
use crate::held_bytes::Weight;

/// Bytes that the system is handed at a time.
const SEND_BYTES_MAX: usize = 256 << 10;

/// "More" keeps the system from sending a packet of the head alone.
#[cfg(target_os = "linux")]
const HEAD_FLAGS: SendFlags = SendFlags::MORE.union(SendFlags::NOSIGNAL);
#[cfg(not(target_os = "linux"))]
const HEAD_FLAGS: SendFlags = SendFlags::empty();

/// One for each connection. A connection answers one request at a time, so there is one body at most.
#[derive(Debug, Default)]
pub(crate) struct Outbox(RefCell<State>);

#[derive(Debug, Default)]
enum State {
    #[default]
    Empty,
    Holding(Parcel),
    /// All of it is with the system, and the framework does not know yet.
    Sent,
}

#[derive(Debug)]
struct Parcel {
    /// What the framework wrote before: the end of earlier answers and the head of this one.
    head: Vec<u8>,
    head_sent: usize,
    content: Arc<Content>,
    content_sent: usize,
    waiting: Waker,
    /// Let go when all is sent.
    _held: Arc<Weight>,
}

impl Outbox {
    fn put(&self, content: Arc<Content>, held: Arc<Weight>, waiting: Waker) {
        let parcel = Parcel { head: Vec::new(), head_sent: 0, content, content_sent: 0, waiting, _held: held };
        *self.0.borrow_mut() = State::Holding(parcel);
    }

    /// Takes what goes before the body. `false`: there is no body, or it is on its way already.
    pub(super) fn take_head(&self, bytes: &[u8]) -> bool {
        match &mut *self.0.borrow_mut() {
            State::Holding(parcel) if parcel.head_sent == 0 && parcel.content_sent == 0 => {
                parcel.head.extend_from_slice(bytes);
                true
            }
            _ => false,
        }
    }

    /// Whether there is anything to send.
    pub(super) fn is_holding(&self) -> bool {
        matches!(*self.0.borrow(), State::Holding(_))
    }

    /// Hands more to the system, how much it says. An error [`io::ErrorKind::WouldBlock`] is the system's "not now".
    pub(super) fn send(&self, stream: &TcpStream) -> io::Result<usize> {
        let mut state = self.0.borrow_mut();
        let State::Holding(parcel) = &mut *state else {
            return Ok(0);
        };
        let sent = parcel.send(stream)?;
        if parcel.is_sent() {
            parcel.waiting.wake_by_ref();
            *state = State::Sent;
        }
        Ok(sent)
    }

    /// Whether the body is sent; if it is not, `waiting` is woken when it is.
    fn poll_sent(&self, waiting: &Waker) -> Poll<()> {
        let mut state = self.0.borrow_mut();
        match &mut *state {
            State::Holding(parcel) => {
                parcel.waiting.clone_from(waiting);
                Poll::Pending
            }
            State::Sent | State::Empty => {
                *state = State::Empty;
                Poll::Ready(())
            }
        }
    }
}

impl Parcel {
    fn is_sent(&self) -> bool {
        self.head_sent == self.head.len() && self.content_sent == self.content.len()
    }

    fn send(&mut self, stream: &TcpStream) -> io::Result<usize> {
        let end = self.content.len().min(self.content_sent + SEND_BYTES_MAX);
        let head = &self.head[self.head_sent..];
        let Some(file) = self.content.file() else {
            let body = &self.content.bytes()[self.content_sent..end];
            let sent = rustix::io::writev(stream, &[IoSlice::new(head), IoSlice::new(body)])?;
            let of_head = sent.min(head.len());
            self.head_sent += of_head;
            self.content_sent += sent - of_head;
            return written(sent);
        };
        if !head.is_empty() {
            self.head_sent += written(rustix::net::send(stream, head, HEAD_FLAGS)?)?;
            if self.head_sent < self.head.len() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
        }
        let sent = written(file.send(stream, self.content_sent as u64, end - self.content_sent)?)?;
        self.content_sent += sent;
        Ok(sent)
    }
}

fn written(bytes: usize) -> io::Result<usize> {
    if bytes == 0 { Err(io::ErrorKind::WriteZero.into()) } else { Ok(bytes) }
}

/// The framework's view of a body that the connection sends: it comes to nothing, but not before all is sent.
pub(super) struct HandedOver {
    outbox: Rc<Outbox>,
    content: Option<(Arc<Content>, Arc<Weight>)>,
}

impl HandedOver {
    pub(super) fn new(outbox: Rc<Outbox>, content: Arc<Content>, held: Arc<Weight>) -> Self {
        Self { outbox, content: Some((content, held)) }
    }
}

impl MessageBody for HandedOver {
    type Error = Infallible;

    /// The answer's head says the length: the framework would count what goes through its own hands.
    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if let Some((content, held)) = self.content.take() {
            self.outbox.put(content, held, cx.waker().clone());
            return Poll::Pending;
        }
        self.outbox.poll_sent(cx.waker()).map(|()| None)
    }
}
