//! A caller's body on its way to an instance, and where it stands.

mod kept;

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use crate::framing::Fault;
use crate::framing::verdicts::Verdicts;
use crate::limits::Limits;
use crate::trailers;
use kept::Kept;

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

/// How a caller is too slow with its body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slow {
    /// It has paused for too long.
    Pause,
    /// It has paused for too long in all, for what has come.
    Rate,
    /// It has paused for longer than the request's route allows.
    Idle,
}

/// Where a body stands. Real time: it is compared with the time-out of a socket operation.
#[derive(Debug)]
pub(crate) struct Progress {
    bytes: Cell<u64>,
    moved: Cell<Instant>,
    ended: Cell<bool>,
    failure: Cell<Option<Failure>>,
    /// Since when it is the caller who must send more, and how long that was so before.
    waits_since: Cell<Option<Instant>>,
    waited: Cell<Duration>,
}

impl Upload {
    /// The body of a request as it came, of so many bytes at most (0: any number), and what a second reading finds of it.
    pub(crate) fn new(body: Incoming, bytes_max: u64, verdicts: Option<Rc<Verdicts>>) -> Self {
        let left = (bytes_max > 0).then_some(bytes_max);
        let streamed =
            |body| Streamed { body, left, verdicts, progress: Rc::new(Progress::new()), kept: Kept::default() };
        Self((!body.is_end_stream()).then(|| streamed(body)))
    }

    /// No body.
    pub(crate) const fn none() -> Self {
        Self(None)
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
        let Some(streamed) = &mut self.0 else { return true };
        let is_whole = streamed.progress.failure().is_none() && streamed.kept.rewind();
        if is_whole {
            streamed.progress.ended.set(false);
            streamed.progress.moved.set(Instant::now());
        }
        is_whole
    }

    /// Where it stands; `None` when there is no body.
    pub(crate) fn progress(&self) -> Option<Rc<Progress>> {
        self.0.as_ref().map(|streamed| Rc::clone(&streamed.progress))
    }
}

impl Progress {
    fn new() -> Self {
        Self {
            bytes: Cell::new(0),
            moved: Cell::new(Instant::now()),
            ended: Cell::new(false),
            failure: Cell::new(None),
            waits_since: Cell::new(None),
            waited: Cell::new(Duration::ZERO),
        }
    }

    /// When it last moved on.
    pub(crate) fn moved(&self) -> Instant {
        self.moved.get()
    }

    /// Bytes that have been handed over.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    /// Whether all of it has been handed over.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.get()
    }

    /// Why it will not go on.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.failure.get()
    }

    /// Whether it is the caller who must send more.
    pub(crate) fn is_awaited(&self) -> bool {
        self.waits_since.get().is_some()
    }

    /// Until when the caller is waited for, and by which limit; `None`: it is not the caller who must send more.
    pub(crate) fn caller_deadline(&self, limits: &Limits) -> Option<(Instant, Slow)> {
        let since = self.waits_since.get()?;
        let in_all = limits.body_wait_max(self.bytes.get()).map(|in_all| in_all.saturating_sub(self.waited.get()));
        let pause = limits.body_pause_max();
        match in_all.filter(|in_all| *in_all < pause) {
            Some(in_all) => Some((since + in_all, Slow::Rate)),
            None => Some((since + pause, Slow::Pause)),
        }
    }

    fn waits(&self) {
        if self.waits_since.get().is_none() {
            self.waits_since.set(Some(Instant::now()));
        }
    }

    fn goes_on(&self, bytes: usize) {
        let now = Instant::now();
        if let Some(since) = self.waits_since.take() {
            self.waited.set(self.waited.get().saturating_add(now - since));
        }
        self.bytes.set(self.bytes.get().saturating_add(bytes as u64));
        self.moved.set(now);
    }
}

impl Streamed {
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
}

impl Streamed {
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
        let Some(streamed) = &mut self.0 else { return Poll::Ready(None) };
        let frame = streamed.poll(cx);
        let progress = &streamed.progress;
        match &frame {
            Poll::Pending => progress.waits(),
            Poll::Ready(Some(Err(error))) => progress.failure.set(Some(error.failure())),
            Poll::Ready(None) => {
                // Of chunks the end is known only now: the caller has sent all, and is not waited for any more.
                progress.goes_on(0);
                progress.ended.set(true);
            }
            Poll::Ready(Some(Ok(_))) => progress.ended.set(streamed.is_end_stream()),
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Streamed::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), Streamed::size_hint)
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
