//! A table as it was read last. An embedded database is this process's alone: until it writes, that holds.

use std::sync::Arc;

use parking_lot::Mutex;

/// See the module.
#[derive(Clone)]
pub(super) struct ReadLast<T>(Arc<Mutex<Known<T>>>);

struct Known<T> {
    /// How often something was written.
    version: u64,
    /// Writes whose end nobody has seen. One that was broken off may take effect at any time: from then on nothing is
    /// remembered.
    open: u64,
    content: Option<Arc<T>>,
}

impl<T> Default for ReadLast<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Known { version: 0, open: 0, content: None })))
    }
}

impl<T> ReadLast<T> {
    /// What is known, and of which version.
    pub(super) fn get(&self) -> (u64, Option<Arc<T>>) {
        let known = self.0.lock();
        (known.version, known.content.clone())
    }

    /// Remembers what was read, unless something was written meanwhile.
    pub(super) fn remember(&self, version: u64, content: &Arc<T>) {
        let mut known = self.0.lock();
        if known.version == version && known.open == 0 {
            known.content = Some(Arc::clone(content));
        }
    }

    /// Something is about to be written.
    pub(super) fn write_begins(&self) {
        let mut known = self.0.lock();
        known.version += 1;
        known.open += 1;
        known.content = None;
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
        let (known, read) = (ReadLast::default(), Arc::new(7));
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
