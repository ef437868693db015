//! A caller's body on its way to an instance, and where it stands.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Instant;

/// The body of a request to an instance. `None`: the request has none.
#[derive(Debug)]
pub(crate) struct Upload(Option<Streamed>);

#[derive(Debug)]
struct Streamed {
    body: Incoming,
    progress: Rc<Progress>,
}

/// Where a body stands. Real time: it is compared with the time-out of a socket operation.
#[derive(Debug)]
pub(crate) struct Progress {
    moved: Cell<Instant>,
    ended: Cell<bool>,
    failed: Cell<bool>,
    waits_for_caller: Cell<bool>,
}

impl Upload {
    /// The body of a request as it came.
    pub(crate) fn new(body: Incoming) -> Self {
        Self((!body.is_end_stream()).then(|| Streamed {
            body,
            progress: Rc::new(Progress {
                moved: Cell::new(Instant::now()),
                ended: Cell::new(false),
                failed: Cell::new(false),
                waits_for_caller: Cell::new(false),
            }),
        }))
    }

    /// No body.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Where it stands; `None` when there is no body.
    pub(crate) fn progress(&self) -> Option<Rc<Progress>> {
        self.0.as_ref().map(|streamed| Rc::clone(&streamed.progress))
    }
}

impl Progress {
    /// When it last moved on.
    pub(crate) fn moved(&self) -> Instant {
        self.moved.get()
    }

    /// Whether all of it has been handed over.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.get()
    }

    /// Whether it broke off on the caller's side.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.get()
    }

    /// Whether it is the caller who must send more.
    pub(crate) fn waits_for_caller(&self) -> bool {
        self.waits_for_caller.get()
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(Streamed { body, progress }) = &mut self.0 else { return Poll::Ready(None) };
        let frame = Pin::new(&mut *body).poll_frame(cx);
        progress.waits_for_caller.set(frame.is_pending());
        match &frame {
            Poll::Pending => return frame,
            Poll::Ready(Some(Err(_))) => progress.failed.set(true),
            Poll::Ready(_) => progress.ended.set(body.is_end_stream() || matches!(frame, Poll::Ready(None))),
        }
        progress.moved.set(Instant::now());
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|streamed| streamed.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), |streamed| streamed.body.size_hint())
    }
}
