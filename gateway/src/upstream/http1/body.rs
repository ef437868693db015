//! An answer's body, read as it is asked for.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::{fmt, io};

use bytes::{Bytes, BytesMut};
use http::{Method, StatusCode};
use hyper::body::{Body, Frame, SizeHint};

use super::chunked::{ChunkError, Chunked, Next};
use super::head::HeadLimits;
use super::wire::Wire;
use crate::upstream::answer_head::Said;

/// See the module.
pub(crate) struct AnswerBody {
    wire: Rc<RefCell<Wire>>,
    left: Left,
    /// No other answer follows on its connection.
    is_last: bool,
}

/// What is still to come.
pub(crate) enum Left {
    Length(u64),
    Chunks(Box<Chunked>),
    /// All until the connection ends.
    UntilClosed,
    Nothing,
}

/// Why it breaks off.
#[derive(Debug)]
pub(crate) enum ReadError {
    Io(io::Error),
    /// The connection ended before it.
    Early,
    Chunks(ChunkError),
    /// The request's body broke off.
    Request,
}

impl Left {
    /// What follows a head that was judged like this.
    pub(crate) fn behind(method: &Method, status: StatusCode, said: Said, limits: HeadLimits) -> Self {
        let has_none = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        match said {
            _ if has_none || method == Method::HEAD => Self::Nothing,
            Said { is_chunked: true, .. } => Self::Chunks(Box::new(Chunked::new(limits))),
            Said { length: Some(length), .. } => Self::Length(length),
            _ => Self::UntilClosed,
        }
    }

    /// Takes it out of what was read.
    pub(crate) fn next(&mut self, unread: &mut BytesMut) -> Result<Next, ChunkError> {
        let next = match self {
            Self::Nothing | Self::Length(0) => Next::End(None),
            Self::Length(_) | Self::UntilClosed if unread.is_empty() => Next::Unread,
            Self::UntilClosed => Next::Data(unread.split().freeze()),
            Self::Length(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(unread.len());
                *left -= count as u64;
                Next::Data(unread.split_to(count).freeze())
            }
            Self::Chunks(chunked) => chunked.next(unread)?,
        };
        if matches!(next, Next::End(_)) {
            *self = Self::Nothing;
        }
        Ok(next)
    }
}

impl AnswerBody {
    pub(super) fn new(wire: &Rc<RefCell<Wire>>, left: Left, is_last: bool) -> Self {
        let mut body = Self { wire: Rc::clone(wire), left, is_last };
        if matches!(body.left, Left::Length(0) | Left::Nothing) {
            body.end();
        }
        body
    }

    fn end(&mut self) {
        self.left = Left::Nothing;
        self.wire.borrow_mut().answer_ended(self.is_last);
    }

    /// `None`: it has ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, ReadError>>> {
        let mut wire = self.wire.borrow_mut();
        if wire.has_broken(cx) {
            return Poll::Ready(Some(Err(ReadError::Request)));
        }
        loop {
            match self.left.next(&mut wire.unread) {
                Ok(Next::Data(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Ok(Next::End(trailers)) => return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers)))),
                Ok(Next::Unread) => {}
                Err(error) => return Poll::Ready(Some(Err(ReadError::Chunks(error)))),
            }
            match ready!(wire.poll_fill(cx)) {
                Ok(0) if matches!(self.left, Left::UntilClosed) => return Poll::Ready(None),
                Ok(0) => return Poll::Ready(Some(Err(ReadError::Early))),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Some(Err(ReadError::Io(error)))),
            }
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = ReadError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, ReadError>>> {
        if self.is_end_stream() {
            return Poll::Ready(None);
        }
        let frame = ready!(self.poll(cx));
        match &frame {
            None => self.end(),
            Some(Ok(_)) if matches!(self.left, Left::Length(0) | Left::Nothing) => self.end(),
            Some(Ok(_)) => {}
            // Once: nothing follows.
            Some(Err(_)) => self.left = Left::Nothing,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.left, Left::Nothing)
    }

    fn size_hint(&self) -> SizeHint {
        match self.left {
            Left::Length(left) => SizeHint::with_exact(left),
            Left::Nothing => SizeHint::with_exact(0),
            Left::Chunks(_) | Left::UntilClosed => SizeHint::default(),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "connection broke in an answer: {error}"),
            Self::Early => f.write_str("connection closed before an answer was complete"),
            Self::Chunks(error) => write!(f, "{error}"),
            Self::Request => f.write_str("the request's body broke off"),
        }
    }
}

impl std::error::Error for ReadError {}
