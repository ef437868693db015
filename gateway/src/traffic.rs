//! How many requests have begun at an endpoint, how many of them have not ended, and how many became upgraded connections.
//! Counted without a lock: a request adds one to each of two numbers, and looks whether somebody waits.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// See the module. All is sequentially consistent: a request raises `ended` and only then looks at `watchers`; who
/// waits raises `watchers` and only then looks at the counts. One of the two always sees the other.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    begun: AtomicU64,
    ended: AtomicU64,
    /// Of these: connections that left HTTP.
    upgrades_begun: AtomicU64,
    upgrades_ended: AtomicU64,
    watchers: AtomicUsize,
    idle: Notify,
}

/// Somebody waits until nothing is under way.
pub(crate) struct Watch<'a>(&'a Traffic);

impl Traffic {
    pub(crate) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    /// Since the start.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// Begun and not ended.
    pub(crate) fn under_way(&self) -> u64 {
        // In this order: the other way round a request that begins and ends in between would make it too few.
        let ended = self.ended.load(Ordering::SeqCst);
        self.begun() - ended
    }

    pub(crate) fn begin_upgrade(&self) {
        self.upgrades_begun.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn end_upgrade(&self) {
        self.upgrades_ended.fetch_add(1, Ordering::SeqCst);
    }

    /// Since the start.
    pub(crate) fn upgrades(&self) -> u64 {
        self.upgrades_begun.load(Ordering::SeqCst)
    }

    /// Begun and not ended.
    pub(crate) fn upgraded(&self) -> u64 {
        let ended = self.upgrades_ended.load(Ordering::SeqCst);
        self.upgrades() - ended
    }

    /// From now on ends are told.
    pub(crate) fn watch(&self) -> Watch<'_> {
        self.watchers.fetch_add(1, Ordering::SeqCst);
        Watch(self)
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.watchers.load(Ordering::SeqCst) > 0
    }

    pub(crate) fn tell_idle(&self) {
        self.idle.notify_waiters();
    }
}

impl<'a> Watch<'a> {
    /// Ends with the next [`Traffic::tell_idle`].
    pub(crate) fn idle(&self) -> Notified<'a> {
        self.0.idle.notified()
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.0.watchers.fetch_sub(1, Ordering::SeqCst);
    }
}
