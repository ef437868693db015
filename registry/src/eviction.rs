//! Which expired leases one run ends, and how late the run is.

/// How many of so many leases one run ends at most: `size - floor(size * percent)`.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)] // Counts of instances.
pub(crate) fn limit(size: usize, percent_threshold: f64) -> usize {
    size.saturating_sub((size as f64 * percent_threshold) as usize)
}

/// Chooses at random whom to evict: at most `limit` of those that are over.
#[allow(clippy::cast_sign_loss)] // A seed.
pub(crate) fn choose<T>(mut expired: Vec<T>, limit: usize, seed: i64) -> Vec<T> {
    let evicted = expired.len().min(limit);
    let mut random = Random(seed as u64);
    // The first steps of a Knuth shuffle: a choice without order over all applications.
    for place in 0..evicted {
        let other = place + random.below(expired.len() - place);
        expired.swap(place, other);
    }
    expired.truncate(evicted);
    expired
}

/// SplitMix64: even enough to spread evictions; nothing secret hangs on it.
struct Random(u64);

impl Random {
    #[allow(clippy::cast_possible_truncation)] // The remainder is below a usize.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }
}

/// How much later than planned a run comes. Clients could not renew while the whole machine stood still, so their
/// leases get that time on top.
#[derive(Debug, Default)]
pub(crate) struct Lateness {
    last_run_ms: Option<i64>,
}

impl Lateness {
    /// Notes a run and returns its lateness.
    pub(crate) fn note_run(&mut self, now_ms: i64, interval_ms: i64) -> i64 {
        let elapsed_ms = self.last_run_ms.map_or(0, |last_ms| now_ms - last_ms);
        self.last_run_ms = Some(now_ms);
        (elapsed_ms - interval_ms).max(0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn twenty_go_as_recorded() {
        let mut left: Vec<u32> = (0..20).collect();
        let mut sizes = vec![left.len()];
        for run in 0..11 {
            let evicted = choose(left.clone(), limit(left.len(), 0.85), run);
            left.retain(|one| !evicted.contains(one));
            sizes.push(left.len());
        }
        assert_eq!(sizes, [20, 17, 14, 11, 9, 7, 5, 4, 3, 2, 1, 0]);
    }

    #[test]
    fn the_limit_is_taken_of_all_instances() {
        // expired, size, percent -> evicted
        for (expired, size, percent, evicted) in
            [(0, 10, 0.85, 0), (1, 10, 0.85, 1), (10, 10, 0.85, 2), (3, 100, 0.85, 3), (5, 5, 1.0, 0), (5, 5, 0.0, 5)]
        {
            let chosen = choose((0..expired).collect(), limit(size, percent), 7);
            assert_eq!(chosen.len(), evicted, "{expired} of {size}");
            assert_eq!(chosen.iter().collect::<BTreeSet<_>>().len(), evicted, "nobody twice");
        }
    }

    #[test]
    fn different_seeds_choose_differently() {
        let chosen: BTreeSet<Vec<u32>> = (0..20).map(|seed| choose((0..50).collect(), limit(50, 0.85), seed)).collect();
        assert!(chosen.len() > 15, "{} different choices", chosen.len());
    }

    #[test]
    fn only_a_late_run_is_compensated() {
        let mut lateness = Lateness::default();
        for (now_ms, late_ms) in [(60_000, 0), (120_000, 0), (195_000, 15_000), (250_000, 0)] {
            assert_eq!(lateness.note_run(now_ms, 60_000), late_ms, "at {now_ms}");
        }
    }
}
