//! Connections of one data-plane thread to instances, by endpoint: idle ones of HTTP/1.1, of which the one that became idle
//! last goes first, so that a pool that grew in a busy moment shrinks after it; and those of HTTP/2.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Wake, Waker};

use eurus_service::Clock;
use tokio::sync::Notify;

use super::Connection;
use super::connection::Kept;
use super::http1::Http1;
use super::links::{Links, Which};
use crate::tally::{Limit, Tally};

/// How much may be idle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolLimits {
    pub(crate) per_address_max: usize,
    pub(crate) all_max: usize,
    pub(crate) idle_ms: i64,
}

/// See the module.
pub(crate) struct Pool {
    limits: PoolLimits,
    idle: RefCell<HashMap<u64, VecDeque<Idle>>>,
    count: Cell<usize>,
    links: RefCell<HashMap<Which, Rc<Links>>>,
    tally: Arc<Tally>,
    /// Something has come over an idle connection, its end most often.
    stirred: Arc<Stirred>,
    /// The same, for the connections to tell it.
    told: Waker,
}

/// See [`Pool::stirred`].
#[derive(Debug, Default)]
struct Stirred(Notify);

impl Wake for Stirred {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }
}

struct Idle {
    connection: Box<Http1>,
    since_ms: i64,
}

impl Idle {
    fn is_good(&self, now_ms: i64, idle_ms: i64, told: &Waker) -> bool {
        !self.connection.has_ended(told) && now_ms - self.since_ms < idle_ms.min(self.connection.idle_ms_max)
    }
}

impl Pool {
    /// Empty.
    pub(crate) fn new(limits: PoolLimits, tally: Arc<Tally>) -> Self {
        let stirred = Arc::<Stirred>::default();
        let told = Waker::from(Arc::clone(&stirred));
        Self { limits, idle: RefCell::default(), count: Cell::new(0), links: RefCell::default(), tally, stirred, told }
    }

    /// The connection to an endpoint that became idle last, unless it is closed or was idle for too long.
    fn take(&self, endpoint: u64, now_ms: i64) -> Option<Box<Http1>> {
        let mut all = self.idle.borrow_mut();
        let idle = all.get_mut(&endpoint)?;
        while let Some(Idle { connection, since_ms }) = idle.pop_back() {
            self.fewer(1);
            let idle = Idle { connection, since_ms };
            // With it comes a request, which has it told what else there is.
            if idle.is_good(now_ms, self.limits.idle_ms, Waker::noop()) {
                return Some(idle.connection);
            }
        }
        all.remove(&endpoint);
        None
    }

    /// The same, when it is ready for a request that has these demands.
    pub(super) async fn take_ready(&self, endpoint: u64, clock: &Clock, kept: Kept) -> Option<Box<Http1>> {
        match kept {
            Kept::No => return None,
            // What the operating system knows by now of connections that instances have closed, this pool knows then too.
            Kept::Checked => tokio::task::yield_now().await,
            Kept::Welcome => {}
        }
        let mut connection = self.take(endpoint, clock.now_ms())?;
        connection.is_reused = true;
        Some(connection)
    }

    /// Keeps a connection, or closes it when a limit is reached.
    pub(crate) fn put(&self, connection: Connection, now_ms: i64) {
        // A place on a shared one is free again when it is dropped.
        let Connection::Http1(connection) = connection else { return };
        if connection.has_ended(&self.told) {
            return;
        }
        if self.count.get() >= self.limits.all_max {
            return self.tally.limit(Limit::IdleConnections);
        }
        let mut all = self.idle.borrow_mut();
        let idle = all.entry(connection.endpoint).or_default();
        if idle.len() < self.limits.per_address_max {
            idle.push_back(Idle { connection, since_ms: now_ms });
            self.count.set(self.count.get() + 1);
            self.tally.mine().idle_begun.count(());
        } else {
            self.tally.limit(Limit::IdleConnections);
        }
    }

    fn fewer(&self, count: usize) {
        self.count.set(self.count.get() - count);
        self.tally.mine().idle_ended.add((), count as u64);
    }

    /// Those of HTTP/2.
    pub(super) fn links(&self, which: Which) -> Rc<Links> {
        Rc::clone(self.links.borrow_mut().entry(which).or_default())
    }

    /// Closes all idle connections to an endpoint: one of them was found dead, and the others are older.
    pub(super) fn forget(&self, endpoint: u64) {
        if let Some(idle) = self.idle.borrow_mut().remove(&endpoint) {
            self.fewer(idle.len());
        }
    }

    /// Until an instance may have closed an idle connection.
    pub(crate) async fn stirred(&self) {
        self.stirred.0.notified().await;
    }

    /// Closes what was idle for too long, or is closed by its instance.
    pub(crate) fn close_overdue(&self, now_ms: i64) {
        self.idle.borrow_mut().retain(|_, idle| {
            let before = idle.len();
            idle.retain(|one| one.is_good(now_ms, self.limits.idle_ms, &self.told));
            self.fewer(before - idle.len());
            !idle.is_empty()
        });
        self.links.borrow_mut().retain(|_, links| !links.close_overdue(now_ms, self.limits.idle_ms));
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use tokio::net::TcpStream;
    use tokio::task::LocalSet;

    use super::*;
    use crate::limits::Limits;

    /// What the instance has just closed, and nobody here was told of yet.
    #[tokio::test]
    async fn a_request_that_cannot_be_sent_again_takes_no_connection_that_is_closed() {
        let limits = PoolLimits { per_address_max: 2, all_max: 2, idle_ms: 15_000 };
        let (pool, clock) = (Pool::new(limits, Arc::default()), Clock::manual(0).0);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let test = async move {
            for (kept, is_taken) in [(Kept::Welcome, true), (Kept::Checked, false), (Kept::No, false)] {
                let stream = TcpStream::connect(address).await.unwrap();
                let (instance, _) = listener.accept().unwrap();
                let connection = Http1::plain(stream, address, &Limits::default(), &Rc::default());
                pool.put(Connection::Http1(connection), 0);
                if kept == Kept::Checked {
                    let alive = pool.take_ready(0, &clock, kept).await.unwrap();
                    pool.put(Connection::Http1(alive), 0);
                }
                drop(instance);
                assert_eq!(pool.take_ready(0, &clock, kept).await.is_some(), is_taken, "{kept:?}");
            }
        };
        // As a task among others, which is what requests are.
        LocalSet::new().run_until(async { tokio::task::spawn_local(test).await }).await.unwrap();
    }
}
