//! Which calls are about one instance: what a new one overrules, or repeats, is found among these alone, however many are open.

use std::collections::{BTreeSet, HashMap};

use crate::notify::gateway::Order;

/// Ids of calls, by application and instance id.
#[derive(Default)]
pub(super) struct ByInstance(HashMap<String, HashMap<String, BTreeSet<u64>>>);

impl ByInstance {
    pub(super) fn add(&mut self, order: &Order, id: u64) {
        let of_app = self.0.entry(order.application.clone()).or_default();
        of_app.entry(order.instance_id.clone()).or_default().insert(id);
    }

    pub(super) fn remove(&mut self, order: &Order, id: u64) {
        let Some(of_app) = self.0.get_mut(&order.application) else { return };
        if let Some(ids) = of_app.get_mut(&order.instance_id) {
            ids.remove(&id);
            if ids.is_empty() {
                of_app.remove(&order.instance_id);
            }
        }
        if of_app.is_empty() {
            self.0.remove(&order.application);
        }
    }

    /// Oldest first.
    pub(super) fn of(&self, order: &Order) -> Vec<u64> {
        let ids = self.0.get(&order.application).and_then(|of_app| of_app.get(&order.instance_id));
        ids.into_iter().flatten().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registration::Registration;

    #[test]
    fn what_is_removed_leaves_nothing() {
        let order = |instance_id: &str| Order {
            entry: "offline-1".to_owned(),
            number: 1,
            application: "A".to_owned(),
            instance_id: instance_id.to_owned(),
            registration: Registration { ip: "10.0.0.1".to_owned(), service_up_ms: 5 },
        };
        let mut calls = ByInstance::default();
        for (instance, id) in [("a", 2), ("a", 1), ("b", 3)] {
            calls.add(&order(instance), id);
        }
        assert_eq!(
            (calls.of(&order("a")), calls.of(&order("b")), calls.of(&order("c"))),
            (vec![1, 2], vec![3], vec![])
        );
        for (instance, id) in [("a", 2), ("a", 1), ("b", 3), ("c", 4)] {
            calls.remove(&order(instance), id);
        }
        assert!(calls.0.is_empty());
    }
}
