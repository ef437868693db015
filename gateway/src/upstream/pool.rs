//! Idle connections of one data-plane thread, by address. The one that became idle last goes first, so that a pool
//! that grew in a busy moment shrinks after it.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use super::Connection;
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
    idle: RefCell<HashMap<SocketAddr, VecDeque<Idle>>>,
    count: Cell<usize>,
    tally: Arc<Tally>,
}

struct Idle {
    connection: Connection,
    since_ms: i64,
}

impl Pool {
    /// Empty.
    pub(crate) fn new(limits: PoolLimits, tally: Arc<Tally>) -> Self {
        Self { limits, idle: RefCell::default(), count: Cell::new(0), tally }
    }

    /// The connection to an address that became idle last, unless it is closed or was idle for too long.
    pub(crate) fn take(&self, address: SocketAddr, now_ms: i64) -> Option<Connection> {
        let mut all = self.idle.borrow_mut();
        let idle = all.get_mut(&address)?;
        while let Some(Idle { connection, since_ms }) = idle.pop_back() {
            self.fewer(1);
            if !connection.is_closed() && now_ms < since_ms + self.limits.idle_ms {
                return Some(connection);
            }
        }
        all.remove(&address);
        None
    }

    /// Keeps a connection, or closes it when a limit is reached.
    pub(crate) fn put(&self, connection: Connection, now_ms: i64) {
        if connection.is_closed() {
            return;
        }
        if self.count.get() >= self.limits.all_max {
            return self.tally.limit(Limit::IdleConnections);
        }
        let mut all = self.idle.borrow_mut();
        let idle = all.entry(connection.address()).or_default();
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

    /// Closes all idle connections to an address: one of them was found dead, and the others are older.
    pub(crate) fn forget(&self, address: SocketAddr) {
        if let Some(idle) = self.idle.borrow_mut().remove(&address) {
            self.fewer(idle.len());
        }
    }

    /// Closes what was idle for too long.
    pub(crate) fn close_overdue(&self, now_ms: i64) {
        self.idle.borrow_mut().retain(|_, idle| {
            let before = idle.len();
            idle.retain(|one| !one.connection.is_closed() && now_ms < one.since_ms + self.limits.idle_ms);
            self.fewer(before - idle.len());
            !idle.is_empty()
        });
    }
}
