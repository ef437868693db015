//! The stream of a connection of HTTP/2 to an instance. What is written to it is read along, as far as the heads of frames: with
//! its headers a request begins.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::starts::Starts;

const HEAD_BYTES: usize = 9;
/// What every connection begins with.
const PREFACE_BYTES: usize = 24;

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;

/// See the module.
pub(super) struct FrameStream<S> {
    stream: S,
    frames: Frames,
}

struct Frames {
    starts: Rc<Starts>,
    head: [u8; HEAD_BYTES],
    head_bytes: usize,
    /// Bytes until the next head.
    skipped: usize,
}

impl<S> FrameStream<S> {
    pub(super) fn new(stream: S, starts: Rc<Starts>) -> Self {
        Self { stream, frames: Frames { starts, head: [0; HEAD_BYTES], head_bytes: 0, skipped: PREFACE_BYTES } }
    }
}

impl<S> Drop for FrameStream<S> {
    fn drop(&mut self) {
        self.frames.starts.end();
    }
}

impl Frames {
    fn written(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let over = self.skipped.min(bytes.len());
            self.skipped -= over;
            bytes = &bytes[over..];
            let taken = (HEAD_BYTES - self.head_bytes).min(bytes.len());
            self.head[self.head_bytes..self.head_bytes + taken].copy_from_slice(&bytes[..taken]);
            self.head_bytes += taken;
            bytes = &bytes[taken..];
            if self.head_bytes == HEAD_BYTES {
                self.head_bytes = 0;
                let [a, b, c, kind, _, stream @ ..] = self.head;
                self.skipped = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                match kind {
                    HEADERS => self.starts.headers_written(u32::from_be_bytes(stream)),
                    RST_STREAM => self.starts.reset_written(u32::from_be_bytes(stream)),
                    _ => {}
                }
            }
        }
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
