//! What may be cached under names that requests choose: so many, none too long, so many bytes together. Requests may
//! name anything, and even an unknown name's answer is cached, so there must be an end. Beyond it answers are made afresh
//! for each request.

use crate::held_bytes::{HeldBytes, Weight};
use crate::instance_name::shortened;
use crate::limit_hits::LimitHits;
use crate::payload::Payload;

/// Entities (lists, applications, virtual addresses) that are cached at most.
pub(crate) const CACHED_ENTITIES_MAX: usize = 65_536;
/// Bytes of the answers that are cached by application and by address, with their names: those of `apps` and `delta`
/// are not counted, they are cached always.
pub(crate) const CACHED_BYTES_MAX: u64 = 256 << 20;
/// A longer name is answered uncached: no application has one, but somebody who fills memory does.
const NAME_BYTES_MAX: usize = 1 << 10;

/// See the module.
#[derive(Debug)]
pub(crate) struct Room {
    bytes_max: u64,
    held: HeldBytes,
    names_refused: LimitHits,
    answers_refused: LimitHits,
}

impl Room {
    pub(super) fn new(bytes_max: u64) -> Self {
        Self {
            bytes_max,
            held: HeldBytes::default(),
            names_refused: LimitHits::default(),
            answers_refused: LimitHits::default(),
        }
    }

    /// The room of a name and of what it takes without an answer; `None`: there is none.
    pub(super) fn admit(&self, name: &str, entities: usize, own_bytes: usize, now_ms: i64) -> Option<Weight> {
        let weight = self.weigh((name.len() + own_bytes) as u64);
        let why = match weight {
            _ if name.len() > NAME_BYTES_MAX => format!("the name is longer than {NAME_BYTES_MAX} bytes"),
            _ if entities >= CACHED_ENTITIES_MAX => format!("{CACHED_ENTITIES_MAX} names are cached already"),
            None => format!("{} bytes are cached already", self.bytes_max),
            Some(weight) => return Some(weight),
        };
        if let Some(untold) = self.names_refused.hit(now_ms) {
            let name = shortened(name);
            let name = name.escape_debug();
            log::warn!("'{name}' is answered uncached: {why}; somebody asks for made-up names{untold}");
        }
        None
    }

    /// Whether there is room to keep an answer. It takes it until the last one lets the answer go.
    pub(super) fn keep(&self, payload: &Payload, now_ms: i64) -> bool {
        if let Some(weight) = self.weigh(payload.bytes()) {
            // Built this moment and seen by nobody else: there is no other weight.
            return payload.weight.set(weight).is_ok();
        }
        if let Some(untold) = self.answers_refused.hit(now_ms) {
            log::warn!(
                "an answer of {} bytes is not cached: lists by application and by address have {} bytes already; they \
                 are made for each request{untold}",
                payload.bytes(),
                self.bytes_max
            );
        }
        false
    }

    fn weigh(&self, bytes: u64) -> Option<Weight> {
        let weight = self.held.weigh(bytes);
        (self.held.sum() <= self.bytes_max).then_some(weight)
    }

    /// Bytes of answers and names that are cached now.
    pub(crate) fn bytes(&self) -> u64 {
        self.held.sum()
    }

    /// Answers that were not cached because of their names.
    pub(crate) fn names_refused(&self) -> u64 {
        self.names_refused.count()
    }

    /// Answers that were not cached because of their size.
    pub(crate) fn answers_refused(&self) -> u64 {
        self.answers_refused.count()
    }
}
