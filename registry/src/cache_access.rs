//! The store and the response caches by hand, for a harness: looked into without asking, held still, brought up to date,
//! put back to what they were, spoiled. A registry without one is exactly what it is in production.

use std::fmt;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::registry::Registry;

/// One of the two response caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheLayer {
    /// Invalidated by every change.
    ReadWrite,
    /// A copy of it that lags by its timer.
    ReadOnly,
}

/// What each layer would say now, as JSON. `None`: nobody has asked for it yet.
#[derive(Clone, Debug)]
pub struct CacheView {
    /// The full list, made for this look.
    pub store: Bytes,
    /// The full list; where none is held, what a request would be answered.
    pub read_write: Bytes,
    /// The full list.
    pub read_only: Option<Bytes>,
    /// The delta, from the read-only cache.
    pub delta: Option<Bytes>,
}

/// Put into a [`RegistryConfig`](crate::RegistryConfig) before the registry starts; it finds the registry while that
/// runs. Cheap to clone.
#[derive(Clone, Default)]
pub struct CacheAccess(Arc<Mutex<Weak<Registry>>>);

impl CacheAccess {
    pub(crate) fn attach(&self, registry: &Arc<Registry>) {
        *self.0.lock() = Arc::downgrade(registry);
    }

    fn registry(&self) -> Option<Arc<Registry>> {
        self.0.lock().upgrade()
    }

    /// What all layers say. `None`: the registry does not run.
    pub fn look(&self, now_ms: i64) -> Option<CacheView> {
        self.registry().map(|registry| registry.look(now_ms))
    }

    /// Holds a layer still, or lets it go on: a frozen read-only cache misses its ticks, a frozen read-write cache is
    /// not told of changes. Whether the registry runs.
    pub fn freeze(&self, layer: CacheLayer, is_frozen: bool) -> bool {
        self.registry().map(|registry| registry.cache().freeze(layer, is_frozen)).is_some()
    }

    /// Brings a layer up to date now, frozen or not. Whether the registry runs.
    pub fn refresh(&self, layer: CacheLayer, now_ms: i64) -> bool {
        self.registry().map(|registry| registry.refresh_by_hand(layer, now_ms)).is_some()
    }

    /// Keeps what a layer says now, for [`put_back`](Self::put_back). Whether the registry runs.
    pub fn remember(&self, layer: CacheLayer, now_ms: i64) -> bool {
        self.registry().map(|registry| registry.cache().remember(layer, now_ms)).is_some()
    }

    /// Makes a layer say again what was remembered, until it is next brought up to date. Whether the registry runs.
    pub fn put_back(&self, layer: CacheLayer, now_ms: i64) -> bool {
        self.registry().map(|registry| registry.cache().put_back(layer, now_ms)).is_some()
    }

    /// Replaces the hash in a layer's lists by one that fits nothing, until it is next brought up to date. Whether the
    /// registry runs.
    pub fn spoil_hash(&self, layer: CacheLayer, now_ms: i64) -> bool {
        self.registry().map(|registry| registry.spoil_hash(layer, now_ms)).is_some()
    }
}

/// Two are equal that reach the same registry.
impl PartialEq for CacheAccess {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for CacheAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheAccess").field("is_attached", &self.registry().is_some()).finish()
    }
}
