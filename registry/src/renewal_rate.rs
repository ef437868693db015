//! How many heartbeats arrived in the last full minute.

use std::sync::atomic::{AtomicU64, Ordering};

const MINUTE_MS: i64 = 60_000;

/// Counts per minute since the start: the current one and the one before. Every heartbeat writes here, so it is two
/// atomics and no lock: each packs the number of its minute (upper half) and the count (lower half).
#[derive(Debug)]
pub(crate) struct RenewalRate {
    started_ms: i64,
    even_and_odd_minutes: [AtomicU64; 2],
}

impl RenewalRate {
    pub(crate) fn new(started_ms: i64) -> Self {
        // Minute numbers begin at 1, so that the untouched slots belong to no minute that is ever asked for.
        Self { started_ms, even_and_odd_minutes: [AtomicU64::new(0), AtomicU64::new(0)] }
    }

    fn minute(&self, now_ms: i64) -> u32 {
        u32::try_from((now_ms - self.started_ms).max(0) / MINUTE_MS + 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn increment(&self, now_ms: i64) {
        let minute = self.minute(now_ms);
        let slot = &self.even_and_odd_minutes[minute as usize % 2];
        let counted = |packed: u64| match unpack(packed) {
            (of_minute, count) if of_minute == minute => pack(minute, count.saturating_add(1)),
            // A slot of an earlier minute begins anew. One of a later minute means that this count came too late.
            (of_minute, _) if of_minute < minute => pack(minute, 1),
            _ => packed,
        };
        slot.update(Ordering::AcqRel, Ordering::Acquire, counted);
    }

    /// The count of the last full minute; 0 in the first.
    pub(crate) fn last_minute(&self, now_ms: i64) -> u32 {
        let wanted = self.minute(now_ms) - 1;
        let (minute, count) = unpack(self.even_and_odd_minutes[wanted as usize % 2].load(Ordering::Acquire));
        if minute == wanted { count } else { 0 }
    }
}

fn pack(minute: u32, count: u32) -> u64 {
    u64::from(minute) << 32 | u64::from(count)
}

#[allow(clippy::cast_possible_truncation)] // Each half is 32 bits.
fn unpack(packed: u64) -> (u32, u32) {
    ((packed >> 32) as u32, packed as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_full_minute_counts() {
        let rate = RenewalRate::new(1_000);
        for at_ms in [1_000, 30_000, 60_999, 61_000, 61_001] {
            rate.increment(at_ms);
        }
        for (now_ms, expected) in [(60_999, 0), (61_000, 3), (120_999, 3), (121_000, 2), (181_000, 0)] {
            assert_eq!(rate.last_minute(now_ms), expected, "at {now_ms}");
        }
    }

    #[test]
    fn a_minute_without_heartbeats_counts_as_none() {
        let rate = RenewalRate::new(0);
        rate.increment(0);
        assert_eq!(rate.last_minute(150_000), 0);
        rate.increment(150_000);
        assert_eq!(rate.last_minute(180_000), 1);
    }
}
