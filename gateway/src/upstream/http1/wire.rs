//! The stream of a connection and what was read of it, for who sends and who reads.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::BytesMut;
use http::HeaderMap;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio_util::io::poll_read_buf;

use super::head::{Head, HeadError, HeadLimits, parse};
use super::sending::{SendError, Sending};
use super::spares::{ROOM, Spares};
use crate::upstream::stream::Stream;

/// Room for the first bytes of an answer at most. At least it is [`ROOM`], between the two as much as the answer before took.
const FIRST_READ_MAX: usize = 32 * 1024;
/// Room for one read at most.
const READ_MAX: usize = 64 * 1024;

/// See the module.
pub(super) struct Wire {
    /// `None`: another protocol has it.
    stream: Option<Stream>,
    spares: Rc<Spares>,
    /// What was read, and belongs to nobody yet.
    pub(super) unread: BytesMut,
    /// Room for the next read.
    read_bytes: usize,
    /// Bytes of this answer, and of those of it that are not the last (1xx).
    message_bytes: usize,
    interim_bytes: usize,
    stage: Stage,
    /// Part of the request is still on its way.
    is_sending: bool,
    /// The request's body broke off behind the head of the answer.
    has_broken: bool,
    /// Who is told of that.
    reader: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// No request is on it.
    Idle,
    /// One is.
    Busy,
    /// There will be no further one.
    Over,
}

impl Wire {
    pub(super) fn new(stream: Stream, spares: Rc<Spares>) -> Self {
        Self {
            stream: Some(stream),
            spares,
            unread: BytesMut::new(),
            read_bytes: ROOM,
            message_bytes: 0,
            interim_bytes: 0,
            stage: Stage::Idle,
            is_sending: false,
            has_broken: false,
            reader: None,
        }
    }

    /// A request begins.
    pub(super) fn begin(&mut self) {
        self.stage = Stage::Busy;
        self.is_sending = true;
        self.message_bytes = 0;
        self.interim_bytes = 0;
    }

    /// All of the request has left.
    pub(super) fn sent(&mut self) {
        self.is_sending = false;
    }

    /// The request's body broke off: what comes of the answer is no answer to it.
    pub(super) fn breaks(&mut self) {
        self.has_broken = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Whether it did; else who reads is told of it.
    pub(super) fn has_broken(&mut self, cx: &Context<'_>) -> bool {
        if self.is_sending && !self.has_broken {
            self.reader = Some(cx.waker().clone());
        }
        self.has_broken
    }

    /// The answer has ended; whether another one may follow it.
    pub(super) fn answer_ended(&mut self, is_last: bool) {
        // Bytes that belong to no request make a further one's answer doubtful.
        self.stage = if is_last || !self.unread.is_empty() { Stage::Over } else { Stage::Idle };
        self.reader = None;
        // What waits for a request holds no memory for its answer.
        let buffer = std::mem::take(&mut self.unread);
        if self.read_bytes == ROOM {
            self.spares.give(buffer);
        }
        self.read_bytes = self.message_bytes.next_power_of_two().clamp(ROOM, FIRST_READ_MAX);
    }

    /// Whether an answer has ended on it since the last request began.
    pub(super) fn is_answered(&self) -> bool {
        self.stage != Stage::Busy
    }

    /// Whether it carries no further request: one is on it, or the instance has closed it, or said something unasked. Else who is
    /// given is told when that changes.
    pub(super) fn is_over(&mut self, told: &Waker) -> bool {
        if self.stage != Stage::Idle || self.is_sending {
            return true;
        }
        let (mut byte, mut cx) = ([0], Context::from_waker(told));
        let read = self.stream.as_mut().map(|stream| Pin::new(stream).poll_read(&mut cx, &mut ReadBuf::new(&mut byte)));
        if !matches!(read, Some(Poll::Pending)) {
            self.stage = Stage::Over;
        }
        self.stage == Stage::Over
    }

    /// The stream, for another protocol, with what was read of that.
    pub(super) fn take_stream(&mut self) -> Option<(BytesMut, Stream)> {
        self.stage = Stage::Over;
        self.stream.take().map(|stream| (std::mem::take(&mut self.unread), stream))
    }

    /// Sends on.
    pub(super) fn poll_send(&mut self, cx: &mut Context<'_>, sending: &mut Sending) -> Poll<Result<(), SendError>> {
        match &mut self.stream {
            Some(stream) => sending.poll(cx, stream),
            None => Poll::Ready(Err(SendError::Write(io::ErrorKind::NotConnected.into()))),
        }
    }

    /// Reads on; how many bytes came, of which 0 is the end.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(Ok(0)) };
        if self.unread.capacity() == 0 && self.read_bytes == ROOM {
            self.unread = self.spares.take();
        } else if self.unread.capacity() - self.unread.len() < self.read_bytes / 2 {
            self.unread.reserve(self.read_bytes);
        }
        let room = self.unread.capacity() - self.unread.len();
        let count = ready!(poll_read_buf(Pin::new(stream), cx, &mut self.unread))?;
        self.message_bytes = self.message_bytes.saturating_add(count);
        if count == room {
            self.read_bytes = (self.read_bytes * 2).min(READ_MAX);
        }
        Poll::Ready(Ok(count))
    }

    /// The head of an answer, behind those that are not the last (1xx).
    pub(super) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        headers: &mut HeaderMap,
        limits: HeadLimits,
    ) -> Poll<Result<Head, HeadError>> {
        loop {
            while !self.unread.is_empty()
                && let Some(head) = parse(&mut self.unread, headers, limits)?
            {
                if !head.is_interim() {
                    return Poll::Ready(Ok(head));
                }
                // Any number of them may come, and each costs us its reading.
                self.interim_bytes += head.bytes;
                if self.interim_bytes > limits.bytes_max {
                    return Poll::Ready(Err(HeadError::Interim(limits.bytes_max)));
                }
            }
            if ready!(self.poll_fill(cx))? == 0 {
                return Poll::Ready(Err(HeadError::Closed));
            }
        }
    }
}
