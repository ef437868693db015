//! A token bucket by Eureka's rules. `governor` refills continuously; Eureka's refills whole tokens and lets the moment of the
//! refill lag by the rounding, which shows at low rates, so it is written down here.

use std::sync::atomic::{AtomicU64, Ordering};

/// Tokens at most: the count has 24 bits.
pub(crate) const BURST_MAX: u32 = (1 << CONSUMED_BITS) - 1;
/// Tokens per second at most: keeps the arithmetic far inside 64 bits.
pub(crate) const RATE_MAX: u32 = 1_000_000;

const CONSUMED_BITS: u32 = 24;
const SECOND_MS: u64 = 1_000;

/// One word, so that no lock is needed: the moment of the last refill, in ms since the start, and the tokens consumed.
#[derive(Debug, Default)]
pub(crate) struct TokenBucket(AtomicU64);

#[derive(Clone, Copy)]
struct Level {
    /// 0: never.
    refilled_ms: u64,
    consumed: u64,
}

impl TokenBucket {
    /// Takes a token, if there is one. A burst or a rate of 0 lets everything through. `now_ms` counts from the start,
    /// beginning at 1.
    pub(crate) fn take(&self, burst: u32, rate_per_s: u32, now_ms: u64) -> bool {
        if burst == 0 || rate_per_s == 0 {
            return true;
        }
        let after = |packed| Level::unpack(packed).after(burst, rate_per_s, now_ms);
        let before = self.0.update(Ordering::AcqRel, Ordering::Acquire, |packed| after(packed).0.pack());
        after(before).1
    }
}

impl Level {
    fn unpack(packed: u64) -> Self {
        Self { refilled_ms: packed >> CONSUMED_BITS, consumed: packed & u64::from(BURST_MAX) }
    }

    fn pack(self) -> u64 {
        self.refilled_ms << CONSUMED_BITS | self.consumed
    }

    /// The level after a try to take one, and whether that succeeded.
    fn after(self, burst: u32, rate_per_s: u32, now_ms: u64) -> (Self, bool) {
        let (burst, rate) = (u64::from(burst), u64::from(rate_per_s));
        let mut level = self.refilled(burst, rate, now_ms);
        let has_token = level.consumed < burst;
        level.consumed += u64::from(has_token);
        (level, has_token)
    }

    fn refilled(self, burst: u64, rate: u64, now_ms: u64) -> Self {
        if self.refilled_ms == 0 {
            return Self { refilled_ms: now_ms, consumed: 0 };
        }
        // A clock that was set back refills nothing.
        let tokens = now_ms.saturating_sub(self.refilled_ms) * rate / SECOND_MS;
        if tokens == 0 {
            return self;
        }
        // Not `now_ms`: the part of a token that has grown since stays.
        let refilled_ms = self.refilled_ms + tokens * SECOND_MS / rate;
        Self { refilled_ms, consumed: self.consumed.min(burst).saturating_sub(tokens) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Which of the tries at these moments succeed.
    fn taken(burst: u32, rate: u32, at_ms: &[u64]) -> Vec<bool> {
        let bucket = TokenBucket::default();
        at_ms.iter().map(|at_ms| bucket.take(burst, rate, at_ms + 1)).collect()
    }

    #[test]
    fn a_burst_passes_and_then_what_the_rate_allows() {
        let (yes, no) = (true, false);
        let table: [(u32, u32, &[u64], &[bool]); 6] = [
            (3, 100, &[0, 0, 0, 0, 9, 10, 10], &[yes, yes, yes, no, no, yes, no]),
            // Long quiet fills it, and no further.
            (2, 100, &[0, 0, 0, 60_000, 60_000, 60_000], &[yes, yes, no, yes, yes, no]),
            // At 3 in a second a token takes 333.3 ms: whole tokens at 334, 667 and 1000, by the rounding down.
            (1, 3, &[0, 333, 334, 666, 667, 999, 1_000], &[yes, no, yes, no, yes, no, yes]),
            // Refused tries do not put off the next token.
            (1, 1, &[0, 400, 800, 999, 1_000], &[yes, no, no, no, yes]),
            (0, 5, &[0, 0, 0], &[yes, yes, yes]),
            (5, 0, &[0, 0, 0], &[yes, yes, yes]),
        ];
        for (burst, rate, at_ms, expected) in table {
            assert_eq!(taken(burst, rate, at_ms), expected, "burst {burst}, rate {rate}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_gives_no_tokens_and_takes_none() {
        assert_eq!(taken(2, 100, &[5_000, 5_000, 1_000, 5_009, 5_010]), [true, true, false, false, true]);
    }

    #[test]
    fn threads_share_a_burst() {
        let bucket = TokenBucket::default();
        let taken: usize = std::thread::scope(|scope| {
            let tries = || (0..1_000).filter(|_| bucket.take(500, 100, 7)).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(tries)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 500);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_window_passes_more_than_burst_and_rate(
            burst in 1_u32..20, rate in 1_u32..2_000, gaps in proptest::collection::vec(0_u64..50, 1..200),
        ) {
            let at_ms: Vec<u64> = gaps.iter().scan(0, |at_ms, gap| { *at_ms += gap; Some(*at_ms) }).collect();
            let taken = taken(burst, rate, &at_ms);
            for from in 0..at_ms.len() {
                let mut passed = 0;
                for (tries, until) in (1_u64..).zip(from..at_ms.len()) {
                    passed += u64::from(taken[until]);
                    // Each refill rounds down what it accounts for, by less than a millisecond.
                    let grown = (at_ms[until] - at_ms[from] + tries) * u64::from(rate) / 1_000 + 1;
                    prop_assert!(passed <= u64::from(burst) + grown, "{} of {} tries", passed, tries);
                }
            }
        }

        #[test]
        fn whoever_keeps_to_the_rate_always_passes(rate in 1_u32..500, count in 1_u64..100) {
            let gap_ms = 1_000_u64.div_ceil(u64::from(rate));
            let at_ms: Vec<u64> = (0..count).map(|number| number * gap_ms).collect();
            prop_assert!(taken(1, rate, &at_ms).into_iter().all(|taken| taken));
        }
    }
}
