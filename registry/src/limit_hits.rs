//! A limit that was hit: each time is counted, and one line a pause is written about it. Whoever hits it as often as he
//! likes must not fill the log.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// How long nothing more is said about the same limit.
const PAUSE_MS: i64 = 10_000;
const NEVER_MS: i64 = i64::MIN;

/// See the module.
#[derive(Debug)]
pub(crate) struct LimitHits {
    count: AtomicU64,
    /// Of them, those that a line of the log has told of.
    told: AtomicU64,
    told_ms: AtomicI64,
}

/// How many times were not told of before this one: the end of the line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Untold(u64);

impl Default for LimitHits {
    fn default() -> Self {
        Self { count: AtomicU64::new(0), told: AtomicU64::new(0), told_ms: AtomicI64::new(NEVER_MS) }
    }
}

impl LimitHits {
    /// Counts one more; `None`: nothing is to be said about it now.
    pub(crate) fn hit(&self, now_ms: i64) -> Option<Untold> {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let told_ms = self.told_ms.load(Ordering::Relaxed);
        if told_ms != NEVER_MS && now_ms < told_ms.saturating_add(PAUSE_MS) {
            return None;
        }
        // One of those who are hit at the same moment says it.
        self.told_ms.compare_exchange(told_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed).ok()?;
        Some(Untold((count - 1).saturating_sub(self.told.swap(count, Ordering::Relaxed))))
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            times => write!(f, " ({times} more were not logged)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_one_a_pause_is_said() {
        let hits = LimitHits::default();
        assert_eq!(hits.hit(0), Some(Untold(0)));
        for _ in 0..1_000 {
            assert_eq!(hits.hit(PAUSE_MS - 1), None);
        }
        let untold = hits.hit(PAUSE_MS).unwrap();
        assert_eq!(untold.to_string(), " (1000 more were not logged)");
        assert_eq!((hits.hit(2 * PAUSE_MS), hits.count()), (Some(Untold(0)), 1_003));
    }
}
