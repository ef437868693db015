//! Connections of one data-plane thread to instances, by endpoint: idle ones of HTTP/1.1, of which the one that became idle
//! last goes first, so that a pool that grew in a busy moment shrinks after it; and those of HTTP/2.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use super::Connection;
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
}

struct Idle {
    connection: Http1,
    since_ms: i64,
}

impl Pool {
    /// Empty.
    pub(crate) fn new(limits: PoolLimits, tally: Arc<Tally>) -> Self {
        Self { limits, idle: RefCell::default(), count: Cell::new(0), links: RefCell::default(), tally }
    }

    /// The connection to an endpoint that became idle last, unless it is closed or was idle for too long.
    pub(super) fn take(&self, endpoint: u64, now_ms: i64) -> Option<Http1> {
        let mut all = self.idle.borrow_mut();
        let idle = all.get_mut(&endpoint)?;
        while let Some(Idle { connection, since_ms }) = idle.pop_back() {
            self.fewer(1);
            if !connection.has_ended() && now_ms < since_ms + self.limits.idle_ms {
                return Some(connection);
            }
        }
        all.remove(&endpoint);
        None
    }

    /// Keeps a connection, or closes it when a limit is reached.
    pub(crate) fn put(&self, connection: Connection, now_ms: i64) {
        // A place on a shared one is free again when it is dropped.
        let Connection::Http1(connection) = connection else { return };
        if connection.has_ended() {
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

    /// Closes what was idle for too long.
    pub(crate) fn close_overdue(&self, now_ms: i64) {
        self.idle.borrow_mut().retain(|_, idle| {
            let before = idle.len();
            idle.retain(|one| !one.connection.has_ended() && now_ms < one.since_ms + self.limits.idle_ms);
            self.fewer(before - idle.len());
            !idle.is_empty()
        });
        self.links.borrow_mut().retain(|_, links| !links.close_overdue(now_ms, self.limits.idle_ms));
    }
}
