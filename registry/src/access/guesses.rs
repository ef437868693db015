//! Wrong passwords by the address they come from. Comparing one takes long by design: whoever guesses is soon told to
//! wait, before anything is compared.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use parking_lot::Mutex;

/// Wrong passwords that are compared for one address in a row.
pub(crate) const GUESSES_MAX: i64 = 10;
/// After that it is one in this time; and quiet this long makes up for one.
pub(crate) const PAUSE_MS: i64 = 6_000;
/// Addresses that are told apart. Beyond: new ones share the guesses of one.
const ADDRESSES_MAX: usize = 1_024;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    // A plain mutex: only requests with a password that is not known yet come here. When each address has made up for
    // all its guesses; the nameless is everybody's beyond the limit.
    made_up_ms: Mutex<HashMap<Option<IpAddr>, i64>>,
}

impl Guesses {
    /// Seconds until another password from this address is compared; `None`: now.
    pub(crate) fn wait_s(&self, address: Option<IpAddr>, now_ms: i64) -> Option<i64> {
        let mut made_up_ms = self.made_up_ms.lock();
        let address = place(&mut made_up_ms, address, now_ms);
        let owed_ms = made_up_ms.get(&address)? - now_ms;
        let wait_ms = owed_ms - (GUESSES_MAX - 1) * PAUSE_MS;
        (wait_ms > 0).then(|| (wait_ms + 999) / 1_000)
    }

    /// Notes a wrong one.
    pub(crate) fn wrong(&self, address: Option<IpAddr>, now_ms: i64) {
        let mut made_up_ms = self.made_up_ms.lock();
        let address = place(&mut made_up_ms, address, now_ms);
        let until_ms = made_up_ms.entry(address).or_insert(now_ms);
        *until_ms = (*until_ms).max(now_ms) + PAUSE_MS;
    }
}

/// Whose guesses they are: an IPv6 network's, as one machine has a whole one of addresses; everybody's, when the table is full.
fn place(made_up_ms: &mut HashMap<Option<IpAddr>, i64>, address: Option<IpAddr>, now_ms: i64) -> Option<IpAddr> {
    let address = address.map(|address| match address.to_canonical() {
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
        four => four,
    });
    if made_up_ms.len() >= ADDRESSES_MAX && !made_up_ms.contains_key(&address) {
        made_up_ms.retain(|_, until_ms| *until_ms > now_ms);
        return address.filter(|_| made_up_ms.len() < ADDRESSES_MAX);
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> Option<IpAddr> {
        Some(IpAddr::from(number.to_be_bytes()))
    }

    #[test]
    fn some_in_a_row_and_then_one_a_pause() {
        let guesses = Guesses::default();
        for _ in 0..GUESSES_MAX {
            assert_eq!(guesses.wait_s(address(1), 0), None);
            guesses.wrong(address(1), 0);
        }
        assert_eq!(guesses.wait_s(address(1), 0), Some(6));
        assert_eq!(guesses.wait_s(address(1), 5_001), Some(1));
        assert_eq!(guesses.wait_s(address(2), 0), None, "others are not held up");
        assert_eq!(guesses.wait_s(address(1), PAUSE_MS), None);
        guesses.wrong(address(1), PAUSE_MS);
        assert_eq!(guesses.wait_s(address(1), PAUSE_MS), Some(6));
        let quiet_ms = 100 * PAUSE_MS;
        for _ in 0..GUESSES_MAX {
            assert_eq!(guesses.wait_s(address(1), quiet_ms), None, "quiet makes up for all, and no more");
            guesses.wrong(address(1), quiet_ms);
        }
        assert_eq!(guesses.wait_s(address(1), quiet_ms), Some(6));
    }

    #[test]
    fn a_machine_with_many_addresses_is_one() {
        let guesses = Guesses::default();
        for number in 0..GUESSES_MAX {
            guesses.wrong(Some(format!("2001:db8::{number}").parse().unwrap()), 0);
            guesses.wrong(Some(format!("2001:db8:0:{}::1", number + 1).parse().unwrap()), 0);
            guesses.wrong(
                address(7).map(|four| match four {
                    IpAddr::V4(four) => IpAddr::V6(four.to_ipv6_mapped()),
                    six => six,
                }),
                0,
            );
        }
        assert_eq!(guesses.wait_s(Some("2001:db8::ffff".parse().unwrap()), 0), Some(6));
        assert_eq!(guesses.wait_s(Some("2001:db8:0:1::".parse().unwrap()), 0), None);
        assert_eq!(guesses.wait_s(address(7), 0), Some(6));
    }

    #[test]
    fn neither_guesses_nor_memory_grow_with_the_number_of_addresses() {
        let guesses = Guesses::default();
        let compared = |now_ms| {
            let allowed = |number: &u32| {
                let may = guesses.wait_s(address(*number), now_ms).is_none();
                if may {
                    guesses.wrong(address(*number), now_ms);
                }
                may
            };
            (0..20_000).filter(allowed).count()
        };
        let most = ADDRESSES_MAX + usize::try_from(GUESSES_MAX).unwrap();
        assert!(compared(0) <= most && compared(PAUSE_MS + 1) <= most);
        assert!(guesses.made_up_ms.lock().len() <= ADDRESSES_MAX + 1);
    }
}
