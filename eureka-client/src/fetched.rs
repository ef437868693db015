//! The fetched copy: what the registry says, and nothing of our own. Pure.

use std::sync::Arc;

use eurus_model::{ActionType, Applications};

/// The copy, from the first full fetch on. Always one that the registry's hash confirmed, or a whole list.
#[derive(Default)]
pub(crate) struct Fetched {
    copy: Option<Arc<Applications>>,
}

/// What a delta did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The copy is the registry's list again.
    Fits(Arc<Applications>),
    /// The copy with the delta would not be: it stays as it was, and a full fetch is needed.
    Mismatch {
        /// The hash of the copy with the delta.
        ours: String,
        /// The hash that the registry sent with the delta.
        registrys: String,
    },
    /// There is nothing to apply it to: a full fetch is needed.
    NoCopy,
}

impl Fetched {
    /// Whether a delta has something to be applied to.
    pub(crate) fn has_copy(&self) -> bool {
        self.copy.is_some()
    }

    /// The copy; `None` before the first full fetch.
    pub(crate) fn copy(&self) -> Option<&Applications> {
        self.copy.as_deref()
    }

    /// Takes over a whole list.
    pub(crate) fn replace(&mut self, full: Applications) -> Arc<Applications> {
        let copy = Arc::new(full);
        self.copy = Some(Arc::clone(&copy));
        copy
    }

    /// Applies a delta, which may repeat what is known.
    pub(crate) fn apply(&mut self, delta: &Applications) -> Applied {
        let Some(copy) = &mut self.copy else { return Applied::NoCopy };
        // A registry repeats a change for three minutes: most deltas bring nothing new, and the copy need not be copied.
        let next = if brings_news(copy, delta) {
            let mut next = Applications::clone(copy);
            next.apply_delta(delta);
            Arc::new(next)
        } else {
            Arc::clone(copy)
        };
        let ours = next.reconcile_hash();
        if ours != delta.hashcode {
            return Applied::Mismatch { ours, registrys: delta.hashcode.clone() };
        }
        *copy = Arc::clone(&next);
        Applied::Fits(next)
    }
}

fn brings_news(copy: &Applications, delta: &Applications) -> bool {
    delta.hashcode != copy.hashcode
        || delta.instances().any(|instance| {
            let held = copy.get(&instance.app, &instance.instance_id);
            match instance.action {
                Some(ActionType::Deleted) => held.is_some(),
                Some(ActionType::Added | ActionType::Modified) | None => held != Some(instance),
            }
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use eurus_model::{InstanceInfo, InstanceStatus};
    use proptest::prelude::*;

    use super::*;

    fn instance(id: u8, status: InstanceStatus, updated_ms: i64, action: ActionType) -> Arc<InstanceInfo> {
        let mut instance =
            InstanceInfo::new(&format!("APP-{}", id % 3), &format!("host-{id}:8080"), "host", "10.0.0.1");
        instance.status = status;
        instance.last_updated_ms = updated_ms;
        instance.action = Some(action);
        Arc::new(instance)
    }

    fn list(hashcode: &str, instances: &[Arc<InstanceInfo>]) -> Applications {
        let mut list = Applications { hashcode: hashcode.to_owned(), ..Applications::default() };
        instances.iter().for_each(|instance| list.insert(Arc::clone(instance)));
        list
    }

    #[test]
    fn a_delta_without_a_copy_asks_for_the_whole_list() {
        assert_eq!(Fetched::default().apply(&list("", &[])), Applied::NoCopy);
    }

    #[test]
    fn a_mismatch_leaves_the_copy_as_it_was() {
        use ActionType::Added;
        use InstanceStatus::Up;
        let mut fetched = Fetched::default();
        let before = fetched.replace(list("UP_1_", &[instance(1, Up, 0, Added)]));
        let delta = list("UP_3_", &[instance(2, Up, 0, Added)]);
        assert_eq!(fetched.apply(&delta), Applied::Mismatch { ours: "UP_2_".into(), registrys: "UP_3_".into() });
        assert!(Arc::ptr_eq(fetched.copy.as_ref().unwrap(), &before));
    }

    #[test]
    fn a_delta_that_repeats_what_is_known_shares_the_copy() {
        use ActionType::Added;
        use InstanceStatus::Up;
        let mut fetched = Fetched::default();
        fetched.replace(list("UP_1_", &[instance(1, Up, 0, Added)]));
        let delta = list("UP_2_", &[instance(2, Up, 0, Added)]);
        let Applied::Fits(first) = fetched.apply(&delta) else { panic!("it fits") };
        let Applied::Fits(second) = fetched.apply(&delta) else { panic!("it fits again") };
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(first.hashcode, "UP_2_");
    }

    /// A registry as small as can be: its list, and the order in which instances changed.
    #[derive(Default)]
    struct Model {
        held: BTreeMap<u8, Arc<InstanceInfo>>,
        changes: Vec<Arc<InstanceInfo>>,
    }

    #[derive(Clone, Debug)]
    enum Step {
        Put(u8, InstanceStatus),
        Delete(u8),
        /// Fetches a delta that reaches this many changes further back than needed; then the same once more.
        Fetch(usize),
    }

    impl Model {
        fn put(&mut self, id: u8, status: InstanceStatus) {
            let action = if self.held.contains_key(&id) { ActionType::Modified } else { ActionType::Added };
            let at_ms = i64::try_from(self.changes.len()).unwrap();
            let instance = instance(id, status, at_ms, action);
            self.held.insert(id, Arc::clone(&instance));
            self.changes.push(instance);
        }

        fn delete(&mut self, id: u8) {
            if let Some(gone) = self.held.remove(&id) {
                let mut gone = InstanceInfo::clone(&gone);
                gone.action = Some(ActionType::Deleted);
                self.changes.push(Arc::new(gone));
            }
        }

        fn full(&self) -> Applications {
            let mut full = list("", &self.held.values().cloned().collect::<Vec<_>>());
            full.hashcode = full.reconcile_hash();
            full
        }

        /// As a registry does: the changes in order, a later one of the same instance in place of the earlier.
        fn delta(&self, from: usize) -> Applications {
            list(&self.full().hashcode, &self.changes[from..])
        }
    }

    fn step() -> impl Strategy<Value = Step> {
        use InstanceStatus::{Down, OutOfService, Starting, Unknown, Up};
        prop_oneof![
            3 => (0..9u8, prop::sample::select(vec![Down, OutOfService, Starting, Unknown, Up]))
                .prop_map(|(id, status)| Step::Put(id, status)),
            1 => (0..9u8).prop_map(Step::Delete),
            2 => (0..6usize).prop_map(Step::Fetch),
        ]
    }

    proptest! {
        #[test]
        fn deltas_repeated_and_overlapping_lead_to_the_registry_s_list(steps in prop::collection::vec(step(), 0..60)) {
            let mut model = Model::default();
            let mut fetched = Fetched::default();
            let mut seen = 0;
            fetched.replace(model.full());
            for step in steps {
                match step {
                    Step::Put(id, status) => model.put(id, status),
                    Step::Delete(id) => model.delete(id),
                    Step::Fetch(further_back) => {
                        let delta = model.delta(seen.max(further_back) - further_back);
                        for _ in 0..2 {
                            let Applied::Fits(copy) = fetched.apply(&delta) else { panic!("{delta:?} does not fit") };
                            prop_assert_eq!(&copy.by_name, &model.full().by_name);
                            prop_assert_eq!(&copy.hashcode, &model.full().hashcode);
                        }
                        seen = model.changes.len();
                    }
                }
            }
        }
    }
}
