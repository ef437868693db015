//! How often one peer is named in the log: a few lines a pause, and with the next one how many were left out.

use std::collections::HashMap;
use std::net::IpAddr;

use parking_lot::Mutex;

/// How long a peer whose lines are used up is not named again.
pub(crate) const PAUSE_MS: i64 = 10_000;
/// Peers that are told apart. Beyond: new ones share the lines of one.
pub(crate) const PEERS_MAX: usize = 256;

/// See the module.
pub(crate) struct PeerPauses {
    lines_max: u32,
    // A plain mutex: only refused requests come here.
    peers: Mutex<HashMap<Option<IpAddr>, Said>>,
}

/// What one peer's pause has seen.
struct Said {
    since_ms: i64,
    lines: u32,
    unsaid: u64,
}

impl PeerPauses {
    /// So many lines a pause for each peer.
    pub(crate) fn of(lines_max: u32) -> Self {
        Self { lines_max, peers: Mutex::default() }
    }

    /// A warning about a peer, if it has a line left. Without one it is a line for those who debug.
    pub(crate) fn warn(&self, peer: Option<IpAddr>, now_ms: i64, what: impl FnOnce() -> String) {
        let name = || peer_name(peer);
        match self.unsaid(peer, now_ms) {
            Some(0) => log::warn!("from {}: {}", name(), what()),
            Some(unsaid) => log::warn!("from {}: {} ({unsaid} more were not logged)", name(), what()),
            None => log::debug!("from {}: {}", name(), what()),
        }
    }

    /// How many were not said before this one; `None` when it is not to be said either.
    pub(crate) fn unsaid(&self, peer: Option<IpAddr>, now_ms: i64) -> Option<u64> {
        let mut peers = self.peers.lock();
        if peers.len() >= PEERS_MAX && !peers.contains_key(&peer) {
            peers.retain(|_, said| now_ms < said.since_ms.saturating_add(PAUSE_MS));
        }
        // The entry of the nameless is everybody's beyond the limit.
        let peer = if peers.len() < PEERS_MAX || peers.contains_key(&peer) { peer } else { None };
        let said = peers.entry(peer).or_insert(Said { since_ms: now_ms, lines: 0, unsaid: 0 });
        if now_ms >= said.since_ms.saturating_add(PAUSE_MS) {
            (said.since_ms, said.lines) = (now_ms, 0);
        }
        if said.lines >= self.lines_max {
            said.unsaid += 1;
            return None;
        }
        said.lines += 1;
        Some(std::mem::take(&mut said.unsaid))
    }

    #[cfg(test)]
    fn peers_known(&self) -> usize {
        self.peers.lock().len()
    }
}

/// A peer in the log.
pub(crate) fn peer_name(peer: Option<IpAddr>) -> String {
    peer.map_or_else(|| "an unknown address".to_owned(), |ip| ip.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u32) -> Option<IpAddr> {
        Some(IpAddr::from(number.to_be_bytes()))
    }

    #[test]
    fn some_lines_a_pause_for_each_peer() {
        for lines_max in [1, 3] {
            let pauses = PeerPauses::of(lines_max);
            for _ in 0..lines_max {
                assert_eq!(pauses.unsaid(peer(1), 0), Some(0));
            }
            for _ in 0..1_000 {
                assert_eq!(pauses.unsaid(peer(1), PAUSE_MS - 1), None);
            }
            assert_eq!(pauses.unsaid(peer(2), PAUSE_MS - 1), Some(0));
            assert_eq!(pauses.unsaid(peer(1), PAUSE_MS), Some(1_000));
        }
    }

    #[test]
    fn neither_lines_nor_memory_grow_with_the_number_of_peers() {
        let pauses = PeerPauses::of(1);
        let said = |now_ms| (0..10_000).filter(|number| pauses.unsaid(peer(*number), now_ms).is_some()).count();
        assert!(said(0) <= PEERS_MAX + 1);
        assert!(said(PAUSE_MS) <= PEERS_MAX + 1);
        assert!(pauses.peers_known() <= PEERS_MAX + 1);
    }
}
