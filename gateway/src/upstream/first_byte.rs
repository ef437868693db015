//! Watches the bytes of a connection to an instance: a start ticket is given back with the first byte that is written.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::endpoint::StartTicket;

/// What is known of the request on one connection. Shared by its stream and its user, on one thread; when both are gone
/// without a byte written, the ticket goes with them.
#[derive(Debug, Default)]
pub(super) struct Watch {
    ticket: RefCell<Option<StartTicket>>,
    /// Something was written and not flushed to the end yet.
    unflushed: Cell<bool>,
    /// A byte came since the request was armed.
    answered: Cell<bool>,
}

impl Watch {
    /// The next byte written is the first of this ticket's request.
    pub(super) fn arm(&self, ticket: StartTicket) {
        self.answered.set(false);
        self.ticket.replace(Some(ticket));
    }

    /// Whether everything of the request before has left us: only then is the next byte written the next request's.
    pub(super) fn is_quiet(&self) -> bool {
        !self.unflushed.get()
    }

    /// Whether a byte of an answer came.
    pub(super) fn is_answered(&self) -> bool {
        self.answered.get()
    }

    fn written(&self, outcome: &Poll<io::Result<usize>>) {
        self.unflushed.set(true);
        if matches!(outcome, Poll::Ready(Ok(count)) if *count > 0)
            && let Some(ticket) = self.ticket.take()
        {
            ticket.first_byte_written();
        }
    }
}

/// A connection's stream.
pub(super) struct WatchedStream {
    stream: TcpStream,
    watch: Rc<Watch>,
}

impl WatchedStream {
    pub(super) fn new(stream: TcpStream) -> (Self, Rc<Watch>) {
        let watch = Rc::new(Watch::default());
        (Self { stream, watch: Rc::clone(&watch) }, watch)
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.watch.answered.set(true);
        }
        outcome
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch.written(&outcome);
        outcome
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch.written(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        if outcome.is_ready() {
            // hyper flushes the stream once its own buffer is empty.
            self.watch.unflushed.set(false);
        }
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use futures_util::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::endpoint::{Endpoint, Quiet};

    async fn pair() -> (TcpStream, TcpStream, Arc<Endpoint>) {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let ours = TcpStream::connect(address).await.unwrap();
        let (theirs, _) = listener.accept().await.unwrap();
        let endpoint = Arc::new(Endpoint::new("APP", "1", address));
        endpoint.open();
        (ours, theirs, endpoint)
    }

    /// A peer that does not read: nothing can be written until it does.
    #[tokio::test]
    async fn a_ticket_is_held_until_the_first_byte_is_really_written() {
        let (ours, mut theirs, endpoint) = pair().await;
        ours.writable().await.unwrap();
        while ours.try_write(&[b'x'; 65_536]).is_ok() {}
        let (mut stream, watch) = WatchedStream::new(ours);
        watch.arm(endpoint.start().unwrap());
        let write = stream.write_all(b"GET / HTTP/1.1");
        tokio::pin!(write);
        assert!(write.as_mut().now_or_never().is_none());
        endpoint.close();
        assert_eq!((endpoint.starting(), endpoint.requests()), (1, 0));
        assert!(endpoint.quiet().now_or_never().is_none());
        let mut buffer = vec![0; 65_536];
        loop {
            tokio::select! {
                written = write.as_mut() => break written.unwrap(),
                read = theirs.read(&mut buffer) => assert!(read.unwrap() > 0),
            }
        }
        assert_eq!((endpoint.starting(), endpoint.requests()), (0, 1));
        assert_eq!(endpoint.quiet().now_or_never(), Some(Quiet::Reached));
    }

    #[tokio::test]
    async fn a_connection_that_goes_without_a_byte_gives_its_ticket_back() {
        let (ours, _theirs, endpoint) = pair().await;
        let (stream, watch) = WatchedStream::new(ours);
        watch.arm(endpoint.start().unwrap());
        drop(watch);
        assert_eq!(endpoint.starting(), 1);
        drop(stream);
        assert_eq!((endpoint.starting(), endpoint.requests()), (0, 0));
    }

    #[tokio::test]
    async fn what_is_not_flushed_belongs_to_the_request_before() {
        let (ours, mut theirs, endpoint) = pair().await;
        let (mut stream, watch) = WatchedStream::new(ours);
        assert!(watch.is_quiet());
        stream.write_all(b"half").await.unwrap();
        assert!(!watch.is_quiet());
        stream.flush().await.unwrap();
        assert!(watch.is_quiet());
        watch.arm(endpoint.start().unwrap());
        assert!(!watch.is_answered());
        theirs.write_all(b"H").await.unwrap();
        stream.read_u8().await.unwrap();
        assert!(watch.is_answered());
    }
}
