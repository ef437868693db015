//! How many connections each address has open, over all threads. Looked at when a connection begins and ends, never for a
//! request.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use parking_lot::Mutex;

/// The network of IPv6 that one caller is given: it may take any address of it.
const NETWORK_BITS: u32 = 64;

/// See the module. One lock for all: it is held for one look into the table.
#[derive(Debug)]
pub(crate) struct PerIp {
    /// 0: any number, and nothing is counted.
    max: u32,
    open: Mutex<HashMap<IpAddr, u32>>,
}

/// One connection's place; given back by its drop.
#[derive(Debug)]
pub(crate) struct Place(Option<(Arc<PerIp>, IpAddr)>);

impl PerIp {
    pub(crate) fn new(max: u32) -> Self {
        Self { max, open: Mutex::default() }
    }

    /// A place that counts for nobody.
    pub(super) fn uncounted() -> Place {
        Place(None)
    }

    /// A place for a connection from there; `None`: they are all taken.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        if self.max == 0 {
            return Some(Self::uncounted());
        }
        let peer = caller_of(peer);
        let mut open = self.open.lock();
        let count = open.entry(peer).or_default();
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(Place(Some((Arc::clone(self), peer))))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((counts, peer)) = self.0.take() else { return };
        let mut open = counts.open.lock();
        if let Some(count) = open.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&peer);
            }
        }
    }
}

fn caller_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << NETWORK_BITS)).into(),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_and_given_back() {
        let counts = Arc::new(PerIp::new(2));
        let enter = |peer: &str| counts.enter(peer.parse().unwrap());
        let first = enter("10.0.0.1").unwrap();
        let second = enter("::ffff:10.0.0.1").unwrap();
        assert!(enter("10.0.0.1").is_none());
        assert!(enter("10.0.0.2").is_some());
        drop(first);
        let _third = enter("10.0.0.1").unwrap();
        assert!(enter("10.0.0.1").is_none());
        let _network = (enter("2001:db8::1").unwrap(), enter("2001:db8::2").unwrap());
        assert!(enter("2001:db8::3").is_none());
        assert!(enter("2001:db8:0:1::1").is_some());
        drop(second);
        // Who has gone leaves nothing.
        assert_eq!(counts.open.lock().len(), 2);
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let counts = Arc::new(PerIp::new(0));
        let _places = [counts.enter(IpAddr::from([10, 0, 0, 1])), counts.enter(IpAddr::from([10, 0, 0, 1]))];
        assert!(counts.open.lock().is_empty());
    }
}
