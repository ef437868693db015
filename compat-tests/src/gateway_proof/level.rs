//! Whether memory is flat: the second half of a run beside the first.

use std::fmt;

/// Part of a run that is left out at its beginning: buffers, connections and caches are filled.
const WARM_UP_PERCENT: usize = 20;
/// The second half's mean may be above the first's by so much: what a process keeps differs with what it just did.
const GROWTH_PERCENT_MAX: u64 = 10;
const GROWTH_KIB_MAX: u64 = 4 * 1024;
/// Fewer samples say nothing.
const SAMPLES_MIN: usize = 100;

/// Resident memory behind the warm-up, KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Level {
    /// Means of the halves.
    pub(super) halves: [u64; 2],
    pub(super) most: u64,
    pub(super) samples: usize,
}

impl Level {
    /// Of samples at even distances.
    pub(super) fn of(samples: &[u64]) -> Self {
        let behind = &samples[samples.len() * WARM_UP_PERCENT / 100..];
        let (first, second) = behind.split_at(behind.len() / 2);
        let mean = |half: &[u64]| half.iter().sum::<u64>() / half.len().max(1) as u64;
        let most = samples.iter().copied().max().unwrap_or_default();
        Self { halves: [mean(first), mean(second)], most, samples: samples.len() }
    }

    /// Why it is not.
    pub(super) fn unless_flat(&self) -> Result<(), String> {
        let [first, second] = self.halves;
        let allowed = first + (first * GROWTH_PERCENT_MAX / 100).max(GROWTH_KIB_MAX);
        if self.samples < SAMPLES_MIN || second <= allowed {
            return Ok(());
        }
        Err(format!("the gateway's memory grows: {self}, allowed are {allowed} KiB"))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.halves;
        write!(f, "{first} KiB in the first half, {second} KiB in the second, at most {} KiB", self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_behind_the_warm_up_is_seen() {
        let flat = |sample: fn(u64) -> u64| Level::of(&(0..200).map(sample).collect::<Vec<_>>()).unless_flat();
        assert_eq!(flat(|_| 50_000), Ok(()));
        assert_eq!(flat(|at| if at < 40 { at * 1_000 } else { 50_000 }), Ok(()), "the warm-up");
        assert_eq!(flat(|at| 50_000 + at % 7 * 3_000), Ok(()), "to and fro");
        assert!(flat(|at| 50_000 + at * 100).unwrap_err().contains("memory grows"));
        assert_eq!(Level::of(&[1, 90_000]).unless_flat(), Ok(()), "too few");
        assert_eq!(Level::of(&[]).halves, [0, 0]);
    }
}
