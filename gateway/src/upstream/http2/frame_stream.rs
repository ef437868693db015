//! The stream of a connection of HTTP/2 to an instance. What is written to it is read along, as far as the heads of frames: with
//! its headers a request begins.

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::starts::Starts;
use crate::frame_heads::FrameHeads;

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;

/// See the module.
pub(super) struct FrameStream<S> {
    stream: S,
    frames: Frames,
}

struct Frames {
    starts: Rc<Starts>,
    heads: FrameHeads,
}

impl<S> FrameStream<S> {
    pub(super) fn new(stream: S, starts: Rc<Starts>) -> Self {
        Self { stream, frames: Frames { starts, heads: FrameHeads::behind_the_preface() } }
    }
}

impl<S> Drop for FrameStream<S> {
    fn drop(&mut self) {
        self.frames.starts.end();
    }
}

impl Frames {
    fn written(&mut self, bytes: &[u8]) {
        let Self { starts, heads } = self;
        let Ok(()) = heads.pass::<Infallible>(bytes, |head| {
            match head.kind {
                HEADERS => starts.headers_written(head.stream),
                RST_STREAM => starts.reset_written(head.stream),
                _ => {}
            }
            Ok(())
        });
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FrameStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.frames.starts.set_heard();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FrameStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = outcome {
            self.frames.written(&bytes[..count]);
        }
        self.frames.starts.progressed(false);
        outcome
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        if let Poll::Ready(Ok(mut count)) = outcome {
            for slice in slices {
                let part = count.min(slice.len());
                self.frames.written(&slice[..part]);
                count -= part;
            }
        }
        self.frames.starts.progressed(false);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        self.frames.starts.progressed(matches!(outcome, Poll::Ready(Ok(()))));
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
