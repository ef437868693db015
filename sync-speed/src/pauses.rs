//! Pauses between two tries at what has to succeed in the end: they double up to a longest one.

/// The first pause, milliseconds.
const FIRST_MS: i64 = 500;
/// The longest one, milliseconds.
const LONGEST_MS: i64 = 10_000;

/// How long to wait before each further try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    next_ms: i64,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { next_ms: FIRST_MS }
    }
}

impl Pauses {
    /// It failed once more.
    pub(crate) fn next_ms(&mut self) -> i64 {
        let pause_ms = self.next_ms;
        self.next_ms = (pause_ms * 2).min(LONGEST_MS);
        pause_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_double_up_to_the_longest() {
        let mut pauses = Pauses::default();
        let each: Vec<i64> = (0..7).map(|_| pauses.next_ms()).collect();
        assert_eq!(each, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    }
}
