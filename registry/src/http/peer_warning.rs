//! Something that peers do wrong with their connections: counted, and one line a pause about each of them.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::peer_pauses::PeerPauses;

/// Lines a pause about one peer.
const LINES_MAX: u32 = 1;

/// See the module.
pub(crate) struct PeerWarning {
    what: &'static str,
    count: AtomicU64,
    lines: PeerPauses,
}

impl PeerWarning {
    pub(crate) fn of(what: &'static str) -> Self {
        Self { what, count: AtomicU64::new(0), lines: PeerPauses::of(LINES_MAX) }
    }

    pub(super) fn note(&self, peer: Option<IpAddr>, now_ms: i64) {
        self.note_because(peer, "", now_ms);
    }

    /// With what this one is about.
    pub(super) fn note_because(&self, peer: Option<IpAddr>, why: &str, now_ms: i64) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.lines.warn(peer, now_ms, || format!("{}{}", self.what, why.escape_debug()));
    }

    /// Since the start.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}
