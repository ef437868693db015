//! An instance's body, however it comes.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::http1::{AnswerBody, ReadError};
use super::http2::received::Received;

/// See the module.
pub(crate) enum InstanceBody {
    Http1(AnswerBody),
    Http2(Received),
}

/// Why it broke off.
#[derive(Debug)]
pub(crate) enum BodyError {
    Http1(ReadError),
    /// A caller of HTTP/2 is told its reason.
    Http2(h2::Error),
    /// It was reset as if all were well, which says nothing of a body in its middle.
    Unended,
}

impl Body for InstanceBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Http1(body) => Pin::new(body).poll_frame(cx).map_err(BodyError::Http1),
            Self::Http2(body) => Pin::new(body).poll_frame(cx).map_err(BodyError::of),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Http1(body) => body.is_end_stream(),
            Self::Http2(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Http1(body) => body.size_hint(),
            Self::Http2(body) => body.size_hint(),
        }
    }
}

impl BodyError {
    fn of(error: h2::Error) -> Self {
        if error.reason() == Some(h2::Reason::NO_ERROR) { Self::Unended } else { Self::Http2(error) }
    }

    /// Whether the instance has said why, in a way that can be passed on.
    pub(crate) fn is_reset(&self) -> bool {
        matches!(self, Self::Http2(error) if error.is_reset())
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http1(error) => write!(f, "{error}"),
            Self::Http2(error) => write!(f, "{error}"),
            Self::Unended => f.write_str("it was reset in its middle, without an error"),
        }
    }
}

impl std::error::Error for BodyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Http1(error) => Some(error),
            // What resets a stream with a reason looks for it here. Of a connection that ended there is none to pass on.
            Self::Http2(error) => error.is_reset().then_some(error as _),
            Self::Unended => None,
        }
    }
}
