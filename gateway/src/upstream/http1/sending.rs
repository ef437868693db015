//! A request on its way: its head, then its body as it comes from the caller.

use std::fmt::Write as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName};
use http::request::Parts;
use hyper::body::{Body, Frame};
use tokio::io::AsyncWrite;

use super::spares::ROOM;
use crate::upstream::upload::{Upload, UploadError};

/// Pieces of a body below this are copied behind each other: each would cost more as a piece of its own.
const SMALL: usize = 1_024;
/// So much is gathered before it is written, of such pieces.
const GATHERED_MAX: usize = ROOM;

/// See the module.
pub(in crate::upstream) struct Sending<B = Upload> {
    body: B,
    coding: Coding,
    /// What is written first.
    gathered: BytesMut,
    /// Then a large piece of the body, and the end of its chunk.
    piece: Bytes,
    behind: &'static [u8],
    at: At,
}

/// How the body's end is said.
enum Coding {
    /// So much of it is still to come.
    Length(u64),
    /// The trailers that were announced may follow it.
    Chunks { trailers: Vec<HeaderName> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Body,
    /// All of it is there, though not all may have left.
    End,
    /// All of it has left, or nothing more of it can.
    Over,
}

/// Why it does not go on.
#[derive(Debug)]
pub(in crate::upstream) enum SendError {
    /// The instance takes no more.
    Write(io::Error),
    /// The body came no further.
    Body(UploadError),
    /// It has another length than its head says.
    Length,
}

impl<B: Body<Data = Bytes, Error = UploadError> + Unpin> Sending<B> {
    /// Written into this buffer first.
    pub(super) fn new(head: &Parts, body: B, mut gathered: BytesMut) -> Self {
        write_head(&mut gathered, head);
        let coding = if head.headers.contains_key(header::TRANSFER_ENCODING) {
            Coding::Chunks { trailers: announced(&head.headers) }
        } else {
            let length = head.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
            Coding::Length(length.unwrap_or(0))
        };
        Self { body, coding, gathered, piece: Bytes::new(), behind: b"", at: At::Body }
    }

    /// The buffer that it was given, when it is over.
    pub(super) fn take_buffer(&mut self) -> BytesMut {
        std::mem::take(&mut self.gathered)
    }

    pub(super) fn is_over(&self) -> bool {
        self.at == At::Over
    }

    /// Until all of it has left.
    pub(super) fn poll<S: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut S,
    ) -> Poll<Result<(), SendError>> {
        let sent = ready!(self.poll_on(cx, stream));
        self.at = At::Over;
        Poll::Ready(sent)
    }

