//! The last number seen for each instance: how an order that was overtaken on its way is recognised.

use std::collections::{HashMap, VecDeque};

/// Bounded in count and in time; the oldest goes first.
pub(super) struct LastNumbers {
    count_max: usize,
    kept_ms: i64,
    by_app: HashMap<String, HashMap<String, Last>>,
    /// In the order of arrival. An instance stands here once for every order; only its latest entry counts.
    arrivals: VecDeque<Arrival>,
    next_sequence: u64,
}

struct Last {
    number: i64,
    sequence: u64,
}

struct Arrival {
    app: String,
    id: String,
    sequence: u64,
    seen_ms: i64,
}

impl LastNumbers {
    pub(super) fn new(count_max: usize, kept_ms: i64) -> Self {
        Self { count_max, kept_ms, by_app: HashMap::new(), arrivals: VecDeque::new(), next_sequence: 0 }
    }

    pub(super) fn get(&self, app: &str, id: &str) -> Option<i64> {
        Some(self.by_app.get(app)?.get(id)?.number)
    }

    pub(super) fn remember(&mut self, app: &str, id: &str, number: i64, now_ms: i64) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.by_app.entry(app.to_owned()).or_default().insert(id.to_owned(), Last { number, sequence });
        self.arrivals.push_back(Arrival { app: app.to_owned(), id: id.to_owned(), sequence, seen_ms: now_ms });
        while let Some(oldest) = self.arrivals.front() {
            let too_many = self.arrivals.len() > self.count_max;
            let too_old = oldest.seen_ms + self.kept_ms <= now_ms;
            if !(too_many || too_old) {
                break;
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.arrivals.pop_front() else { return };
        let Some(numbers) = self.by_app.get_mut(&oldest.app) else { return };
        if numbers.get(&oldest.id).is_some_and(|last| last.sequence == oldest.sequence) {
            numbers.remove(&oldest.id);
        }
        if numbers.is_empty() {
            self.by_app.remove(&oldest.app);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first_and_a_repeated_instance_is_young_again() {
        let mut numbers = LastNumbers::new(3, 1_000);
        numbers.remember("A", "1", 10, 0);
        numbers.remember("A", "2", 11, 0);
        numbers.remember("A", "1", 12, 0);
        numbers.remember("B", "3", 13, 0);
        assert_eq!(numbers.get("A", "1"), Some(12));
        assert_eq!(numbers.get("A", "2"), Some(11));
        numbers.remember("B", "4", 14, 0);
        assert_eq!(numbers.get("A", "2"), None);
        assert_eq!(numbers.get("A", "1"), Some(12));
    }

    #[test]
    fn a_number_is_forgotten_when_its_time_is_over() {
        let mut numbers = LastNumbers::new(3, 1_000);
        numbers.remember("A", "1", 10, 0);
        numbers.remember("A", "2", 11, 999);
        assert_eq!(numbers.get("A", "1"), Some(10));
        numbers.remember("A", "2", 12, 1_000);
        assert_eq!(numbers.get("A", "1"), None);
        assert_eq!(numbers.by_app.len(), 1);
        assert_eq!(numbers.arrivals.len(), 2);
    }
}
