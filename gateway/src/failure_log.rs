//! Failures that every request meets again are said once a pause for each cause, with the number of those that were not
//! said. One thread's own, like all that a worker holds.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

/// How long one cause is not said again.
const PAUSE_MS: i64 = 10_000;

/// Causes that are told apart. Beyond: those that are new share one line a pause.
const CAUSES_MAX: usize = 256;

/// What stands for all causes beyond the limit.
const OTHERS: &str = "further instances";

/// See the module.
#[derive(Default)]
pub(crate) struct FailureLog {
    causes: RefCell<HashMap<String, Said>>,
}

struct Said {
    at_ms: i64,
    unsaid: u64,
}

/// Failures of the same cause that were not said since the last one that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unsaid(u64);

impl FailureLog {
    /// Whether a failure is to be said now; `cause` is the instance, or whatever else the next one will share with it.
    pub(crate) fn note(&self, cause: &str, now_ms: i64) -> Option<Unsaid> {
        let mut causes = self.causes.borrow_mut();
        let is_over = |said: &Said| now_ms >= said.at_ms.saturating_add(PAUSE_MS);
        let known = if causes.contains_key(cause) {
            cause
        } else {
            if causes.len() >= CAUSES_MAX {
                causes.retain(|_, said| !is_over(said));
            }
            if causes.len() >= CAUSES_MAX { OTHERS } else { cause }
        };
        if let Some(said) = causes.get_mut(known) {
            if !is_over(said) {
                said.unsaid += 1;
                return None;
            }
            let unsaid = Unsaid(said.unsaid);
            *said = Said { at_ms: now_ms, unsaid: 0 };
            return Some(unsaid);
        }
        causes.insert(known.to_owned(), Said { at_ms: now_ms, unsaid: 0 });
        Some(Unsaid(0))
    }
}

impl fmt::Display for Unsaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            count => write!(f, " ({count} more like this were not logged)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_pause_for_each_cause() {
        let log = FailureLog::default();
        assert_eq!(log.note("a", 0), Some(Unsaid(0)));
        for _ in 0..1_000 {
            assert_eq!(log.note("a", PAUSE_MS - 1), None);
        }
        assert_eq!(log.note("b", PAUSE_MS - 1), Some(Unsaid(0)));
        let unsaid = log.note("a", PAUSE_MS).unwrap();
        assert_eq!(unsaid.to_string(), " (1000 more like this were not logged)");
        assert_eq!(log.note("a", PAUSE_MS), None);
        assert_eq!(log.note("a", 2 * PAUSE_MS).unwrap(), Unsaid(1));
        assert_eq!(Unsaid(0).to_string(), "");
    }

    #[test]
    fn neither_lines_nor_memory_grow_with_the_number_of_causes() {
        let log = FailureLog::default();
        let said = |now_ms| (0..10 * CAUSES_MAX).filter(|n| log.note(&n.to_string(), now_ms).is_some()).count();
        assert!(said(0) <= CAUSES_MAX + 1);
        assert!(log.causes.borrow().len() <= CAUSES_MAX + 1);
        assert!(said(PAUSE_MS) <= CAUSES_MAX + 1);
        assert!(log.causes.borrow().len() <= CAUSES_MAX + 1);
    }
}
