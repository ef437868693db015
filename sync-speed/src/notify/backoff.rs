//! How long to wait before a call is repeated. Pure.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Doubles from `base_ms` up to `max_ms`; the second half of it depends on the seed, so that calls that failed
/// together do not come back together.
pub(super) fn delay_ms(attempts: u32, base_ms: i64, max_ms: i64, seed: impl Hash) -> i64 {
    let doublings = attempts.saturating_sub(1).min(30);
    let full_ms = base_ms.saturating_mul(1 << doublings).clamp(1, max_ms.max(1));
    let mut hasher = DefaultHasher::new();
    (seed, attempts).hash(&mut hasher);
    let half_ms = full_ms / 2;
    let spread = i64::try_from(hasher.finish() >> 1).unwrap_or(0);
    full_ms - half_ms + spread % (half_ms + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_bounds() {
        for (attempts, least_ms, most_ms) in
            [(0, 100, 200), (1, 100, 200), (2, 200, 400), (3, 400, 800), (6, 2_500, 5_000), (u32::MAX, 2_500, 5_000)]
        {
            for seed in 0..100 {
                let delay = delay_ms(attempts, 200, 5_000, seed);
                assert!((least_ms..=most_ms).contains(&delay), "attempt {attempts}, seed {seed}: {delay}");
            }
        }
        assert_eq!(delay_ms(1, 0, 0, 1), 1, "never at once");
    }

    #[test]
    fn spread() {
        let distinct: std::collections::BTreeSet<i64> = (0..50).map(|seed| delay_ms(3, 200, 5_000, seed)).collect();
        assert!(distinct.len() > 20, "{distinct:?}");
    }
}
