//! Chance from a seed. Numbers of a fixed width only: a `usize` falls differently on another machine.

/// See the module.
pub(super) struct Dice(fastrand::Rng);

impl Dice {
    pub(super) fn of_seed(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// From `from` to `to`, both included.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        self.0.i64(from..=to.max(from))
    }

    /// A number of things, as [`between`](Self::between).
    pub(super) fn count(&mut self, from: u8, to: u8) -> usize {
        usize::from(self.0.u8(from..=to.max(from)))
    }

    pub(super) fn percent(&mut self, chance: u8) -> bool {
        self.0.u8(0..100) < chance
    }

    /// One of them; `None` where there is none.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let last = i64::try_from(from.len()).ok()? - 1;
        if last < 0 {
            return None;
        }
        from.get(usize::try_from(self.between(0, last)).ok()?)
    }

    /// One of a few that are there for certain.
    pub(super) fn one_of<T: Copy, const N: usize>(&mut self, from: [T; N]) -> T {
        const { assert!(N > 0 && N < 256) };
        from[self.count(0, u8::try_from(N - 1).unwrap_or(u8::MAX))]
    }
}
