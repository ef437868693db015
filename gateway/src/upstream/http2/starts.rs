//! Which requests of a connection have begun. Each holds leave to begin until its first byte has left, which is seen in the
//! frames that do; then it is under way.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use tokio::sync::Notify;

use crate::endpoint::{StartTicket, UnderWay};
use crate::upstream::stream::Sent;

/// More than TLS keeps of what it was given: what was given before so many bytes left has left too.
const KEPT_BY_TLS_MAX: u64 = 256 * 1024;

/// Of one connection. Shared, on one thread, by its stream and its requests.
#[derive(Debug)]
pub(super) struct Starts {
    /// By stream: their first byte has not left.
    waiting: RefCell<HashMap<u32, Rc<Start>>>,
    /// Their first byte was given to TLS when so many had left below it.
    encrypting: RefCell<Vec<(Rc<Start>, u64)>>,
    /// `None`: there is no TLS, and what is written has left.
    sent: Option<Rc<Sent>>,
    ended: Cell<bool>,
    /// The instance has said something: its settings, if it speaks HTTP/2.
    heard: Cell<bool>,
    changed: Notify,
}

/// Of one request.
#[derive(Debug)]
pub(super) struct Start {
    ticket: RefCell<Option<StartTicket>>,
    under_way: RefCell<Option<UnderWay>>,
    /// Nobody waits for its answer any more; it may still leave.
    is_over: Cell<bool>,
}

impl Starts {
    pub(super) fn new(sent: Option<Rc<Sent>>) -> Self {
        Self {
            waiting: RefCell::default(),
            encrypting: RefCell::default(),
            sent,
            ended: Cell::new(false),
            heard: Cell::new(false),
            changed: Notify::new(),
        }
    }

    /// The connection has ended: nothing leaves any more.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.get()
    }

    /// Something came.
    pub(super) fn set_heard(&self) {
        if !self.heard.replace(true) {
            self.changed.notify_waiters();
        }
    }

    /// Until the instance has said what it allows; `false`: the connection has ended, mostly because that is no HTTP/2.
    pub(super) async fn settled(&self) -> bool {
        while !self.heard.get() && !self.ended.get() {
            self.changed.notified().await;
        }
        !self.ended.get()
    }

    /// A request has leave to begin on this stream.
    pub(super) fn begin(&self, stream: u32, ticket: StartTicket) -> Rc<Start> {
        let start = Rc::new(Start {
            ticket: RefCell::new(Some(ticket)),
            under_way: RefCell::default(),
            is_over: Cell::new(false),
        });
        if !self.ended.get() {
            self.waiting.borrow_mut().insert(stream, Rc::clone(&start));
        }
        start
    }

    /// Headers of a stream were written. Trailers are headers too: they change nothing any more.
    pub(super) fn headers_written(&self, stream: u32) {
        let Some(start) = self.waiting.borrow_mut().remove(&stream) else { return };
        match &self.sent {
            None => start.left(),
            Some(sent) => self.encrypting.borrow_mut().push((start, sent.bytes())),
        }
    }

    /// A stream was reset: headers that were not written will not be.
    pub(super) fn reset_written(&self, stream: u32) {
        if let Some(start) = self.waiting.borrow_mut().remove(&stream) {
            start.withdraw();
        }
    }

    /// Something has left below TLS; or everything has.
    pub(super) fn progressed(&self, is_all: bool) {
        let Some(sent) = &self.sent else { return };
        self.encrypting.borrow_mut().retain(|(start, before)| {
            let has_left = is_all || sent.bytes() - before > KEPT_BY_TLS_MAX;
            if has_left {
                start.left();
            }
            !has_left
        });
    }

    /// The connection's stream is gone, and with it what has not left.
    pub(super) fn end(&self) {
        self.ended.set(true);
        self.changed.notify_waiters();
        for (_, start) in self.waiting.take() {
            start.withdraw();
        }
        // What TLS had may have left, or not.
        for (start, _) in self.encrypting.take() {
            start.left();
        }
    }
}

impl Start {
    /// The first byte is on its way.
    fn left(&self) {
        let under_way = self.ticket.take().and_then(StartTicket::first_byte_written);
        if !self.is_over.get() {
            self.under_way.replace(under_way);
        }
    }

    /// Nothing will leave any more; whether nothing has.
    pub(super) fn withdraw(&self) -> bool {
        self.ticket.take().is_some()
    }

    /// The answer has ended, or nobody waits for it any more. Leave to begin is kept while the request may still leave.
    pub(super) fn request_ended(&self) {
        self.is_over.set(true);
        drop(self.under_way.take());
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use super::*;
    use crate::endpoint::Endpoint;

    fn endpoint() -> Arc<Endpoint> {
        let endpoint = Arc::new(Endpoint::new("APP", "1", SocketAddr::from(([127, 0, 0, 2], 80))));
        endpoint.open();
        endpoint
    }

    #[test]
    fn leave_is_held_until_the_headers_have_left_whoever_waits() {
        let (endpoint, starts) = (endpoint(), Starts::new(None));
        let counts = || (endpoint.starting(), endpoint.requests(), endpoint.under_way());
        let first = starts.begin(1, endpoint.start().unwrap());
        let second = starts.begin(3, endpoint.start().unwrap());
        assert_eq!(counts(), (2, 0, 2));
        // Its caller has gone, and its headers may still leave.
        second.request_ended();
        assert_eq!(counts(), (2, 0, 2));
        starts.headers_written(1);
        assert_eq!(counts(), (1, 1, 2));
        starts.headers_written(3);
        assert_eq!(counts(), (0, 2, 1));
        starts.headers_written(1);
        first.request_ended();
        assert_eq!(counts(), (0, 2, 0));
    }

    #[test]
    fn what_never_leaves_gives_its_leave_back() {
        let (endpoint, starts) = (endpoint(), Starts::new(None));
        let reset = starts.begin(1, endpoint.start().unwrap());
        let _ended = starts.begin(3, endpoint.start().unwrap());
        starts.reset_written(1);
        assert_eq!((endpoint.starting(), reset.withdraw()), (1, false));
        starts.end();
        assert_eq!((endpoint.starting(), endpoint.requests()), (0, 0));
        assert!(starts.has_ended());
    }

    #[test]
    fn under_tls_it_has_left_when_all_has_or_more_than_tls_keeps() {
        let sent = Rc::new(Sent::default());
        let (endpoint, starts) = (endpoint(), Starts::new(Some(Rc::clone(&sent))));
        let written = |count| {
            crate::observed_stream::Observer::written(&*sent, &std::task::Poll::Ready(Ok(count)));
            starts.progressed(false);
        };
        let _starts = [1, 3].map(|stream| {
            let start = starts.begin(stream, endpoint.start().unwrap());
            starts.headers_written(stream);
            written(1);
            start
        });
        assert_eq!(endpoint.starting(), 2);
        written(256 * 1024 - 1);
        assert_eq!(endpoint.starting(), 1);
        starts.progressed(true);
        assert_eq!(endpoint.starting(), 0);
    }
}
