//! How much of memory the bodies of requests may take together.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limit_hits::LimitHits;

/// Bytes of all bodies that are being read or worked on at one time: 25,000 connections may each send a large one.
pub(crate) const BODIES_BYTES_MAX: usize = 256 << 20;
/// Of them those of one peer's address: whoever sends bodies and never ends them leaves room for the others.
const PEER_BODIES_BYTES_MAX: usize = BODIES_BYTES_MAX / 2;
/// Peers are told apart by a hash. Two that share a place share its bytes; there is no table that peers could fill.
const PEER_PLACES: usize = 256;

/// The bytes of all bodies at this moment.
#[derive(Clone, Debug)]
pub(crate) struct Bodies(Arc<Budget>);

#[derive(Debug)]
struct Budget {
    all: AtomicUsize,
    peers: [AtomicUsize; PEER_PLACES],
    /// Seeded anew by every process: nobody can choose an address that shares somebody's place.
    places: RandomState,
    hits: LimitHits,
}

/// One body's part of them, given back when the request is over.
pub(crate) struct Share {
    bytes: usize,
    place: usize,
    bodies: Bodies,
}

/// Why a body got no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    All,
    Peer,
}

impl Default for Bodies {
    fn default() -> Self {
        Self(Arc::new(Budget {
            all: AtomicUsize::new(0),
            peers: [const { AtomicUsize::new(0) }; PEER_PLACES],
            places: RandomState::new(),
            hits: LimitHits::default(),
        }))
    }
}

impl Bodies {
    /// The part of a body that begins to arrive.
    pub(crate) fn share(&self, peer: Option<IpAddr>) -> Share {
        let hash = self.0.places.hash_one(peer.map(network));
        let place = usize::try_from(hash % PEER_PLACES as u64).unwrap_or_default();
        Share { bytes: 0, place, bodies: self.clone() }
    }

    /// Bodies for which there was no room.
    pub(crate) fn hits(&self) -> &LimitHits {
        &self.0.hits
    }
}

/// Of IPv6 what one customer is given: he has 2^64 addresses in it.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(peer) => IpAddr::from((u128::from(peer) >> 64 << 64).to_be_bytes()),
        peer @ IpAddr::V4(_) => peer,
    }
}

impl Share {
    /// Makes room for so many bytes more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Full> {
        self.bytes += bytes;
        let budget = &self.bodies.0;
        let of_peer = budget.peers[self.place].fetch_add(bytes, Ordering::Relaxed) + bytes;
        let all = budget.all.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if all > BODIES_BYTES_MAX {
            Err(Full::All)
        } else if of_peer > PEER_BODIES_BYTES_MAX {
            Err(Full::Peer)
        } else {
            Ok(())
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.bodies.0.peers[self.place].fetch_sub(self.bytes, Ordering::Relaxed);
        self.bodies.0.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_peer_leaves_room_for_the_others() {
        let bodies = Bodies::default();
        let peer = |number: u32| Some(IpAddr::from(number.to_be_bytes()));
        let mut greedy: Vec<Share> = Vec::new();
        let taken = |shares: &mut Vec<Share>, peer| {
            shares.push(bodies.share(peer));
            shares.last_mut().unwrap().grow(PEER_BODIES_BYTES_MAX / 8)
        };
        for _ in 0..8 {
            assert_eq!(taken(&mut greedy, peer(1)), Ok(()));
        }
        assert_eq!(taken(&mut greedy, peer(1)), Err(Full::Peer));
        greedy.pop();
        let place = bodies.share(peer(1)).place;
        let another = (2..).map(peer).find(|other| bodies.share(*other).place != place).unwrap();
        assert_eq!(bodies.share(another).grow(16 << 20), Ok(()));
        greedy.pop();
        assert_eq!(bodies.share(peer(1)).grow(PEER_BODIES_BYTES_MAX / 8), Ok(()), "what was given back is free");
        let mut rest = bodies.share(another);
        assert_eq!(rest.grow(PEER_BODIES_BYTES_MAX), Ok(()));
        assert_eq!(bodies.share(peer(1)).grow(PEER_BODIES_BYTES_MAX / 4), Err(Full::All));
        drop((greedy, rest));
        assert_eq!(bodies.0.all.load(Ordering::Relaxed), 0);
        assert!(bodies.0.peers.iter().all(|bytes| bytes.load(Ordering::Relaxed) == 0));
    }

    #[test]
    fn a_peer_is_a_network_in_ipv6() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:10.0.0.1"), "10.0.0.1");
    }
}