    fn poll_on<S: AsyncWrite + Unpin>(&mut self, cx: &mut Context<'_>, stream: &mut S) -> Poll<Result<(), SendError>> {
        loop {
            let is_waiting = self.at == At::Body && self.gather(cx)?.is_pending();
            while !self.gathered.is_empty() || !self.piece.is_empty() || !self.behind.is_empty() {
                let slices = [&self.gathered[..], &self.piece[..], self.behind].map(IoSlice::new);
                let stream = Pin::new(&mut *stream);
                // One piece after the other where a stream takes no more at once: it would take the first one only.
                let written = match slices.iter().find(|slice| !slice.is_empty()) {
                    Some(first) if self.piece.is_empty() || !stream.is_write_vectored() => stream.poll_write(cx, first),
                    _ => stream.poll_write_vectored(cx, &slices),
                };
                match ready!(written).map_err(SendError::Write)? {
                    0 => return Poll::Ready(Err(SendError::Write(io::ErrorKind::WriteZero.into()))),
                    count => self.advance(count),
                }
            }
            // Whatever a layer below keeps back.
            ready!(Pin::new(&mut *stream).poll_flush(cx)).map_err(SendError::Write)?;
            match self.at {
                At::Body if is_waiting => return Poll::Pending,
                At::Body => {}
                At::End | At::Over => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Takes of the body what is there, as far as there is room. Pending: it waits for more.
    fn gather(&mut self, cx: &mut Context<'_>) -> Result<Poll<()>, SendError> {
        while self.at == At::Body && self.piece.is_empty() && self.gathered.len() < GATHERED_MAX {
            if self.body.is_end_stream() {
                self.end(None)?;
                break;
            }
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => return Ok(Poll::Pending),
                Poll::Ready(None) => self.end(None)?,
                Poll::Ready(Some(frame)) => self.take(frame.map_err(SendError::Body)?)?,
            }
        }
        Ok(Poll::Ready(()))
    }

    fn take(&mut self, frame: Frame<Bytes>) -> Result<(), SendError> {
        match frame.into_data() {
            Ok(data) if data.is_empty() => Ok(()),
            Ok(data) => self.data(data),
            Err(frame) => match frame.into_trailers() {
                Ok(trailers) => self.end(Some(&trailers)),
                Err(_) => Ok(()),
            },
        }
    }

    fn data(&mut self, data: Bytes) -> Result<(), SendError> {
        let behind: &[u8] = match &mut self.coding {
            Coding::Length(left) => {
                *left = left.checked_sub(data.len() as u64).ok_or(SendError::Length)?;
                b""
            }
            Coding::Chunks { .. } => {
                // Into memory: it cannot fail.
                let _ = write!(self.gathered, "{:X}\r\n", data.len());
                b"\r\n"
            }
        };
        if data.len() < SMALL {
            self.gathered.extend_from_slice(&data);
            self.gathered.extend_from_slice(behind);
        } else {
            self.piece = data;
            self.behind = behind;
        }
        Ok(())
    }

    fn end(&mut self, trailers: Option<&HeaderMap>) -> Result<(), SendError> {
        match &self.coding {
            Coding::Length(0) => {}
            Coding::Length(_) => return Err(SendError::Length),
            Coding::Chunks { trailers: announced } => {
                self.gathered.extend_from_slice(b"0\r\n");
                for (name, value) in trailers.into_iter().flatten().filter(|(name, _)| announced.contains(name)) {
                    write_header(&mut self.gathered, name, value.as_bytes());
                }
                self.gathered.extend_from_slice(b"\r\n");
            }
        }
        self.at = At::End;
        Ok(())
    }

    fn advance(&mut self, mut count: usize) {
        let first = count.min(self.gathered.len());
        self.gathered.advance(first);
        count -= first;
        let second = count.min(self.piece.len());
        if second < self.piece.len() {
            self.piece.advance(second);
        } else {
            // None is better than an empty one: that would hold on to the memory that the next one could be read into.
            self.piece = Bytes::new();
        }
        count -= second;
        self.behind = self.behind.get(count..).unwrap_or_default();
    }
}

impl Sending {
    /// The body, as far as it has come.
    pub(in crate::upstream) fn into_body(self) -> Upload {
        self.body
    }

    /// It will not have to be sent again.
    pub(super) fn let_go(&mut self) {
        self.body.let_go();
    }
}

fn write_head(out: &mut BytesMut, head: &Parts) {
    out.extend_from_slice(head.method.as_str().as_bytes());
    out.extend_from_slice(b" ");
    out.extend_from_slice(head.uri.path_and_query().map_or("/", |target| target.as_str()).as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    for (name, value) in &head.headers {
        write_header(out, name, value.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

fn write_header(out: &mut BytesMut, name: &HeaderName, value: &[u8]) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// The trailers that a head speaks of.
fn announced(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(header::TRAILER).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::future::poll_fn;

    use futures_util::FutureExt as _;
    use http::{HeaderValue, Request};

    use super::*;

    /// Its frames, of which `None` is a pause.
    struct Frames(VecDeque<Option<Frame<Bytes>>>);

    impl Body for Frames {
        type Data = Bytes;
        type Error = UploadError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
            match self.0.pop_front() {
                Some(Some(frame)) => Poll::Ready(Some(Ok(frame))),
                Some(None) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                None => Poll::Ready(None),
            }
        }
    }

    /// Takes so many bytes at once; and what is flushed.
    struct Stream {
        at_once: usize,
        is_vectored: bool,
        taken: Vec<u8>,
        flushed: usize,
    }

    impl AsyncWrite for Stream {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            let count = bytes.len().min(self.at_once);
            self.taken.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let all = slices.iter().flat_map(|slice| slice.to_vec()).collect::<Vec<_>>();
            self.poll_write(cx, &all)
        }

        fn is_write_vectored(&self) -> bool {
            self.is_vectored
        }

        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.flushed = self.taken.len();
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn data(text: &str) -> Option<Frame<Bytes>> {
        Some(Frame::data(Bytes::copy_from_slice(text.as_bytes())))
    }

    fn trailers(names: &[&'static str]) -> Option<Frame<Bytes>> {
        let one = |name: &&'static str| (HeaderName::from_static(name), HeaderValue::from_static("1"));
        Some(Frame::trailers(names.iter().map(one).collect()))
    }

    /// What is written of a request with these headers and that body; its lines are divided by '|'.
    async fn sent(
        headers: &[(&str, &str)],
        frames: Vec<Option<Frame<Bytes>>>,
        mut stream: Stream,
    ) -> Result<String, SendError> {
        let mut request = Request::post("/a?b=c");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let mut sending = Sending::new(&head, Frames(frames.into()), BytesMut::new());
        poll_fn(|cx| sending.poll(cx, &mut stream)).await?;
        assert_eq!(stream.flushed, stream.taken.len());
        Ok(String::from_utf8(stream.taken).unwrap().replace("\r\n", "|"))
    }

    #[tokio::test]
    async fn a_request_as_it_is_written() {
        let large = "l".repeat(SMALL);
        type Case<'a> = (&'a [(&'a str, &'a str)], Vec<Option<Frame<Bytes>>>, String);
        let table = || -> [Case<'_>; 6] {
            [
                (&[("host", "a")], vec![], "host: a||".to_owned()),
                (
                    &[("content-length", "3")],
                    vec![data("a"), None, data(""), data("bc")],
                    "content-length: 3||abc".to_owned(),
                ),
                (
                    &[("content-length", "1026")],
                    vec![data("a"), data(&large), data("b")],
                    format!("content-length: 1026||a{large}b"),
                ),
                (
                    &[("transfer-encoding", "chunked")],
                    vec![None, data("hello"), None, data("!")],
                    "transfer-encoding: chunked||5|hello|1|!|0||".to_owned(),
                ),
                (
                    &[("transfer-encoding", "chunked")],
                    vec![data(&large), data("b")],
                    format!("transfer-encoding: chunked||400|{large}|1|b|0||"),
                ),
                (
                    &[("transfer-encoding", "chunked"), ("trailer", "x, Y")],
                    vec![data("a"), trailers(&["x", "y", "z"])],
                    "transfer-encoding: chunked|trailer: x, Y||1|a|0|x: 1|y: 1||".to_owned(),
                ),
            ]
        };
        for (at_once, is_vectored) in [(1, true), (1, false), (7, true), (1_000, false), (100_000, true)] {
            for (headers, frames, expected) in table() {
                let stream = Stream { at_once, is_vectored, taken: Vec::new(), flushed: 0 };
                let sent = sent(headers, frames, stream).await.unwrap();
                assert_eq!(sent, format!("POST /a?b=c HTTP/1.1|{expected}"), "{at_once} {is_vectored}");
            }
        }
    }

    #[tokio::test]
    async fn a_body_of_another_length_is_not_passed_for_whole() {
        let stream = || Stream { at_once: 1_000, is_vectored: true, taken: Vec::new(), flushed: 0 };
        for frames in [vec![data("ab")], vec![data("abc"), data("d")], vec![], vec![data("ab"), trailers(&["x"])]] {
            let outcome = sent(&[("content-length", "3")], frames, stream()).now_or_never();
            assert!(matches!(outcome, Some(Err(SendError::Length))), "{outcome:?}");
        }
    }
}
