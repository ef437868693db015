//! The connections of HTTP/2 of one thread to one instance. Who finds no place on them opens another one; meanwhile, and when
//! there are as many as may be, others wait.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::dial::{DialError, Dialed, Dialer};
use super::http1::Http1;
use super::http2::{Entry, Link, Place};
use crate::destination::{Destination, Spoken};
use crate::error::ErrorKind;
use crate::tally::Limit;

/// Whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Which {
    /// The endpoint's number.
    pub(super) endpoint: u64,
    pub(super) port: u16,
    pub(super) spoken: Spoken,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Links {
    open: RefCell<Vec<Rc<Link>>>,
    /// A connection is being opened.
    is_opening: Cell<bool>,
    /// How often that has come to an end, and how the last time.
    openings: Cell<u64>,
    failure: RefCell<Option<DialError>>,
    /// HTTP/1.1 was agreed upon; the connection on which it was, for the first who takes it.
    is_http1: Cell<bool>,
    first_http1: RefCell<Option<Box<Http1>>>,
    waiting: Cell<usize>,
    freed: Rc<Notify>,
    opened: Notify,
}

impl Links {
    /// A place on one of them, or the connection on which it was agreed to speak HTTP/1.1; `None`: HTTP/1.1 is spoken.
    pub(super) async fn place(
        self: &Rc<Self>,
        dialer: &Rc<Dialer>,
        destination: &Destination,
        which: Which,
        limit: Duration,
    ) -> Result<Option<Connection>, DialError> {
        if self.is_http1.get() {
            return Ok(None);
        }
        if let Some(place) = self.free() {
            return Ok(Some(Connection::Http2(place)));
        }
        // A connection is for all: one whose route is in a greater hurry than others leaves earlier, and it is opened all the same.
        let dial_limit = limit.max(Duration::from_millis(dialer.config.connect_timeout_ms));
        let deadline = Instant::now() + limit;
        let _waiting = self.wait(dialer)?;
        loop {
            let (freed, opened, openings) = (self.freed.notified(), self.opened.notified(), self.openings.get());
            if self.is_http1.get() {
                let first = self.first_http1.take().filter(|connection| !connection.has_ended(Waker::noop())).map(
                    |mut connection| {
                        connection.endpoint = which.endpoint;
                        Connection::Http1(connection)
                    },
                );
                return Ok(first);
            }
            if let Some(place) = self.free() {
                return Ok(Some(Connection::Http2(place)));
            }
            if !self.is_opening.get() && self.open.borrow().len() < dialer.config.instances.http2.connections_max {
                self.is_opening.set(true);
                let (links, dialer, destination) = (Rc::clone(self), Rc::clone(dialer), destination.clone());
                // Whoever asked may leave before it is open; others wait for it.
                tokio::task::spawn_local(async move {
                    links.take_in(dialer.dial(&destination, which.spoken, dial_limit).await);
                });
            }
            let either = async {
                tokio::select! {
                    () = freed => {}
                    () = opened => {}
                }
            };
            if timeout_at(deadline, either).await.is_err() {
                return Err(self.none_in_time(limit));
            }
            if self.openings.get() != openings
                && let Some(error) = &*self.failure.borrow()
            {
                return Err(error.clone());
            }
        }
    }

    fn free(&self) -> Option<Place> {
        let mut open = self.open.borrow_mut();
        let mut at = 0;
        while let Some(link) = open.get(at) {
            match link.enter() {
                Entry::Place(place) => return Some(place),
                Entry::Full => at += 1,
                // What is on it goes on.
                Entry::Ending => drop(open.remove(at)),
            }
        }
        None
    }

    fn take_in(&self, outcome: Result<Dialed, DialError>) {
        self.is_opening.set(false);
        self.openings.set(self.openings.get() + 1);
        self.failure.replace(None);
        match outcome {
            Ok(Dialed::Http2(link)) => {
                link.tell(&self.freed);
                self.open.borrow_mut().push(link);
            }
            Ok(Dialed::Http1(connection)) => {
                self.is_http1.set(true);
                self.first_http1.replace(Some(connection));
            }
            Err(error) => {
                self.failure.replace(Some(error));
            }
        }
        self.opened.notify_waiters();
    }

    fn wait(&self, dialer: &Dialer) -> Result<Waiting<'_>, DialError> {
        let max = dialer.config.instances.http2.pending_max;
        if self.waiting.get() > max {
            dialer.tally.limit(Limit::PendingRequests);
            return Err(busy(format!(
                "{max} requests wait for a place on its connections, the limit (eurus.gateway.instances.http2.pending-max)"
            )));
        }
        self.waiting.set(self.waiting.get() + 1);
        Ok(Waiting(&self.waiting))
    }

    fn none_in_time(&self, limit: Duration) -> DialError {
        let (count, limit_ms) = (self.open.borrow().len(), limit.as_millis());
        if self.is_opening.get() && count == 0 {
            let why = format!("no connection after {limit_ms} ms");
            return DialError { kind: ErrorKind::ConnectTimeout, why, is_refused: false };
        }
        busy(format!(
            "its {count} connections of HTTP/2 carry as many requests as they may, and none ended within {limit_ms} ms \
             (eurus.gateway.instances.http2.connections-max, and the instance's own limit of streams)"
        ))
    }

    /// Closes what is ended or was idle for too long; whether nothing is left.
    pub(super) fn close_overdue(&self, now_ms: i64, idle_ms: i64) -> bool {
        self.open.borrow_mut().retain(|link| !link.has_ended() && !link.is_overdue(now_ms, idle_ms));
        // Nobody has taken it at once: whoever wanted it has gone.
        self.first_http1.replace(None);
        self.open.borrow().is_empty() && self.waiting.get() == 0 && !self.is_opening.get()
    }
}

fn busy(why: String) -> DialError {
    DialError { kind: ErrorKind::Busy, why, is_refused: false }
}

/// One more waits.
struct Waiting<'a>(&'a Cell<usize>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
