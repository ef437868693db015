//! When requests began on an instance.

/// Moments, in µs of the clock that everything here is measured with.
#[derive(Debug, Default)]
pub(crate) struct Begun(Vec<i64>);

impl Begun {
    pub(crate) fn new(mut at_us: Vec<i64>) -> Self {
        // Connections note side by side.
        at_us.sort_unstable();
        Self(at_us)
    }

    /// The last one up to a moment.
    pub(crate) fn last_up_to(&self, until_us: i64) -> Option<i64> {
        self.0.iter().rev().find(|at_us| **at_us <= until_us).copied()
    }

    /// How many came after a moment.
    pub(crate) fn after(&self, moment_us: i64) -> usize {
        self.0.iter().filter(|at_us| **at_us > moment_us).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_up_to_a_moment() {
        let begun = Begun::new(vec![30, 10, 20]);
        for (until_us, expected, after) in [(9, None, 3), (10, Some(10), 2), (25, Some(20), 1), (99, Some(30), 0)] {
            assert_eq!((begun.last_up_to(until_us), begun.after(until_us)), (expected, after), "{until_us}");
        }
    }
}
