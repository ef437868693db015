//! Medians, spreads and ratios over rounds.

/// A figure over several rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Figure {
    /// `None` of nothing.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            1 => sorted[middle],
            _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
        };
        Some(Self { median, least, most })
    }

    /// One server's figures over another's, each pair from one round: the machine drifts between rounds, not within one.
    pub(crate) fn of_ratios(above: &[(usize, f64)], below: &[(usize, f64)]) -> Option<Self> {
        Self::of(above.iter().filter_map(|(round, above)| {
            let (_, below) = below.iter().find(|(other, _)| other == round)?;
            (*below > 0.0).then(|| above / below)
        }))
    }

    /// Half the distance between the extremes, as a share of the median.
    pub(crate) fn spread(self) -> f64 {
        if self.median > 0.0 { (self.most - self.least) / 2.0 / self.median } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let table: [(&[f64], f64); 4] =
            [(&[3.0], 3.0), (&[9.0, 1.0, 2.0], 2.0), (&[4.0, 1.0], 2.5), (&[f64::NAN, 7.0], 7.0)];
        for (values, expected) in table {
            let figure = Figure::of(values.iter().copied()).unwrap();
            assert!((figure.median - expected).abs() < 1e-9, "{values:?}");
        }
        assert_eq!(Figure::of([]), None);
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        // The machine was half as fast in round 2: the ratio is not touched by that.
        let java = [(1, 100.0), (2, 200.0), (3, 100.0)];
        let ours = [(1, 5.0), (2, 10.0), (4, 1.0)];
        assert_eq!(Figure::of_ratios(&java, &ours), Some(Figure { median: 20.0, least: 20.0, most: 20.0 }));
        assert_eq!(Figure::of_ratios(&java, &[(1, 0.0)]), None);
    }

    #[test]
    fn the_spread_is_a_share() {
        let figure = Figure::of([90.0, 100.0, 110.0]).unwrap();
        assert!((figure.spread() - 0.1).abs() < 1e-9);
    }
}
