//! In turn, as Ribbon's `RoundRobinRule`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::endpoint::Endpoint;
use crate::rule::{Rule, RuleName};

/// Counts choices; the count modulo the number of candidates is the choice. The turns of those that are not acceptable
/// go to the others, in turn as well: given to the next one in the list, they would double its load.
#[derive(Debug, Default)]
pub(crate) struct RoundRobin {
    chosen: AtomicUsize,
}

impl Rule for RoundRobin {
    fn name(&self) -> RuleName {
        RuleName::RoundRobin
    }

    fn choose(&self, candidates: &[Arc<Endpoint>], is_acceptable: &dyn Fn(&Endpoint) -> bool) -> Option<Arc<Endpoint>> {
        // Wraps around after usize::MAX choices: one turn is then out of order.
        let count = self.chosen.fetch_add(1, Ordering::Relaxed);
        let turn = candidates.get(count.checked_rem(candidates.len())?)?;
        if is_acceptable(turn) {
            return Some(Arc::clone(turn));
        }
        let acceptable = || candidates.iter().filter(|endpoint| is_acceptable(endpoint));
        let round = count.checked_div(candidates.len())?;
        let chosen = round.checked_rem(acceptable().count()).and_then(|place| acceptable().nth(place));
        if chosen.is_none() {
            // The turn is for the next who asks: two for one request would pass over every other instance.
            self.chosen.fetch_sub(1, Ordering::Relaxed);
        }
        chosen.cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    #[test]
    fn in_turn() {
        let endpoints: Vec<_> =
            ["1", "2", "3"].map(|id| Arc::new(Endpoint::new("APP", id, SocketAddr::from(([127, 0, 0, 2], 80))))).into();
        let rule = RoundRobin::default();
        let chosen: Vec<_> =
            (0..6).map(|_| rule.choose(&endpoints, &|_| true).unwrap().instance_id().to_owned()).collect();
        assert_eq!(chosen, ["1", "2", "3", "1", "2", "3"]);
        assert!(rule.choose(&[], &|_| true).is_none());
        assert!(rule.choose(&endpoints, &|_| false).is_none());
    }

    #[test]
    fn who_finds_none_takes_no_turn() {
        let address = SocketAddr::from(([127, 0, 0, 2], 80));
        let endpoints: Vec<_> = ["1", "2"].map(|id| Arc::new(Endpoint::new("APP", id, address))).into();
        let rule = RoundRobin::default();
        let choose = || {
            assert!(rule.choose(&endpoints, &|_| false).is_none());
            rule.choose(&endpoints, &|_| true).unwrap().instance_id().to_owned()
        };
        assert_eq!([(); 4].map(|()| choose()), ["1", "2", "1", "2"]);
    }

    #[test]
    fn the_turns_of_those_that_are_not_acceptable_are_shared_by_all_others() {
        let ids = ["1", "2", "3", "4", "5"];
        let address = SocketAddr::from(([127, 0, 0, 2], 80));
        let endpoints: Vec<_> = ids.map(|id| Arc::new(Endpoint::new("APP", id, address))).into();
        for refused in [&["2"][..], &["2", "3"], &["1", "5"], &["1", "2", "3", "4"]] {
            let rule = RoundRobin::default();
            let is_acceptable = |endpoint: &Endpoint| !refused.contains(&endpoint.instance_id());
            let mut counts = std::collections::BTreeMap::new();
            for _ in 0..1_200 {
                let chosen = rule.choose(&endpoints, &is_acceptable).unwrap();
                *counts.entry(chosen.instance_id().to_owned()).or_insert(0) += 1;
            }
            let share = 1_200 / (ids.len() - refused.len());
            assert!(counts.values().all(|count| *count == share), "{refused:?}: {counts:?}");
        }
    }
}
