//! What is seen of connections that no request tells of.

use std::net::IpAddr;

use eurus_service::Clock;

use super::held_answers::HeldAnswers;
use super::misdirected::Misdirected;
use super::peer_warning::PeerWarning;

/// See the module.
pub(crate) struct Watch {
    pub(super) misdirected: Misdirected,
    /// Answers that nobody took.
    stalled: PeerWarning,
    pub(super) answers: HeldAnswers,
    clock: Clock,
}

impl Watch {
    pub(crate) fn new(clock: Clock) -> Self {
        let stalled = "it takes nothing of what it asked for: its connection was cut off";
        Self {
            misdirected: Misdirected::default(),
            stalled: PeerWarning::of(stalled),
            answers: HeldAnswers::default(),
            clock,
        }
    }

    pub(super) fn tls_to_plain(&self, peer: Option<IpAddr>) {
        self.misdirected.tls_to_plain.note(peer, self.clock.now_ms());
    }

    pub(super) fn not_http(&self, peer: Option<IpAddr>) {
        self.misdirected.not_http.note(peer, self.clock.now_ms());
    }

    pub(super) fn handshake_failed(&self, peer: Option<IpAddr>, why: &str) {
        self.misdirected.handshake_failed.note_because(peer, why, self.clock.now_ms());
    }

    pub(super) fn plain_to_tls(&self, peer: Option<IpAddr>) {
        self.misdirected.plain_to_tls.note(peer, self.clock.now_ms());
    }

    pub(super) fn stalled(&self, peer: Option<IpAddr>) {
        self.stalled.note(peer, self.clock.now_ms());
    }

    pub(super) fn stalled_count(&self) -> u64 {
        self.stalled.count()
    }
}
