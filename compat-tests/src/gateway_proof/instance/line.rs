//! A connection that can be spoilt: instead of the next answer, bytes that are none, and its end. When it ends, what is on its way to
//! it is read and thrown away: else the system would send a reset, and that would overtake the end of an answer.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::timeout;

const SOUND: u8 = 0;
const SPOIL_HTTP1: u8 = 1;
const SPOIL_HTTP2: u8 = 2;
const SPOILT: u8 = 3;

/// What may come instead of an answer.
const GARBAGE: [&[u8]; 5] = [
    b"\x00\xff\xfe\x01 garbage \r\n\r\n\r\n garbage garbage garbage garbage",
    b"HTTP/1.1 banana OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"\xff\xff\xff\x00\x00\x00\x00\x00\x01 a frame that is too long",
];

/// What a request's handler says of its connection.
#[derive(Clone, Default)]
pub(super) struct Spoiling(Arc<AtomicU8>);

impl Spoiling {
    /// What is written next is not.
    pub(super) fn spoil(&self, is_http2: bool) {
        self.0.store(if is_http2 { SPOIL_HTTP2 } else { SPOIL_HTTP1 }, Ordering::SeqCst);
    }
}

/// See the module.
pub(super) struct Line {
    /// Until it is dropped.
    stream: Option<TcpStream>,
    spoiling: Spoiling,
    frames: Frames,
    garbage: &'static [u8],
}

impl Line {
    /// `turn`: which garbage.
    pub(super) fn new(stream: TcpStream, spoiling: Spoiling, turn: usize) -> Self {
        Self { stream: Some(stream), spoiling, frames: Frames::default(), garbage: GARBAGE[turn % GARBAGE.len()] }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::Error::from(ErrorKind::NotConnected))
    }

    /// How much may be written as it is; `None`: garbage is due.
    fn sound_bytes(&self) -> io::Result<Option<usize>> {
        match self.spoiling.0.load(Ordering::SeqCst) {
            SOUND => Ok(Some(usize::MAX)),
            // In the midst of a frame it would be taken for what the frame carries.
            SPOIL_HTTP2 if self.frames.left() > 0 => Ok(Some(self.frames.left())),
            SPOILT => Err(io::Error::from(ErrorKind::BrokenPipe)),
            _ => Ok(None),
        }
    }

    fn write_garbage(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let garbage = self.garbage;
        let written = self.stream()?.poll_write(context, garbage);
        if written.is_ready() {
            self.spoiling.0.store(SPOILT, Ordering::SeqCst);
        }
        // Whatever was to be written is lost.
        written.map_ok(|_| 1)
    }
}

/// How long whoever is told the end may take.
const LINGERS: Duration = Duration::from_secs(1);

impl Drop for Line {
    fn drop(&mut self) {
        // Without a runtime the process ends.
        if let (Some(stream), Ok(runtime)) = (self.stream.take(), Handle::try_current()) {
            runtime.spawn(timeout(LINGERS, read_to_the_end(stream)));
        }
    }
}

async fn read_to_the_end(mut stream: TcpStream) {
    let mut thrown_away = [0; 4096];
    if stream.shutdown().await.is_ok() {
        while let Ok(1..) = stream.read(&mut thrown_away).await {}
    }
}

/// Where the frames of HTTP/2 that leave end. What it says of HTTP/1.1 nobody asks.
#[derive(Default)]
struct Frames {
    head: [u8; 9],
    head_filled: usize,
    payload_left: usize,
}

impl Frames {
    fn left(&self) -> usize {
        if self.head_filled > 0 { self.head.len() - self.head_filled } else { self.payload_left }
    }

    fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.payload_left > 0 {
                let passed = bytes.len().min(self.payload_left);
                self.payload_left -= passed;
                bytes = &bytes[passed..];
                continue;
            }
            self.head[self.head_filled] = bytes[0];
            self.head_filled += 1;
            bytes = &bytes[1..];
            if self.head_filled == self.head.len() {
                self.payload_left =
                    usize::from(self.head[0]) << 16 | usize::from(self.head[1]) << 8 | usize::from(self.head[2]);
                self.head_filled = 0;
            }
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(sound) = self.sound_bytes()? else { return self.write_garbage(context) };
        let bytes = &bytes[..bytes.len().min(sound)];
        let written = self.stream()?.poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = written {
            self.frames.pass(&bytes[..written]);
        }
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
        self.poll_write(context, first)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_frame_is_known_however_it_is_written() {
        let mut frames = Frames::default();
        let head = [0, 0, 3, 0, 1, 0, 0, 0, 1];
        frames.pass(&head[..4]);
        assert_eq!(frames.left(), 5);
        frames.pass(&head[4..]);
        assert_eq!(frames.left(), 3);
        frames.pass(b"ab");
        assert_eq!(frames.left(), 1);
        frames.pass(b"c");
        assert_eq!(frames.left(), 0);
        frames.pass(&[&head[..], b"abc", &head[..2]].concat());
        assert_eq!(frames.left(), 7);
    }
}
