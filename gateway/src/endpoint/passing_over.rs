//! Whether others are preferred: an endpoint has refused connections, or left requests unanswered.

use std::sync::atomic::Ordering;

use super::{Endpoint, NOT_REFUSED};

impl Endpoint {
    /// Leave to go to an endpoint that is not refused. Always, but for one whose pause is over and that has accepted no
    /// connection since: of it, for the first who asks, and for everybody else after another pause.
    pub(crate) fn claim(&self, now_ms: i64, pause_ms: i64) -> bool {
        let until_ms = self.refused_until_ms.load(Ordering::Relaxed);
        let next_ms = now_ms.saturating_add(pause_ms);
        let renewed =
            || self.refused_until_ms.compare_exchange(until_ms, next_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        until_ms == NOT_REFUSED || (until_ms <= now_ms && renewed())
    }

    /// It accepted a connection; whether it had refused one before.
    pub(crate) fn set_connected(&self) -> bool {
        // The common case only reads: a cache line that nobody writes can be read by all.
        if self.refused_until_ms.load(Ordering::Relaxed) == NOT_REFUSED || self.is_failing() {
            return false;
        }
        self.refusals.store(0, Ordering::Relaxed);
        self.told_until_ms.store(NOT_REFUSED, Ordering::Relaxed);
        self.refused_until_ms.swap(NOT_REFUSED, Ordering::Relaxed) != NOT_REFUSED
    }

    /// A request was answered here; whether the endpoint was passed over because others were not.
    pub(crate) fn answered(&self) -> bool {
        // The common case only reads.
        if self.failures.load(Ordering::Relaxed) == 0 {
            return false;
        }
        self.failures.store(0, Ordering::Relaxed);
        let was_failing = self.is_failing.swap(false, Ordering::Relaxed);
        was_failing && self.refused_until_ms.swap(NOT_REFUSED, Ordering::Relaxed) != NOT_REFUSED
    }

    /// A request was not answered, or by nonsense. From so many in a row on others are preferred until then; how many there were
    /// when that begins. It ends with an answer, not with a connection: the system accepts those for a process that hangs.
    pub(crate) fn unanswered(&self, in_a_row_max: u32, until_ms: i64) -> Option<u32> {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if in_a_row_max == 0 || failures < in_a_row_max {
            return None;
        }
        self.refused_until_ms.store(until_ms, Ordering::Relaxed);
        (!self.is_failing.swap(true, Ordering::Relaxed)).then_some(failures)
    }

    /// Whether the last request got no answer.
    pub(crate) fn has_failed(&self) -> bool {
        self.failures.load(Ordering::Relaxed) > 0
    }

    /// Whether it is passed over because requests were not answered.
    pub(crate) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    /// Counts a refused connection; how many there were in a row, for the first who asks in a pause.
    pub(crate) fn refused_in_new_pause(&self, now_ms: i64, pause_ms: i64) -> Option<u64> {
        let refusals = self.refusals.fetch_add(1, Ordering::Relaxed) + 1;
        let told_ms = self.told_until_ms.load(Ordering::Relaxed);
        let until_ms = now_ms.saturating_add(pause_ms);
        let is_first =
            || self.told_until_ms.compare_exchange(told_ms, until_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        (told_ms <= now_ms && is_first()).then_some(refusals)
    }

    /// Whether it refused the last connection.
    pub(crate) fn has_refused(&self) -> bool {
        self.refused_until_ms.load(Ordering::Relaxed) != NOT_REFUSED
    }

    /// It refused a connection: others are preferred until then.
    pub(crate) fn set_refused_until(&self, until_ms: i64) {
        self.refused_until_ms.store(until_ms, Ordering::Relaxed);
    }

    /// Whether it refused a connection a short time ago.
    pub(crate) fn is_refused(&self, now_ms: i64) -> bool {
        now_ms < self.refused_until_ms.load(Ordering::Relaxed)
    }
}
