//! The bytes of a connection to an instance, plain or under TLS, and what is seen of them.
//!
//! Whether a byte of a request has left is seen where bytes leave: below TLS, which keeps what the socket does not take. What
//! the instance says is seen above it.

use std::cell::{Cell, OnceCell};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::first_byte::Watch;
use crate::observed_stream::{ObservedStream, Observer};

/// A socket under TLS.
pub(crate) type Socket = ObservedStream<TcpStream, Sent>;

/// What has left a socket under TLS.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    bytes: Cell<u64>,
    /// Who is told, once it is known that HTTP/1.1 is spoken.
    watch: OnceCell<Rc<Watch>>,
}

/// What an instance says, decrypted.
pub(crate) struct Heard(Rc<Watch>);

/// The stream of a connection of HTTP/1.1.
pub(crate) enum Stream {
    Plain(ObservedStream<TcpStream, Watch>),
    Tls(Box<ObservedStream<TlsStream<Socket>, Heard>>),
}

impl Stream {
    pub(super) fn plain(stream: TcpStream, watch: &Rc<Watch>) -> Self {
        Self::Plain(ObservedStream::new(stream, Rc::clone(watch)))
    }

    pub(super) fn tls(stream: TlsStream<Socket>, sent: &Sent, watch: &Rc<Watch>) -> Self {
        // Once for each connection: it is empty.
        let _ = sent.watch.set(Rc::clone(watch));
        Self::Tls(Box::new(ObservedStream::new(stream, Rc::new(Heard(Rc::clone(watch))))))
    }
}

impl Sent {
    /// Bytes that have left since the beginning.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.get()
    }
}

impl Observer for Sent {
    fn received(&self, _bytes: &[u8]) {}

    fn written(&self, outcome: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(count)) = outcome {
            self.bytes.set(self.bytes.get() + *count as u64);
        }
        if let Some(watch) = self.watch.get() {
            watch.written(outcome);
        }
    }

    /// TLS flushes the socket once it keeps nothing back.
    fn flushed(&self) {
        if let Some(watch) = self.watch.get() {
            watch.flushed();
        }
    }
}

impl Observer for Heard {
    fn received(&self, bytes: &[u8]) {
        self.0.received(bytes);
    }

    fn written(&self, _outcome: &Poll<io::Result<usize>>) {}
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
