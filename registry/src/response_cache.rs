//! The two response caches: read-write, always right, and read-only, a copy of it that lags by its timer.
//!
//! ```text
//! request ─► read-only ─(first time only)─► read-write ─(after a change, or expired)─► store
//!                ▲                              ▲
//!                └── timer: compare and copy ───┘── invalidated by every change
//! ```

mod by_hand;
mod room;
mod slot;

use std::sync::Arc;

use papaya::HashMap;

use crate::cache_access::CacheLayer;
use crate::form::Form;
use crate::held_bytes::Weight;
use crate::memory_file::MemoryFiles;
use crate::payload::Payload;
use crate::store::{Touched, VipKind};
use by_hand::ByHand;
use room::Room;
pub(crate) use room::{CACHED_BYTES_MAX, CACHED_ENTITIES_MAX};
use slot::{Loaded, Slot};

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

impl Entity {
    /// What the request chose; `apps` and `delta` are two, and are always cached.
    fn name(&self) -> Option<&str> {
        match self {
            Self::All | Self::Delta => None,
            Self::App(name) | Self::Vip(_, name) => Some(name),
        }
    }
}

/// An answer; `None` is "unknown", and is cached like any other.
pub(crate) type Answer = Option<Arc<Payload>>;

/// How the caches behave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheSettings {
    pub(crate) use_read_only: bool,
    pub(crate) auto_expiration_ms: i64,
    /// Of answers and names, those of `apps` and `delta` not counted.
    pub(crate) bytes_max: u64,
}

/// Both caches, by entity; each entity has one slot per form.
#[derive(Debug)]
pub(crate) struct ResponseCache {
    settings: CacheSettings,
    // Looked up without a lock: a request never waits for the timer that cleans up, nor for a name that is new.
    slots: HashMap<Entity, Arc<Slots>>,
    room: Room,
    memory_files: MemoryFiles,
    by_hand: ByHand,
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

/// An entity's answers, and the room that its name takes.
#[derive(Debug, Default)]
struct Slots {
    forms: [Slot; Form::ALL.len()],
    _name: Option<Weight>,
}

impl ResponseCache {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        Self {
            settings,
            slots: HashMap::new(),
            room: Room::new(settings.bytes_max),
            memory_files: MemoryFiles::default(),
            by_hand: ByHand::default(),
        }
    }

    /// A cached answer, if there is one: nothing is built.
    pub(crate) fn cached(&self, entity: &Entity, form: Form, now_ms: i64) -> Option<Answer> {
        let slots = self.slots.pin().get(entity).map(Arc::clone)?;
        let slot = &slots.forms[form.index()];
        slot.note_asked(now_ms);
        if self.settings.use_read_only {
            slot.read_only()
        } else {
            slot.read_write(now_ms, self.settings.auto_expiration_ms)
        }
    }

    /// The answer from the caches, or built.
    pub(crate) fn get(&self, entity: &Entity, form: Form, now_ms: i64, build: impl Fn() -> Answer) -> Answer {
        let Some(slots) = self.slots_of(entity, now_ms) else {
            return build();
        };
        let slot = &slots.forms[form.index()];
        slot.note_asked(now_ms);
        if let Some(answer) = slot.read_only().filter(|_| self.settings.use_read_only) {
            return answer;
        }
        let loaded = self.load(entity, slot, now_ms, build);
        if self.settings.use_read_only && loaded.is_kept {
            slot.fill_read_only(loaded.answer, now_ms)
        } else {
            loaded.answer
        }
    }

    fn load(&self, entity: &Entity, slot: &Slot, now_ms: i64, build: impl FnOnce() -> Answer) -> Loaded {
        let keep = |answer: &Answer| match answer {
            Some(payload) if entity.name().is_some() => self.room.keep(payload, now_ms),
            _ => true,
        };
        slot.load(now_ms, self.settings.auto_expiration_ms, build, keep)
    }

