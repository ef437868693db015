//! A table as it was read last. An embedded database is this process's alone: until it writes, that holds.

use std::sync::Arc;

use parking_lot::Mutex;

use super::StoreError;

/// See the module.
#[derive(Clone)]
pub(super) struct ReadLast<T>(Arc<Mutex<Known<T>>>);

struct Known<T> {
    /// How often something was written.
    version: u64,
    /// Writes that have not ended. One that was broken off, by a panic say, may take effect at any time: from then on nothing
    /// is remembered.
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

    /// Writes, while nothing is remembered. In a task of its own: whoever asked for it may leave, and it still has an end.
    pub(super) async fn while_writing<R: Send + 'static>(
        &self,
        writing: impl Future<Output = Result<R, StoreError>> + Send + 'static,
    ) -> Result<R, StoreError>
    where
        T: Send + Sync + 'static,
    {
        let known = Self(Arc::clone(&self.0));
        known.write_begins();
        let written = tokio::spawn(async move {
            let written = writing.await;
            known.write_ended();
            written
        });
        // Only with the runtime it ends before.
        written.await.unwrap_or_else(|_| Err(StoreError::Sql(sqlx::Error::PoolClosed)))
    }

    /// Something is about to be written.
    fn write_begins(&self) {
        let mut known = self.0.lock();
        known.version += 1;
        known.open += 1;
        known.content = None;
    }

    /// The database has answered.
    fn write_ended(&self) {
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

    #[tokio::test]
    async fn a_write_whose_asker_has_left_ends_all_the_same() {
        let known = ReadLast::<i32>::default();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let mut writing = Box::pin(known.while_writing(async move {
            wait.await.ok();
            Ok(())
        }));
        assert!(futures_util::FutureExt::now_or_never(&mut writing).is_none());
        drop(writing);
        known.remember(known.get().0, &Arc::new(7));
        assert!(known.get().1.is_none(), "it is being written");
        go.send(()).unwrap();
        while known.0.lock().open > 0 {
            tokio::task::yield_now().await;
        }
        known.remember(known.get().0, &Arc::new(7));
        assert!(known.get().1.is_some());
    }
}
