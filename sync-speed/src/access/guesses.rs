//! Wrong credentials, by address: after a few in a row nothing is compared for a while, so that nobody guesses for long.
//! Whoever has got in before is not held up by a neighbour who guesses.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv6Addr};

use parking_lot::Mutex;

use super::buckets::{Buckets, Rate, Wait};

/// Wrong credentials from one address in a row, and then one in six seconds: more are not compared.
const WRONG: Rate = Rate { burst: 10, one_per_us: 6_000_000 };
/// Addresses whose wrong credentials are counted apart; those beyond share one count.
const ADDRESSES_MAX: usize = 1_024;
/// Names and addresses that have got in before.
const KNOWN_MAX: usize = 4_096;

/// See the module.
#[derive(Debug)]
pub struct Guesses {
    wrong: Buckets<IpAddr>,
    // A plain mutex: held for one look.
    known: Mutex<HashSet<(String, IpAddr)>>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { wrong: Buckets::new(ADDRESSES_MAX), known: Mutex::default() }
    }
}

impl Guesses {
    /// Whether credentials from an address count; `owner`: whose they are, if they are right.
    ///
    /// # Errors
    /// How long nothing is compared.
    pub fn look(&self, owner: Option<&str>, address: IpAddr, now_us: i64) -> Result<(), Wait> {
        let network = network_of(address);
        let has_been_in = owner.is_some_and(|owner| self.known.lock().contains(&(owner.to_owned(), network)));
        if has_been_in { Ok(()) } else { self.wrong.look(network, WRONG, now_us) }
    }

    /// They were not right.
    pub fn wrong(&self, address: IpAddr, now_us: i64) {
        // The look before it has shown that there is room, but for requests at the same moment.
        let _ = self.wrong.take(network_of(address), WRONG, now_us);
    }

    /// They were.
    pub fn right(&self, owner: &str, address: IpAddr) {
        let mut known = self.known.lock();
        if known.len() < KNOWN_MAX {
            known.insert((owner.to_owned(), network_of(address)));
        }
    }

    /// A name may be somebody else's now.
    pub fn forget_owners(&self) {
        self.known.lock().clear();
    }
}

/// One machine has a whole network of IPv6 addresses.
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
        four @ IpAddr::V4(_) => four,
    }
}
