//! When requests began on an instance.

/// Moments, µs of [the kernel's clock](super::arrivals).
#[derive(Debug, Default)]
pub(crate) struct Begun(Vec<i64>);

impl Begun {
    pub(crate) fn new(mut at_us: Vec<i64>) -> Self {
        // Connections note side by side.
        at_us.sort_unstable();
        Self(at_us)
    }

    /// The last one before a moment.
    pub(crate) fn last_before(&self, until_us: i64) -> Option<i64> {
        let before = self.0.partition_point(|at_us| *at_us < until_us);
        self.0[..before].last().copied()
    }

    /// How many came after one moment and before another.
    pub(crate) fn between(&self, after_us: i64, before_us: i64) -> usize {
        let not_after = self.0.partition_point(|at_us| *at_us <= after_us);
        self.0.partition_point(|at_us| *at_us < before_us).saturating_sub(not_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_at_a_moment_are_neither_before_nor_after_it() {
        let begun = Begun::new(vec![30, 10, 20]);
        for (until_us, expected) in [(10, None), (11, Some(10)), (25, Some(20)), (99, Some(30))] {
            assert_eq!(begun.last_before(until_us), expected, "{until_us}");
        }
        for (after_us, before_us, expected) in [(0, 99, 3), (10, 30, 1), (9, 31, 3), (20, 20, 0), (31, 5, 0)] {
            assert_eq!(begun.between(after_us, before_us), expected, "{after_us} {before_us}");
        }
    }
}
