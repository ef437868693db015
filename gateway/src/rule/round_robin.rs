//! In turn, as Ribbon's `RoundRobinRule`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::endpoint::Endpoint;
use crate::rule::Rule;

/// Counts choices; the count modulo the number of candidates is the choice.
#[derive(Debug, Default)]
pub(crate) struct RoundRobin {
    chosen: AtomicUsize,
}

impl Rule for RoundRobin {
    fn choose(&self, candidates: &[Arc<Endpoint>]) -> Option<Arc<Endpoint>> {
        // Wraps around after usize::MAX choices: one turn is then out of order.
        let turn = self.chosen.fetch_add(1, Ordering::Relaxed).checked_rem(candidates.len())?;
        candidates.get(turn).cloned()
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
        let chosen: Vec<_> = (0..6).map(|_| rule.choose(&endpoints).unwrap().instance_id().to_owned()).collect();
        assert_eq!(chosen, ["1", "2", "3", "1", "2", "3"]);
        assert!(rule.choose(&[]).is_none());
    }
}
