//! Requests that were refused: counted, and logged once a pause for each peer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// How long the same peer is not named again.
const PAUSE_MS: i64 = 10_000;
/// Peers that are told apart. Beyond: new ones share one line a pause.
const PEERS_MAX: usize = 256;

/// See the module.
#[derive(Default)]
pub(crate) struct Denials {
    unauthenticated: AtomicU64,
    forbidden: AtomicU64,
    // A plain mutex: only refused requests come here.
    peers: Mutex<HashMap<Option<IpAddr>, Said>>,
}

struct Said {
    at_ms: i64,
    unsaid: u64,
}

/// Refused requests since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DenialCounts {
    pub(crate) unauthenticated: u64,
    pub(crate) forbidden: u64,
}

impl Denials {
    /// For metrics.
    pub(crate) fn counts(&self) -> DenialCounts {
        DenialCounts {
            unauthenticated: self.unauthenticated.load(Ordering::Relaxed),
            forbidden: self.forbidden.load(Ordering::Relaxed),
        }
    }

    /// A request with no or wrong credentials.
    pub(crate) fn unauthenticated(&self, peer: Option<IpAddr>, request: &str, now_ms: i64) {
        self.unauthenticated.fetch_add(1, Ordering::Relaxed);
        self.say(peer, now_ms, || format!("{request} with no or wrong credentials is answered 401"));
    }

    /// A request of somebody who lacks the role.
    pub(crate) fn forbidden(&self, peer: Option<IpAddr>, request: &str, role: super::Role, now_ms: i64) {
        self.forbidden.fetch_add(1, Ordering::Relaxed);
        self.say(peer, now_ms, || format!("{request} needs the role {role}, which its credentials lack: answered 403"));
    }

    fn say(&self, peer: Option<IpAddr>, now_ms: i64, what: impl FnOnce() -> String) {
        let Some(unsaid) = self.unsaid(peer, now_ms) else { return };
        let peer = peer.map_or_else(|| "an unknown address".to_owned(), |ip| ip.to_string());
        let more = if unsaid == 0 { String::new() } else { format!(" ({unsaid} more were not logged)") };
        log::warn!("from {peer}: {}{more}", what());
    }

    /// How many were not said before this one; `None` when it is not to be said either.
    fn unsaid(&self, peer: Option<IpAddr>, now_ms: i64) -> Option<u64> {
        let mut peers = self.peers.lock();
        if peers.len() >= PEERS_MAX && !peers.contains_key(&peer) {
            peers.retain(|_, said| now_ms < said.at_ms.saturating_add(PAUSE_MS));
        }
        // The entry of the nameless is everybody's beyond the limit.
        let peer = if peers.len() < PEERS_MAX || peers.contains_key(&peer) { peer } else { None };
        let said = peers.entry(peer).or_insert(Said { at_ms: now_ms.saturating_sub(PAUSE_MS), unsaid: 0 });
        if now_ms < said.at_ms.saturating_add(PAUSE_MS) {
            said.unsaid += 1;
            return None;
        }
        Some(std::mem::replace(said, Said { at_ms: now_ms, unsaid: 0 }).unsaid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    fn peer(number: u32) -> Option<IpAddr> {
        Some(IpAddr::from(number.to_be_bytes()))
    }

    #[test]
    fn one_line_a_pause_for_each_peer() {
        let denials = Denials::default();
        assert_eq!(denials.unsaid(peer(1), 0), Some(0));
        for _ in 0..1_000 {
            assert_eq!(denials.unsaid(peer(1), PAUSE_MS - 1), None);
        }
        assert_eq!(denials.unsaid(peer(2), PAUSE_MS - 1), Some(0));
        assert_eq!(denials.unsaid(peer(1), PAUSE_MS), Some(1_000));
    }

    #[test]
    fn neither_lines_nor_memory_grow_with_the_number_of_peers() {
        let denials = Denials::default();
        let said = |now_ms| (0..10_000).filter(|number| denials.unsaid(peer(*number), now_ms).is_some()).count();
        assert!(said(0) <= PEERS_MAX + 1);
        assert!(said(PAUSE_MS) <= PEERS_MAX + 1);
        assert!(denials.peers.lock().len() <= PEERS_MAX + 1);
    }

    #[test]
    fn each_is_counted() {
        let denials = Denials::default();
        denials.unauthenticated(peer(1), "GET /", 0);
        denials.unauthenticated(peer(1), "GET /", 0);
        denials.forbidden(peer(1), "GET /", Role::Operate, 0);
        assert_eq!(denials.counts(), DenialCounts { unauthenticated: 2, forbidden: 1 });
    }
}
