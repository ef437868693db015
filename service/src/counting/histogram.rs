//! How long something took, in buckets.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Cell;

/// Upper bounds of the buckets, 10 µs to 10 s: a heartbeat takes microseconds, a list of 100,000 instances up to a second, a
/// request through a gateway as long as its instance.
pub const BOUNDS_NS: [u64; 19] = [
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// Durations by bucket; the last bucket has no bound. How many there were is the sum of the buckets: one addition less,
/// and it can never disagree with them.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS_NS.len() + 1],
    sum_ns: AtomicU64,
}

impl Histogram {
    /// Takes a duration down.
    pub fn observe_ns(&self, duration_ns: i64) {
        let duration_ns = u64::try_from(duration_ns).unwrap_or(0);
        let bucket = BOUNDS_NS.partition_point(|bound_ns| *bound_ns < duration_ns);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_ns.fetch_add(duration_ns, Ordering::Relaxed);
    }
}

/// What was observed: counts per bucket, not yet cumulative.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The last has no bound.
    pub buckets: [u64; BOUNDS_NS.len() + 1],
    /// Of all durations.
    pub sum_ns: u64,
}

impl Observed {
    /// How many.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

impl Cell for Histogram {
    type Total = Observed;

    fn add_to(&self, total: &mut Observed) {
        for (total, bucket) in total.buckets.iter_mut().zip(&self.buckets) {
            *total += bucket.load(Ordering::Relaxed);
        }
        total.sum_ns += self.sum_ns.load(Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        // duration -> bucket
        for (duration_ns, bucket) in [
            (-5, 0),
            (0, 0),
            (10_000, 0),
            (10_001, 1),
            (999_999, 6),
            (1_000_000, 6),
            (1_000_000_000, 15),
            (1_000_000_001, 16),
            (10_000_000_001, 19),
        ] {
            let histogram = Histogram::default();
            histogram.observe_ns(duration_ns);
            let mut observed = Observed::default();
            histogram.add_to(&mut observed);
            assert_eq!((observed.count(), observed.buckets[bucket]), (1, 1), "{duration_ns}");
            assert_eq!(observed.sum_ns, u64::try_from(duration_ns).unwrap_or(0));
        }
    }
}
