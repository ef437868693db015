//! What could not be done is tried again, with pauses that grow.

use std::collections::{HashMap, HashSet};

use super::Key;

/// First pause; it doubles up to the second.
const PAUSES_MS: [i64; 2] = [1_000, 60_000];

/// When again, and the pause before that.
#[derive(Default)]
pub(super) struct Patience(HashMap<Key, (i64, i64)>);

impl Patience {
    /// It could not be done.
    pub(super) fn later(&mut self, key: Key, now_ms: i64) {
        let [first_ms, longest_ms] = PAUSES_MS;
        let pause_ms = self.0.get(&key).map_or(first_ms, |(_, pause_ms)| (pause_ms * 2).min(longest_ms));
        self.0.insert(key, (now_ms.saturating_add(pause_ms), pause_ms));
    }

    pub(super) fn may_try(&self, key: &Key, now_ms: i64) -> bool {
        self.0.get(key).is_none_or(|(at_ms, _)| *at_ms <= now_ms)
    }

    /// It was done.
    pub(super) fn forget(&mut self, key: &Key) {
        self.0.remove(key);
    }

    pub(super) fn retain(&mut self, keys: &HashSet<Key>) {
        self.0.retain(|key, _| keys.contains(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_minute_and_begin_anew() {
        let (key, mut patience) = ((1, "a".to_owned()), Patience::default());
        let mut now_ms = 0;
        for pause_ms in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            assert!(patience.may_try(&key, now_ms));
            patience.later(key.clone(), now_ms);
            assert!(!patience.may_try(&key, now_ms + pause_ms - 1), "{pause_ms}");
            now_ms += pause_ms;
        }
        patience.forget(&key);
        assert!(patience.may_try(&key, 0));
        patience.later(key.clone(), 0);
        assert!(patience.may_try(&key, 1_000));
        patience.retain(&HashSet::new());
        assert!(patience.may_try(&key, 0));
    }
}
