//! One side of a tunnel: what HTTP read beyond its end comes first, then the stream; and what moves is taken down.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is known of one side. A byte that moves only raises a flag: no clock is read for it.
#[derive(Debug, Default)]
pub(super) struct Flow {
    moved: Cell<bool>,
    /// It sends no more.
    ended: Cell<bool>,
    /// Bytes are ready for it, which it does not take.
    is_full: Cell<bool>,
}

/// See the module.
pub(super) struct Side<'a, S> {
    first: Bytes,
    stream: S,
    flow: &'a Flow,
}

impl Flow {
    /// Whether a byte, or the end, went either way since the last look.
    pub(super) fn take_moved(&self) -> bool {
        self.moved.take()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.get()
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full.get()
    }

    fn written<T>(&self, outcome: &Poll<T>) {
        self.is_full.set(outcome.is_pending());
        if outcome.is_ready() {
            self.moved.set(true);
        }
    }
}

impl<'a, S> Side<'a, S> {
    pub(super) fn new(first: Bytes, stream: S, flow: &'a Flow) -> Self {
        Self { first, stream, flow }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Side<'_, S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
            self.flow.ended.set(buffer.filled().len() == before && buffer.capacity() > before);
        } else {
            let count = self.first.len().min(buffer.remaining());
            buffer.put_slice(&self.first[..count]);
            self.first.advance(count);
        }
        self.flow.moved.set(true);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Side<'_, S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.flow.written(&outcome);
        outcome
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
