//! The stream of a connection of HTTP/2, read under the eyes of [`Frames`]: with a flood it ends.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use eurus_service::Clock;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::Frames;
use super::streams::Streams;
use crate::config::Http2Config;

/// See the module.
pub(super) struct Guard<S> {
    stream: S,
    frames: Frames,
    clock: Clock,
    streams: Rc<Streams>,
}

impl<S> Guard<S> {
    pub(super) fn new(stream: S, clock: Clock, streams: Rc<Streams>, config: &Http2Config) -> Self {
        Self { stream, frames: Frames::new(config), clock, streams }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let Self { frames, clock, streams, .. } = &mut *self;
        if let Err(flood) = frames.received(&buffer.filled()[before..], || clock.now_ms()) {
            streams.set_flood(flood);
            return Poll::Ready(Err(io::Error::other(flood.to_string())));
        }
        streams.set_has_resets(frames.has_resets());
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
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
