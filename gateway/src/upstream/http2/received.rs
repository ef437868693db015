//! An instance's body over HTTP/2. The instance may send more once what has come is taken.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, RecvStream};
use http::{HeaderMap, header};
use hyper::body::{Body, Frame, SizeHint};

use crate::upstream::upload::Progress;

/// See the module.
pub(crate) struct Received {
    stream: RecvStream,
    length: Option<u64>,
    /// Of the request's body.
    upload: Option<Rc<Progress>>,
    data_ended: bool,
    ended: bool,
}

impl Received {
    /// Behind such a head.
    pub(crate) fn new(stream: RecvStream, headers: &HeaderMap, upload: Option<Rc<Progress>>) -> Self {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        Self { stream, length, upload, data_ended: false, ended: false }
    }

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, h2::Error>>> {
        match ready!(self.stream.poll_data(cx)) {
            Some(Ok(bytes)) => {
                // Only of a stream that has ended meanwhile it is refused, and then it does not matter.
                let _ = self.stream.flow_control().release_capacity(bytes.len());
                self.length = self.length.map(|length| length.saturating_sub(bytes.len() as u64));
                Poll::Ready(Some(Ok(bytes)))
            }
            // The answer was whole, and the instance wants no more of the request.
            Some(Err(error)) if error.reason() == Some(Reason::NO_ERROR) && self.is_early() => Poll::Ready(None),
            other => Poll::Ready(other),
        }
    }

    /// Whether the request's body has not ended.
    fn is_early(&self) -> bool {
        self.upload.as_ref().is_some_and(|upload| !upload.has_ended()) && self.length.is_none_or(|left| left == 0)
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        while !self.data_ended {
            match ready!(self.poll_data(cx)) {
                Some(Ok(bytes)) if bytes.is_empty() && !self.stream.is_end_stream() => {}
                Some(outcome) => return Poll::Ready(Some(outcome.map(Frame::data))),
                None => self.data_ended = true,
            }
        }
        if self.ended {
            return Poll::Ready(None);
        }
        let trailers = ready!(self.stream.poll_trailers(cx));
        self.ended = true;
        match trailers {
            Ok(trailers) => Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers)))),
            Err(error) if error.reason() == Some(Reason::NO_ERROR) && self.is_early() => Poll::Ready(None),
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.stream.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.length {
            _ if self.is_end_stream() => SizeHint::with_exact(0),
            Some(length) => SizeHint::with_exact(length),
            None => SizeHint::default(),
        }
    }
}
