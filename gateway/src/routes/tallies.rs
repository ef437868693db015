//! What is counted of routes. How many there are is a file's choice, and how many series a monitoring system takes is not:
//! routes beyond a limit are counted together.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::tally::ServiceTally;

/// What those beyond the limit are counted as, and those of the locator. No route can be called so: of ids in parentheses
/// the series would be mixed up, and both are refused.
const OTHERS: &str = "(others)";
pub(crate) const LOCATOR: &str = "(locator)";

/// Written by who replaces the routes and read by who shows metrics; no request sees it.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    by_id: BTreeMap<String, Arc<ServiceTally>>,
    /// Routes that are not counted apart.
    beyond: u64,
}

impl Tallies {
    /// For these routes, in their order; those that were there go on with what they have counted.
    pub(super) fn settle<'a>(&mut self, ids: impl Iterator<Item = &'a str>, most: usize) {
        let (mut named, mut beyond) = (HashSet::from([LOCATOR]), 0);
        for id in ids {
            if named.len() <= most {
                named.insert(id);
            } else {
                beyond += 1;
            }
        }
        self.beyond = beyond;
        self.by_id.retain(|id, _| named.contains(id.as_str()) || id == OTHERS);
        for id in named {
            self.by_id.entry(id.to_owned()).or_default();
        }
        if beyond > 0 {
            self.by_id.entry(OTHERS.to_owned()).or_default();
        }
    }

    /// What a route counts with.
    pub(super) fn of(&self, id: &str) -> Arc<ServiceTally> {
        self.by_id.get(id).or_else(|| self.by_id.get(OTHERS)).cloned().unwrap_or_default()
    }

    /// All, by id; and how many routes are not counted apart.
    pub(super) fn shown(&self) -> (BTreeMap<String, Arc<ServiceTally>>, u64) {
        (self.by_id.clone(), self.beyond)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn those_beyond_the_limit_are_counted_together_and_a_route_that_stays_goes_on() {
        let mut tallies = Tallies::default();
        tallies.settle(["a", "b", "c", "d"].into_iter(), 2);
        for id in ["a", "c", "d", LOCATOR] {
            tallies.of(id).answered(StatusCode::OK);
        }
        let counted = |tallies: &Tallies| -> Vec<(String, u64)> {
            let (all, _) = tallies.shown();
            all.into_iter().map(|(id, tally)| (id, tally.answers().iter().map(|(_, count)| count).sum())).collect()
        };
        let owned =
            |list: &[(&str, u64)]| list.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect::<Vec<_>>();
        assert_eq!(counted(&tallies), owned(&[(LOCATOR, 1), (OTHERS, 2), ("a", 1), ("b", 0)]));
        assert_eq!(tallies.shown().1, 2);
        tallies.settle(["a", "d"].into_iter(), 2);
        assert_eq!(counted(&tallies), owned(&[(LOCATOR, 1), (OTHERS, 2), ("a", 1), ("d", 0)]));
    }
}
