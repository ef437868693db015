//! One list in one form: its read-only copy, its read-write answer, and the building of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;

use super::Answer;

#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// What requests read. Outer `None`: never asked for.
    read_only: ArcSwapOption<Answer>,
    read_write: Mutex<ReadWrite>,
    /// One builder at a time; the others wait for what it builds.
    building: Mutex<Option<Built>>,
    /// Builds begun so far.
    begun: AtomicU64,
    asked_ms: AtomicI64,
    /// Ever. What nobody asked for holds nothing.
    is_asked_for: AtomicBool,
    /// When the read-only copy was last known to be right.
    refreshed_ms: AtomicI64,
}

#[derive(Debug, Default)]
struct ReadWrite {
    held: Option<Held>,
    /// Rises with every change: what was begun before one is not held after it.
    invalidations: u64,
}

#[derive(Debug)]
struct Held {
    answer: Answer,
    loaded_ms: i64,
}

#[derive(Debug)]
struct Built {
    number: u64,
    answer: Answer,
}

/// An answer, and whether there is room to keep it.
pub(super) struct Loaded {
    pub(super) answer: Answer,
    pub(super) is_kept: bool,
}

impl Slot {
    pub(super) fn note_asked(&self, now_ms: i64) {
        self.asked_ms.fetch_max(now_ms, Ordering::Relaxed);
        if !self.is_asked_for.load(Ordering::Relaxed) {
            self.is_asked_for.store(true, Ordering::Release);
        }
    }

    pub(super) fn asked_ms(&self) -> i64 {
        self.asked_ms.load(Ordering::Relaxed)
    }

    pub(super) fn note_refreshed(&self, now_ms: i64) {
        self.refreshed_ms.fetch_max(now_ms, Ordering::Relaxed);
    }

    pub(super) fn refreshed_ms(&self) -> i64 {
        self.refreshed_ms.load(Ordering::Relaxed)
    }

    pub(super) fn read_only(&self) -> Option<Answer> {
        self.read_only.load().as_deref().cloned()
    }

    /// Fills the empty read-only copy. Whoever comes second gets what the first put there.
    pub(super) fn fill_read_only(&self, answer: Answer, now_ms: i64) -> Answer {
        let filled = self.read_only.compare_and_swap(&None::<Arc<Answer>>, Some(Arc::new(answer.clone())));
        if filled.is_none() {
            self.note_refreshed(now_ms);
        }
        filled.as_deref().cloned().unwrap_or(answer)
    }

    pub(super) fn replace_read_only(&self, answer: Answer) {
        self.read_only.store(Some(Arc::new(answer)));
    }

    /// Puts an answer in place of what is held, whatever is right.
    pub(super) fn replace_read_write(&self, answer: Answer, now_ms: i64) {
        self.read_write.lock().held = Some(Held { answer, loaded_ms: now_ms });
    }

    /// The next request fills it again.
    pub(super) fn empty_read_only(&self) {
        self.read_only.store(None);
    }

    /// Whoever asks says so before he looks at the store, under its lock; and this is called after a change under the same
    /// lock. So who is not seen here looks at the store after the change.
    pub(super) fn invalidate(&self) {
        if !self.is_asked_for.load(Ordering::Acquire) {
            return;
        }
        let mut read_write = self.read_write.lock();
        read_write.invalidations += 1;
        read_write.held = None;
    }

    /// The read-write answer, if it is held and not too old.
    pub(super) fn read_write(&self, now_ms: i64, auto_expiration_ms: i64) -> Option<Answer> {
        let read_write = self.read_write.lock();
        let held = read_write.held.as_ref()?;
        (now_ms - held.loaded_ms < auto_expiration_ms).then(|| held.answer.clone())
    }

    /// The read-write answer, built if need be; what `keep` says no to is not kept.
    pub(super) fn load(
        &self,
        now_ms: i64,
        auto_expiration_ms: i64,
        build: impl FnOnce() -> Answer,
        keep: impl FnOnce(&Answer) -> bool,
    ) -> Loaded {
        if let Some(answer) = self.read_write(now_ms, auto_expiration_ms) {
            return Loaded { answer, is_kept: true };
        }
        let begun_before = self.begun.load(Ordering::Acquire);
        let mut last_built = self.building.lock();
        if let Some(built) = last_built.as_ref().filter(|built| built.number > begun_before) {
            // Begun after we asked, so it is as fresh as what we would build. Without this, many requests at a time
            // of many changes would build one after another.
            return Loaded { answer: built.answer.clone(), is_kept: true };
        }
        let number = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
        let invalidations = self.read_write.lock().invalidations;
        // What was built last, and is no longer right, makes room for what is built now.
        *last_built = None;
        let answer = build();
        let is_kept = keep(&answer);
        *last_built = is_kept.then(|| Built { number, answer: answer.clone() });
        let mut read_write = self.read_write.lock();
        if !is_kept {
            read_write.held = None;
        } else if read_write.invalidations == invalidations {
            read_write.held = Some(Held { answer: answer.clone(), loaded_ms: now_ms });
        }
        Loaded { answer, is_kept }
    }
}
