//! The gateway groups as they were read last. An embedded database is this process's alone: until it writes, they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;

/// Groups by application.
pub(super) type Groups = BTreeMap<String, BTreeSet<String>>;

/// See the module.
#[derive(Clone, Default)]
pub(super) struct KnownGroups(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// How often something was written.
    version: u64,
    /// Writes whose end nobody has seen. One that was broken off may take effect at any time: from then on nothing is
    /// remembered.
    open: u64,
    groups: Option<Arc<Groups>>,
}

impl KnownGroups {
    /// What is known, and of which version.
    pub(super) fn get(&self) -> (u64, Option<Arc<Groups>>) {
        let known = self.0.lock();
        (known.version, known.groups.clone())
    }

    /// Remembers what was read, unless something was written meanwhile.
    pub(super) fn remember(&self, version: u64, groups: &Arc<Groups>) {
        let mut known = self.0.lock();
        if known.version == version && known.open == 0 {
            known.groups = Some(Arc::clone(groups));
        }
    }

    /// Something is about to be written.
    pub(super) fn write_begins(&self) {
        let mut known = self.0.lock();
        known.version += 1;
        known.open += 1;
        known.groups = None;
    }

    /// The database has answered.
    pub(super) fn write_ended(&self) {
        let mut known = self.0.lock();
        known.version += 1;
        known.open = known.open.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_write_ended_is_not_remembered() {
        let (known, read) = (KnownGroups::default(), Arc::new(Groups::new()));
        let (version, none) = known.get();
        assert!(none.is_none());
        known.remember(version, &read);
        assert!(known.get().1.is_some());
        known.write_begins();
        let (during, gone) = known.get();
        assert!(gone.is_none());
        known.remember(during, &read);
        assert!(known.get().1.is_none(), "it may be read before the commit");
        known.write_ended();
        known.remember(during, &read);
        assert!(known.get().1.is_none(), "it was read before the commit");
        known.remember(known.get().0, &read);
        assert!(known.get().1.is_some());
        known.write_begins();
        known.write_begins();
        known.write_ended();
        known.remember(known.get().0, &read);
        assert!(known.get().1.is_none(), "one was broken off");
    }
}
