//! A connection's stream that tells what moves over it. What to make of that is the observer's: whether a caller's
//! connection stands still, whether the first byte of a request has left.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Told of everything that happens on a stream, on the stream's own thread.
pub(crate) trait Observer {
    /// These bytes came.
    fn received(&self, bytes: &[u8]);
    /// Bytes were offered, and this is what became of them.
    fn written(&self, outcome: &Poll<io::Result<usize>>);
    /// Everything that was offered has left.
    fn flushed(&self) {}
}

/// See the module.
pub(crate) struct ObservedStream<S, O> {
    stream: S,
    observer: Rc<O>,
}

impl<S, O> ObservedStream<S, O> {
    pub(crate) fn new(stream: S, observer: Rc<O>) -> Self {
        Self { stream, observer }
    }
}

impl<S: AsyncRead + Unpin, O: Observer> AsyncRead for ObservedStream<S, O> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let came = &buffer.filled()[before..];
        if !came.is_empty() {
            self.observer.received(came);
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin, O: Observer> AsyncWrite for ObservedStream<S, O> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.observer.written(&outcome);
        outcome
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.observer.written(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        if outcome.is_ready() {
            self.observer.flushed();
        }
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
