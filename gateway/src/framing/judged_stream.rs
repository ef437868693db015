//! A caller's stream as hyper's HTTP/1.1 server reads it, with the second reading beside.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::reading::Reading;
use super::verdicts::Verdicts;

/// See the module.
pub struct JudgedStream<S> {
    stream: S,
    reading: Reading,
    verdicts: Rc<Verdicts>,
}

impl<S> JudgedStream<S> {
    pub(crate) fn new(stream: S, head_bytes_max: usize, verdicts: Rc<Verdicts>) -> Self {
        Self { stream, reading: Reading::new(head_bytes_max), verdicts }
    }

    /// The stream, when HTTP is over on it.
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for JudgedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let Self { reading, verdicts, .. } = &mut *self;
        reading.take(&buffer.filled()[before..], verdicts);
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for JudgedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
