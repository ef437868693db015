//! Which instance was in trouble when.

use std::sync::Arc;

use parking_lot::Mutex;

use super::fate::Fate;

/// Behind its end, what it did may still come to light: an answer on its way breaks, a connection is found dead.
const SETTLES_MS: i64 = 500;
/// No request takes as long: older ones excuse nobody.
const REMEMBERED_MS: i64 = 60_000;

/// One instance's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) instance: usize,
    pub(super) fate: Fate,
    pub(super) began_ms: i64,
    /// `None`: not over yet.
    pub(super) ended_ms: Option<i64>,
}

impl Trouble {
    pub(super) fn overlaps(&self, from_ms: i64, to_ms: i64) -> bool {
        self.began_ms <= to_ms && self.ended_ms.is_none_or(|ended_ms| from_ms <= ended_ms + SETTLES_MS)
    }
}

/// Written down before it is done, so that whoever sees what it did finds it here.
#[derive(Clone, Default)]
pub(super) struct Troubles(Arc<Mutex<Vec<Trouble>>>);

impl Troubles {
    pub(super) fn begin(&self, instance: usize, fate: Fate, now_ms: i64) {
        let mut all = self.0.lock();
        all.retain(|trouble| trouble.ended_ms.is_none_or(|ended_ms| now_ms - ended_ms < REMEMBERED_MS));
        all.push(Trouble { instance, fate, began_ms: now_ms, ended_ms: None });
    }

    /// All of one instance.
    pub(super) fn end(&self, instance: usize, now_ms: i64) {
        let mut all = self.0.lock();
        for trouble in all.iter_mut().filter(|trouble| trouble.instance == instance && trouble.ended_ms.is_none()) {
            trouble.ended_ms = Some(now_ms);
        }
    }

    pub(super) fn all(&self) -> Vec<Trouble> {
        self.0.lock().clone()
    }
}
