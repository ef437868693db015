//! What came of the requests: counts for all threads, latencies for each.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use hdrhistogram::Histogram;
use tokio::sync::Semaphore;

use super::broken::Broken;
use super::response::Answer;
use crate::failure::Failure;

/// Longer latencies count as this one, in µs.
const LATENCY_US_MAX: u64 = 120_000_000;
/// Significant digits of a latency.
const DIGITS: u8 = 3;
/// A load gives up when so many requests failed: a server that is gone would only be asked faster.
const FAILURES_MAX: u64 = 1_000;

/// Counts that all threads share.
pub(crate) struct Tally {
    connections: u32,
    /// A permit for each connection that stands.
    standing: Semaphore,
    record_from_us: AtomicI64,
    received_bytes: AtomicU64,
    answered: AtomicU64,
    body_bytes: AtomicU64,
    refused: AtomicU64,
    broken: AtomicU64,
    connections_made: AtomicU64,
    first_failure: Mutex<Option<String>>,
}

/// What a load has done up to a moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Bytes of bodies, those included that are not whole yet.
    pub(crate) received_bytes: u64,
    /// Answered with 2xx.
    pub(crate) answered: u64,
    /// Bytes of those answers' bodies.
    pub(crate) body_bytes: u64,
    /// Answered with something else.
    pub(crate) refused: u64,
    /// Not answered.
    pub(crate) broken: u64,
    /// Connections made, the first ones included.
    pub(crate) connections_made: u64,
}

impl Counts {
    /// Requests that did not get what they asked for.
    pub(crate) fn failed(&self) -> u64 {
        self.refused + self.broken
    }
}

impl Tally {
    pub(crate) fn new(connections: usize) -> Self {
        Self {
            connections: u32::try_from(connections).unwrap_or(u32::MAX),
            standing: Semaphore::new(0),
            record_from_us: AtomicI64::new(i64::MAX),
            received_bytes: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            body_bytes: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            broken: AtomicU64::new(0),
            connections_made: AtomicU64::new(0),
            first_failure: Mutex::new(None),
        }
    }

    /// One more connection stands.
    pub(crate) fn stands(&self) {
        self.standing.add_permits(1);
    }

    /// Returns when all connections stand.
    pub(crate) async fn connected(&self) {
        // It is never closed.
        let _ = self.standing.acquire_many(self.connections).await;
    }

    pub(crate) fn record_from(&self, now_us: i64) {
        self.record_from_us.store(now_us, Ordering::Relaxed);
    }

    /// Whether what ended, or was due, then counts.
    pub(crate) fn records(&self, moment_us: i64) -> bool {
        moment_us >= self.record_from_us.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self, result: &Result<Answer, Broken>) {
        match result {
            Ok(answer) if (200..300).contains(&answer.status) => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                self.body_bytes.fetch_add(answer.body_bytes, Ordering::Relaxed);
            }
            Ok(answer) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                self.note(|| format!("answered {}", answer.status));
            }
            Err(broken) => {
                self.broken.fetch_add(1, Ordering::Relaxed);
                self.note(|| broken.to_string());
            }
        }
    }

    /// Part of a body has come.
    pub(crate) fn receive(&self, bytes: usize) {
        self.received_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn count_connections(&self, made: u64) {
        self.connections_made.fetch_add(made, Ordering::Relaxed);
    }

    /// Whether it makes no sense to go on.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.counts().failed() >= FAILURES_MAX
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            received_bytes: self.received_bytes.load(Ordering::Relaxed),
            answered: self.answered.load(Ordering::Relaxed),
            body_bytes: self.body_bytes.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            broken: self.broken.load(Ordering::Relaxed),
            connections_made: self.connections_made.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn first_failure(&self) -> Option<String> {
        self.first_failure.lock().ok().and_then(|first| first.clone())
    }

    fn note(&self, words: impl FnOnce() -> String) {
        if let Ok(mut first) = self.first_failure.lock() {
            first.get_or_insert_with(words);
        }
    }
}

/// A histogram of latencies.
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self(Histogram::new_with_bounds(1, LATENCY_US_MAX, DIGITS)?))
    }

    pub(crate) fn record(&mut self, latency_us: i64) {
        self.0.saturating_record(u64::try_from(latency_us).unwrap_or_default().max(1));
    }

    pub(crate) fn add(&mut self, other: Self) {
        // Both have the same bounds: nothing can be outside.
        let _ = self.0.add(other.0);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency that this share of the requests did not exceed.
    pub(crate) fn quantile_us(&self, share: f64) -> f64 {
        self.0.value_at_quantile(share) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_requests() {
        let mut latencies = Latencies::new().unwrap();
        (1..=990).for_each(|_| latencies.record(200));
        let mut others = Latencies::new().unwrap();
        (1..=10).for_each(|_| others.record(50_000));
        latencies.add(others);
        assert_eq!(latencies.count(), 1_000);
        assert!((latencies.quantile_us(0.5) - 200.0).abs() < 1.0);
        assert!((latencies.quantile_us(0.99) - 200.0).abs() < 1.0);
        assert!((latencies.quantile_us(0.999) - 50_000.0).abs() < 50.0);
    }

    #[test]
    fn only_2xx_counts_as_answered() {
        let tally = Tally::new(1);
        for status in [200, 204, 302, 404, 500] {
            tally.count(&Ok(Answer { status, body_bytes: 10, closes: false }));
        }
        tally.count(&Err(Broken::Response("x")));
        let counts = tally.counts();
        assert_eq!((counts.answered, counts.body_bytes, counts.refused, counts.broken), (2, 20, 3, 1));
        assert_eq!(tally.first_failure().as_deref(), Some("answered 302"));
    }
}
