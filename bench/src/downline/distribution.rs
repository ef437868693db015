//! All of a number of measurements, not their average.

/// Sorted values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Distribution(Vec<i64>);

impl Distribution {
    pub(crate) fn of(values: impl IntoIterator<Item = i64>) -> Self {
        let mut sorted: Vec<i64> = values.into_iter().collect();
        sorted.sort_unstable();
        Self(sorted)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest value that this share of all does not exceed (nearest rank); `None` of nothing.
    pub(crate) fn quantile(&self, share: f64) -> Option<i64> {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.max(1) - 1).copied()
    }

    pub(crate) fn least(&self) -> Option<i64> {
        self.0.first().copied()
    }

    pub(crate) fn most(&self) -> Option<i64> {
        self.0.last().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_measured_values() {
        let hundred = Distribution::of((1..=100).rev());
        for (share, expected) in [(0.5, 50), (0.9, 90), (0.99, 99), (1.0, 100), (0.001, 1)] {
            assert_eq!(hundred.quantile(share), Some(expected), "{share}");
        }
        assert_eq!((hundred.least(), hundred.most(), hundred.count()), (Some(1), Some(100), 100));
        assert_eq!(Distribution::of([7]).quantile(0.5), Some(7));
        assert_eq!(Distribution::of([]).quantile(0.5), None);
    }
}
