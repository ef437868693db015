//! The two response caches: read-write, always right, and read-only, a copy of it that lags by its timer.
//!
//! ```text
//! request ─► read-only ─(first time only)─► read-write ─(after a change, or expired)─► store
//!                ▲                              ▲
//!                └── timer: compare and copy ───┘── invalidated by every change
//! ```

mod slot;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use papaya::HashMap;

use crate::form::Form;
use crate::payload::Payload;
use crate::store::{Touched, VipKind};
use slot::Slot;

/// Entities (lists, applications, virtual addresses) that are cached at most. Requests may name anything, and even
/// an unknown name's answer is cached, so there must be an end. Beyond it answers are made afresh for each request.
pub(crate) const CACHED_ENTITIES_MAX: usize = 65_536;
/// An entity that nobody asked for this long is forgotten.
pub(crate) const UNASKED_LIFE_MS: i64 = 600_000;

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entity {
    All,
    Delta,
    App(String),
    Vip(VipKind, String),
}

/// An answer; `None` is "unknown", and is cached like any other.
pub(crate) type Answer = Option<Arc<Payload>>;

/// How the caches behave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheSettings {
    pub(crate) use_read_only: bool,
    pub(crate) auto_expiration_ms: i64,
}

/// Both caches, by entity; each entity has one slot per form.
#[derive(Debug)]
pub(crate) struct ResponseCache {
    settings: CacheSettings,
    // Looked up without a lock: a request never waits for the timer that cleans up, nor for a name that is new.
    slots: HashMap<Entity, Arc<Slots>>,
    /// Answers that were not cached because there were too many names.
    names_refused: AtomicU64,
}

/// A list that the caches hold in one form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeldList {
    pub(crate) form: Form,
    /// Since the read-only copy was last compared; `None` without one.
    pub(crate) age_ms: Option<i64>,
    pub(crate) plain_bytes: usize,
    pub(crate) gzip_bytes: Option<usize>,
}

type Slots = [Slot; Form::ALL.len()];

impl ResponseCache {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        Self { settings, slots: HashMap::new(), names_refused: AtomicU64::new(0) }
    }

    /// A cached answer, if there is one: nothing is built.
    pub(crate) fn cached(&self, entity: &Entity, form: Form, now_ms: i64) -> Option<Answer> {
        let slots = self.slots.pin().get(entity).map(Arc::clone)?;
        let slot = &slots[form.index()];
        slot.note_asked(now_ms);
        if self.settings.use_read_only {
            slot.read_only()
        } else {
            slot.read_write(now_ms, self.settings.auto_expiration_ms)
        }
    }

    /// The answer from the caches, or built.
    pub(crate) fn get(&self, entity: &Entity, form: Form, now_ms: i64, build: impl Fn() -> Answer) -> Answer {
        let Some(slots) = self.slots_of(entity) else {
            return build();
        };
        let slot = &slots[form.index()];
        slot.note_asked(now_ms);
        if let Some(answer) = slot.read_only().filter(|_| self.settings.use_read_only) {
            return answer;
        }
        let answer = slot.load(now_ms, self.settings.auto_expiration_ms, build);
        if self.settings.use_read_only { slot.fill_read_only(answer, now_ms) } else { answer }
    }

    /// The slots of an entity, made if need be. `None`: too many entities.
    fn slots_of(&self, entity: &Entity) -> Option<Arc<Slots>> {
        let all = self.slots.pin();
        if let Some(slots) = all.get(entity) {
            return Some(Arc::clone(slots));
        }
        if all.len() >= CACHED_ENTITIES_MAX {
            log::warn!(
                "{CACHED_ENTITIES_MAX} names are cached: {entity:?} is answered uncached; somebody asks for made-up names"
            );
            self.names_refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(Arc::clone(all.get_or_insert_with(entity.clone(), Arc::default)))
    }

    pub(crate) fn entities(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn names_refused(&self) -> u64 {
        self.names_refused.load(Ordering::Relaxed)
    }

    /// What is held of a list, in each form that was asked for. Nobody is kept from anything by looking.
    pub(crate) fn held(&self, entity: &Entity, now_ms: i64) -> Vec<HeldList> {
        let Some(slots) = self.slots.pin().get(entity).map(Arc::clone) else {
            return Vec::new();
        };
        let of = |form: Form| {
            let slot = &slots[form.index()];
            let read_only = slot.read_only();
            let age_ms = read_only.as_ref().map(|_| now_ms - slot.refreshed_ms());
            let payload = read_only.or_else(|| slot.read_write(now_ms, self.settings.auto_expiration_ms))??;
            let gzip_bytes = payload.gzip.as_ref().map(bytes::Bytes::len);
            Some(HeldList { form, age_ms, plain_bytes: payload.plain.len(), gzip_bytes })
        };
        Form::ALL.into_iter().filter_map(of).collect()
    }

    /// Makes the read-write cache forget what a change touched.
    pub(crate) fn invalidate(&self, touched: &Touched) {
        let vips = touched.vips.iter().map(|vip| Entity::Vip(VipKind::Plain, vip.clone()));
        let secure = touched.secure_vips.iter().map(|vip| Entity::Vip(VipKind::Secure, vip.clone()));
        let entities = [Entity::All, Entity::Delta, Entity::App(touched.app.clone())];
        let all = self.slots.pin();
        for entity in entities.into_iter().chain(vips).chain(secure) {
            for slot in all.get(&entity).into_iter().flat_map(|slots| slots.iter()) {
                slot.invalidate();
            }
        }
    }

    /// The timer's work: brings the read-only cache up to date, and forgets what nobody asks for.
    pub(crate) fn refresh_read_only(&self, now_ms: i64, build: impl Fn(&Entity, Form) -> Answer) {
        let entities: Vec<_> = {
            let all = self.slots.pin();
            all.retain(|_, slots| slots.iter().any(|slot| now_ms - slot.asked_ms() <= UNASKED_LIFE_MS));
            all.iter().map(|(entity, slots)| (entity.clone(), Arc::clone(slots))).collect()
        };
        if !self.settings.use_read_only {
            return;
        }
        for (entity, slots) in entities {
            for form in Form::ALL {
                let slot = &slots[form.index()];
                if let Some(held) = slot.read_only() {
                    let answer = slot.load(now_ms, self.settings.auto_expiration_ms, || build(&entity, form));
                    if !same(&held, &answer) {
                        slot.replace_read_only(answer);
                    }
                    slot.note_refreshed(now_ms);
                }
            }
        }
    }
}

fn same(one: &Answer, other: &Answer) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