    /// The slots of an entity, made if need be. `None`: there is no room for its name.
    fn slots_of(&self, entity: &Entity, now_ms: i64) -> Option<Arc<Slots>> {
        let all = self.slots.pin();
        if let Some(slots) = all.get(entity) {
            return Some(Arc::clone(slots));
        }
        let name = match entity.name() {
            Some(name) => Some(self.room.admit(name, all.len(), size_of::<Slots>(), now_ms)?),
            None => None,
        };
        let made = || Arc::new(Slots { forms: Default::default(), _name: name });
        Some(Arc::clone(all.get_or_insert_with(entity.clone(), made)))
    }

    pub(crate) fn entities(&self) -> usize {
        self.slots.len()
    }

    /// What there is room for, and was none.
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Answers that are large and often asked for, once more as files in memory.
    pub(crate) fn memory_files(&self) -> &MemoryFiles {
        &self.memory_files
    }

    /// What is held of a list, in each form that was asked for. Nobody is kept from anything by looking.
    pub(crate) fn held(&self, entity: &Entity, now_ms: i64) -> Vec<HeldList> {
        let Some(slots) = self.slots.pin().get(entity).map(Arc::clone) else {
            return Vec::new();
        };
        let of = |form: Form| {
            let slot = &slots.forms[form.index()];
            let read_only = slot.read_only();
            let age_ms = read_only.as_ref().map(|_| now_ms - slot.refreshed_ms());
            let payload = read_only.or_else(|| slot.read_write(now_ms, self.settings.auto_expiration_ms))??;
            let gzip_bytes = payload.gzip.as_ref().map(|gzip| gzip.len());
            Some(HeldList { form, age_ms, plain_bytes: payload.plain.len(), gzip_bytes })
        };
        Form::ALL.into_iter().filter_map(of).collect()
    }

    /// Makes the read-write cache forget what a change touched.
    pub(crate) fn invalidate(&self, touched: Touched) {
        if self.by_hand.is_frozen(CacheLayer::ReadWrite) {
            return;
        }
        let vips = touched.vips.into_iter().map(|vip| Entity::Vip(VipKind::Plain, vip));
        let secure = touched.secure_vips.into_iter().map(|vip| Entity::Vip(VipKind::Secure, vip));
        let entities = [Entity::All, Entity::Delta, Entity::App(touched.app)];
        let all = self.slots.pin();
        for entity in entities.into_iter().chain(vips).chain(secure) {
            for slot in all.get(&entity).into_iter().flat_map(|slots| slots.forms.iter()) {
                slot.invalidate();
            }
        }
    }

    /// The timer's work: brings the read-only cache up to date, and forgets what nobody asks for.
    pub(crate) fn refresh_read_only(&self, now_ms: i64, build: impl Fn(&Entity, Form) -> Answer) {
        let is_asked_for = |slots: &Slots| slots.forms.iter().any(|slot| now_ms - slot.asked_ms() <= UNASKED_LIFE_MS);
        self.slots.pin().retain(|_, slots| is_asked_for(slots));
        if self.settings.use_read_only && !self.by_hand.is_frozen(CacheLayer::ReadOnly) {
            self.copy_read_write(now_ms, build);
        }
    }

    /// Brings every read-only copy up to date.
    pub(crate) fn copy_read_write(&self, now_ms: i64, build: impl Fn(&Entity, Form) -> Answer) {
        let all = self.slots.pin();
        let entities: Vec<_> = all.iter().map(|(entity, slots)| (entity.clone(), Arc::clone(slots))).collect();
        drop(all);
        for (entity, slots) in entities {
            for form in Form::ALL {
                let slot = &slots.forms[form.index()];
                if let Some(held) = slot.read_only() {
                    let loaded = self.load(&entity, slot, now_ms, || build(&entity, form));
                    if !loaded.is_kept {
                        slot.empty_read_only();
                    } else if !same(&held, &loaded.answer) {
                        slot.replace_read_only(loaded.answer);
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
