//! A caller's body on its way to an instance, and where it stands.

mod kept;
mod progress;

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use crate::framing::Fault;
use crate::framing::verdicts::Verdicts;
use crate::trailers;
use kept::Kept;
pub(crate) use progress::{Progress, Slow};

/// The body of a request to an instance. `None`: the request has none.
#[derive(Debug)]
pub(crate) struct Upload(Option<Streamed>);

#[derive(Debug)]
struct Streamed {
    body: Incoming,
    /// Bytes that may still come; `None`: any number.
    left: Option<u64>,
    verdicts: Option<Rc<Verdicts>>,
    progress: Rc<Progress>,
    kept: Kept,
}

/// Why a body is not passed on to its end.
#[derive(Debug)]
pub(crate) enum UploadError {
    /// It broke off, or is no body to hyper either.
    Broke(hyper::Error),
    /// It can be read in two ways.
    Malformed(Fault),
    /// It is longer than allowed.
    TooLong,
}

/// The same, for the request that fails with it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    Broke,
    Malformed(Fault),
    TooLong,
}

impl Upload {
    /// The body of a request as it came, of so many bytes at most (0: any number), and what a second reading finds of it.
    pub(crate) fn new(body: Incoming, bytes_max: u64, verdicts: Option<Rc<Verdicts>>) -> Self {
        let left = (bytes_max > 0).then_some(bytes_max);
        let streamed =
            |body| Streamed { body, left, verdicts, progress: Rc::new(Progress::new()), kept: Kept::default() };
        Self((!body.is_end_stream()).then(|| streamed(body)))
    }

    /// Keeps what is taken of it, up to so many bytes: it may have to be sent again.
    pub(super) fn keep(&mut self, bytes_max: usize) {
        if let Some(streamed) = &mut self.0 {
            streamed.kept.begin(bytes_max);
        }
    }

    /// It will not have to be sent again.
    pub(super) fn let_go(&mut self) {
        if let Some(streamed) = &mut self.0 {
            streamed.kept.let_go();
        }
    }

    /// Begins anew, if all of what was taken is still there.
    pub(super) fn rewind(&mut self) -> bool {
        self.0.as_mut().is_none_or(Streamed::rewind)
    }

    /// Where it stands; `None` when there is no body.
    pub(crate) fn progress(&self) -> Option<Rc<Progress>> {
        self.0.as_ref().map(|streamed| Rc::clone(&streamed.progress))
    }
}

impl Streamed {
    fn poll_and_note(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let frame = self.poll(cx);
        match &frame {
            Poll::Pending => self.progress.waits(),
            Poll::Ready(Some(Err(error))) => self.progress.fails(error.failure()),
            Poll::Ready(None) => {
                // Of chunks the end is known only now: the caller has sent all, and is not waited for any more.
                self.progress.goes_on(0);
                self.progress.set_ended(true);
            }
            Poll::Ready(Some(Ok(_))) => self.progress.set_ended(self.is_end_stream()),
        }
        frame
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        if let Some(part) = self.kept.next() {
            self.progress.goes_on(0);
            return Poll::Ready(Some(Ok(part)));
        }
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        // Looked at after hyper has read, and before anything of it is passed on.
        if let Some(fault) = self.verdicts.as_ref().and_then(|verdicts| verdicts.body_fault()) {
            return Poll::Ready(Some(Err(UploadError::Malformed(fault))));
        }
        let Poll::Ready(Some(Ok(frame))) = frame else { return frame.map_err(UploadError::Broke) };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        self.progress.goes_on(bytes);
        if let Some(left) = &mut self.left {
            match left.checked_sub(bytes as u64) {
                Some(rest) => *left = rest,
                None => return Poll::Ready(Some(Err(UploadError::TooLong))),
            }
        }
        Poll::Ready(Some(Ok(self.kept.keep(trailers::pass(frame)))))
    }

    fn rewind(&mut self) -> bool {
        let is_whole = self.progress.failure().is_none() && self.kept.rewind();
        if is_whole {
            self.progress.rewound();
        }
        is_whole
    }

    fn is_end_stream(&self) -> bool {
        self.kept.is_over() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let again = self.kept.bytes_to_send();
        if again > 0 {
            // Upper first: it is never below the lower one.
            if let Some(upper) = hint.upper() {
                hint.set_upper(upper + again);
            }
            hint.set_lower(hint.lower() + again);
        }
        hint
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        match &mut self.0 {
            Some(streamed) => streamed.poll_and_note(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Streamed::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or(SizeHint::with_exact(0), Streamed::size_hint)
    }
}

impl UploadError {
    fn failure(&self) -> Failure {
        match self {
            Self::Broke(_) => Failure::Broke,
            Self::Malformed(fault) => Failure::Malformed(*fault),
            Self::TooLong => Failure::TooLong,
        }
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broke(error) => write!(f, "{error}"),
            Self::Malformed(fault) => write!(f, "{fault}"),
            Self::TooLong => f.write_str("the body is longer than allowed"),
        }
    }
}

impl std::error::Error for UploadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Broke(error) => error.source(),
            Self::Malformed(fault) => Some(fault),
            Self::TooLong => None,
        }
    }
}
