//! How long a loop waits after each try. Pure.

use crate::error::FailureKind;

/// Before the first success a process has nothing: its loops try again after this, doubled each time up to the interval.
const FIRST_RETRY_MS: i64 = 1_000;

/// The wait of one loop.
pub(crate) struct Backoff {
    interval_ms: i64,
    wait_max_ms: i64,
    wait_ms: i64,
    succeeded_once: bool,
}

impl Backoff {
    /// Waits `interval_ms`, after time-outs up to `bound` times as long.
    pub(crate) fn new(interval_ms: i64, bound: u32) -> Self {
        Self {
            interval_ms,
            wait_max_ms: interval_ms.saturating_mul(i64::from(bound)),
            wait_ms: FIRST_RETRY_MS.min(interval_ms),
            succeeded_once: false,
        }
    }

    /// The wait after this outcome.
    pub(crate) fn after(&mut self, outcome: Result<(), FailureKind>) -> i64 {
        match outcome {
            Ok(()) => {
                self.succeeded_once = true;
                self.wait_ms = self.interval_ms;
                self.wait_ms
            }
            Err(_) if !self.succeeded_once && self.wait_ms < self.interval_ms => {
                let wait_ms = self.wait_ms;
                self.wait_ms = wait_ms.saturating_mul(2).min(self.interval_ms);
                wait_ms
            }
            // As Java's client: only what is overloaded is spared; one that is gone costs nothing to ask.
            Err(FailureKind::TimedOut) => {
                self.wait_ms = self.wait_ms.saturating_mul(2).min(self.wait_max_ms);
                self.wait_ms
            }
            Err(_) => self.wait_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureKind::{Away, TimedOut};

    #[test]
    fn waits_follow_outcomes() {
        type Row = (i64, &'static [(Result<(), FailureKind>, i64)]);
        let table: [Row; 5] = [
            (30_000, &[(Ok(()), 30_000), (Err(Away), 30_000), (Err(Away), 30_000), (Ok(()), 30_000)]),
            (
                30_000,
                &[
                    (Ok(()), 30_000),
                    (Err(TimedOut), 60_000),
                    (Err(TimedOut), 120_000),
                    (Err(Away), 120_000),
                    (Err(TimedOut), 240_000),
                    (Err(TimedOut), 300_000),
                    (Err(TimedOut), 300_000),
                    (Ok(()), 30_000),
                ],
            ),
            (5_000, &[(Err(Away), 1_000), (Err(TimedOut), 2_000), (Err(Away), 4_000), (Err(Away), 5_000)]),
            (3_000, &[(Err(Away), 1_000), (Err(Away), 2_000), (Err(Away), 3_000), (Err(TimedOut), 6_000)]),
            (500, &[(Err(Away), 500), (Ok(()), 500), (Err(TimedOut), 1_000)]),
        ];
        for (interval_ms, steps) in table {
            let mut backoff = Backoff::new(interval_ms, 10);
            for (number, (outcome, wait_ms)) in steps.iter().enumerate() {
                assert_eq!(backoff.after(*outcome), *wait_ms, "interval {interval_ms}, step {number}");
            }
        }
    }
}
