//! Watches the bytes of a connection to an instance: with the first byte that is written a start ticket becomes a request
//! under way.

use std::cell::{Cell, RefCell};
use std::io;
use std::task::Poll;

use crate::endpoint::{StartTicket, UnderWay};
use crate::observed_stream::Observer;

/// What is known of the request on one connection. Shared by its stream and its user, on one thread; when both are gone
/// without a byte written, the ticket goes with them.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    ticket: RefCell<Option<StartTicket>>,
    /// The request whose first byte was written, until its answer has ended.
    under_way: RefCell<Option<UnderWay>>,
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

    /// The instance agreed to another protocol. The request is under way until the connection ends.
    pub(super) fn switched(&self) {
        if let Some(under_way) = self.under_way.borrow_mut().as_mut() {
            under_way.set_upgraded();
        }
    }

    /// The answer has ended, or nobody waits for it any more.
    pub(super) fn request_ended(&self) {
        drop(self.under_way.take());
    }

    /// Whether everything of the request before has left us: only then is the next byte written the next request's.
    pub(super) fn is_quiet(&self) -> bool {
        !self.unflushed.get()
    }

    /// Whether a byte of an answer came.
    pub(super) fn is_answered(&self) -> bool {
        self.answered.get()
    }
}

impl Observer for Watch {
    fn received(&self, _bytes: &[u8]) {
        self.answered.set(true);
    }

    fn written(&self, outcome: &Poll<io::Result<usize>>) {
        self.unflushed.set(true);
        if matches!(outcome, Poll::Ready(Ok(count)) if *count > 0)
            && let Some(ticket) = self.ticket.take()
        {
            self.under_way.replace(ticket.first_byte_written());
        }
    }

    /// The stream is flushed when all that is there of the request has been written.
    fn flushed(&self) {
        self.unflushed.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::rc::Rc;
    use std::sync::Arc;

    use futures_util::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::endpoint::{Endpoint, Quiet};
    use crate::observed_stream::ObservedStream;

    fn watched(stream: TcpStream) -> (ObservedStream<TcpStream, Watch>, Rc<Watch>) {
        let watch = Rc::new(Watch::default());
        (ObservedStream::new(stream, Rc::clone(&watch)), watch)
    }

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
        let (mut stream, watch) = watched(ours);
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
        assert_eq!((endpoint.starting(), endpoint.requests(), endpoint.under_way()), (0, 1, 1));
        assert_eq!(endpoint.quiet().now_or_never(), Some(Quiet::Reached));
        watch.request_ended();
        assert_eq!(endpoint.under_way(), 0);
    }

    #[tokio::test]
    async fn a_connection_that_goes_without_a_byte_gives_its_ticket_back() {
        let (ours, _theirs, endpoint) = pair().await;
        let (stream, watch) = watched(ours);
        watch.arm(endpoint.start().unwrap());
        drop(watch);
        assert_eq!(endpoint.starting(), 1);
        drop(stream);
        assert_eq!((endpoint.starting(), endpoint.requests()), (0, 0));
    }

    #[tokio::test]
    async fn what_is_not_flushed_belongs_to_the_request_before() {
        let (ours, mut theirs, endpoint) = pair().await;
        let (mut stream, watch) = watched(ours);
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
