//! What a harness does to the caches. Nothing here is called by a request or a timer.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::{Answer, Entity, ResponseCache};
use crate::cache_access::CacheLayer;
use crate::form::Form;

/// Whether a layer is held still; what was remembered of it.
#[derive(Debug, Default)]
pub(super) struct ByHand {
    read_write_frozen: AtomicBool,
    read_only_frozen: AtomicBool,
    remembered: Mutex<Vec<Remembered>>,
}

#[derive(Debug)]
struct Remembered {
    layer: CacheLayer,
    entity: Entity,
    form: Form,
    answer: Answer,
}

impl ByHand {
    pub(super) fn is_frozen(&self, layer: CacheLayer) -> bool {
        self.switch(layer).load(Ordering::Relaxed)
    }

    fn switch(&self, layer: CacheLayer) -> &AtomicBool {
        match layer {
            CacheLayer::ReadWrite => &self.read_write_frozen,
            CacheLayer::ReadOnly => &self.read_only_frozen,
        }
    }
}

impl ResponseCache {
    pub(crate) fn freeze(&self, layer: CacheLayer, is_frozen: bool) {
        self.by_hand.switch(layer).store(is_frozen, Ordering::Relaxed);
    }

    /// What a layer holds. It counts as asked for, so that a layer that is watched is not forgotten.
    pub(crate) fn held_by(&self, layer: CacheLayer, entity: &Entity, form: Form, now_ms: i64) -> Option<Answer> {
        let slots = self.slots.pin().get(entity).cloned()?;
        let slot = &slots.forms[form.index()];
        let held = match layer {
            CacheLayer::ReadWrite => slot.read_write(now_ms, self.settings.auto_expiration_ms),
            CacheLayer::ReadOnly => slot.read_only(),
        };
        if held.is_some() {
            slot.note_asked(now_ms);
        }
        held
    }

    pub(crate) fn remember(&self, layer: CacheLayer, now_ms: i64) {
        let mut remembered = self.by_hand.remembered.lock();
        remembered.retain(|one| one.layer != layer);
        for (entity, form, answer) in self.all_held(layer, now_ms) {
            remembered.push(Remembered { layer, entity, form, answer });
        }
    }

    pub(crate) fn put_back(&self, layer: CacheLayer, now_ms: i64) {
        for one in self.by_hand.remembered.lock().iter().filter(|one| one.layer == layer) {
            self.replace(layer, &one.entity, one.form, one.answer.clone(), now_ms);
        }
    }

    /// Everything that a layer holds.
    pub(crate) fn all_held(&self, layer: CacheLayer, now_ms: i64) -> Vec<(Entity, Form, Answer)> {
        let entities: Vec<Entity> = self.slots.pin().keys().cloned().collect();
        let of = |entity: Entity| {
            let held = |form| self.held_by(layer, &entity, form, now_ms).map(|answer| (entity.clone(), form, answer));
            Form::ALL.into_iter().filter_map(held).collect::<Vec<_>>()
        };
        entities.into_iter().flat_map(of).collect()
    }

    pub(crate) fn replace(&self, layer: CacheLayer, entity: &Entity, form: Form, answer: Answer, now_ms: i64) {
        if let Some(slots) = self.slots.pin().get(entity) {
            let slot = &slots.forms[form.index()];
            match layer {
                CacheLayer::ReadWrite => slot.replace_read_write(answer, now_ms),
                CacheLayer::ReadOnly => slot.replace_read_only(answer),
            }
        }
    }

    /// Makes the read-write cache forget everything.
    pub(crate) fn forget_read_write(&self) {
        for slots in self.slots.pin().values() {
            slots.forms.iter().for_each(super::Slot::invalidate);
        }
    }
}
