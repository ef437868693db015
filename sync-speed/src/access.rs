//! Who may call, and what each may do: network segments, and callers known by a token or a certificate. Pure, but for
//! the one place that holds the rules in force.
//!
//! Only the address of the TCP connection counts. A header such as `X-Forwarded-For` is written by whoever calls: it is
//! believed of configured proxies alone, and a request from anybody else that carries one is refused.
//!
//! | module | what |
//! |---|---|
//! | [`rules`] | all that was configured, immutable |
//! | [`caller`] | one caller by name, and what each may do |
//! | [`token`] | a bearer token: compared in constant time, never shown |
//! | [`forwarding`] | whose address counts behind a proxy |
//! | [`buckets`] | how often, by caller and by address |
//! | [`guesses`] | wrong credentials, by address |
//! | [`door`] | the rules in force, and the one question: may this request come in? |

pub mod buckets;
pub mod caller;
pub mod door;
pub mod forwarding;
pub mod guesses;
pub mod rules;
pub mod token;

use std::fmt;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

pub use caller::{Caller, Right, Who};
pub use door::{Admitted, Arrival, Denial, Door, Why};
pub use guesses::Guesses;
pub use rules::{AccessRules, Keep};
pub use token::Token;

/// Network segments that are allowed and denied. Denied wins; what is in neither is outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments {
    /// Who may call.
    pub allow: Vec<IpNetwork>,
    /// Who may not, although a segment of `allow` holds the address.
    pub deny: Vec<IpNetwork>,
}

/// Why an address is kept out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// No allowed segment holds it.
    NotAllowed(IpAddr),
    /// This segment denies it.
    Denied(IpAddr, IpNetwork),
}

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed(address) => write!(f, "{address} is in no allowed network segment"),
            Self::Denied(address, segment) => write!(f, "{address} is in the denied network segment {segment}"),
        }
    }
}

impl Segments {
    /// Loopback only, IPv4 and IPv6.
    pub fn loopback() -> Self {
        Self { allow: loopback(), deny: Vec::new() }
    }

    /// Whether an address may call.
    ///
    /// # Errors
    /// [`Outside`] with the address as it was compared.
    pub fn check(&self, address: IpAddr) -> Result<(), Outside> {
        let address = address.to_canonical();
        if let Some(segment) = self.deny.iter().find(|segment| holds(segment, address)) {
            return Err(Outside::Denied(address, *segment));
        }
        if is_inside(&self.allow, address) { Ok(()) } else { Err(Outside::NotAllowed(address)) }
    }
}

/// `127.0.0.0/8` and `::1/128`.
pub fn loopback() -> Vec<IpNetwork> {
    use std::net::{Ipv4Addr, Ipv6Addr};
    // Both prefixes are constants within bounds; a wrong one would give an empty list, which lets nobody in.
    [IpNetwork::new(Ipv4Addr::new(127, 0, 0, 0).into(), 8), IpNetwork::new(Ipv6Addr::LOCALHOST.into(), 128)]
        .into_iter()
        .flatten()
        .collect()
}

/// Whether one of the segments holds the address. An IPv4-mapped IPv6 address counts as the IPv4 address it is.
pub fn is_inside(segments: &[IpNetwork], address: IpAddr) -> bool {
    let address = address.to_canonical();
    segments.iter().any(|segment| holds(segment, address))
}

/// A segment may be written in the mapped form too (`::ffff:10.0.0.0/104` is `10.0.0.0/8`).
fn holds(segment: &IpNetwork, canonical: IpAddr) -> bool {
    const MAPPED_PREFIX_BITS: u8 = 96;
    if segment.contains(canonical) {
        return true;
    }
    match (segment, canonical) {
        (IpNetwork::V6(mapped), IpAddr::V4(address)) if mapped.prefix() >= MAPPED_PREFIX_BITS => {
            mapped.contains(address.to_ipv6_mapped())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(list: &[&str]) -> Vec<IpNetwork> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn callers() {
        type Row = (&'static [&'static str], &'static [&'static str], &'static str, bool);
        let loopback: &[&str] = &["127.0.0.0/8", "::1/128"];
        let rows: &[Row] = &[
            (loopback, &[], "127.0.0.1", true),
            (loopback, &[], "127.255.255.255", true),
            (loopback, &[], "128.0.0.1", false),
            (loopback, &[], "::1", true),
            (loopback, &[], "::2", false),
            (loopback, &[], "::ffff:127.0.0.1", true),
            (loopback, &[], "::ffff:10.0.0.1", false),
            (loopback, &[], "0.0.0.0", false),
            (loopback, &["127.0.0.9/32"], "127.0.0.9", false),
            (loopback, &["127.0.0.9/32"], "127.0.0.8", true),
            (loopback, &["127.0.0.9/32"], "::ffff:127.0.0.9", false),
            (&["127.0.0.1/32"], &[], "127.0.0.9", false),
            (&["127.0.0.1/32"], &[], "127.0.0.1", true),
            (&["10.0.0.0/8"], &["10.1.0.0/16"], "10.1.2.3", false),
            (&["10.0.0.0/8"], &["10.1.0.0/16"], "10.2.2.3", true),
            // A narrower allow does not win over a wider deny.
            (&["10.1.2.3/32"], &["10.0.0.0/8"], "10.1.2.3", false),
            (&["0.0.0.0/0"], &[], "203.0.113.7", true),
            // Every IPv4 address is not every address.
            (&["0.0.0.0/0"], &[], "2001:db8::1", false),
            (&["2001:db8::/32"], &[], "2001:db8:1::1", true),
            (&["2001:db8::/32"], &[], "2001:db9::1", false),
            (&["::ffff:10.0.0.0/104"], &[], "10.9.9.9", true),
            (&["::ffff:10.0.0.0/104"], &[], "11.0.0.1", false),
            // Every IPv6 address is not every IPv4 address.
            (&["::/0"], &[], "10.0.0.1", false),
            (&["fe80::/10"], &[], "fe80::1", true),
            (&[], &[], "127.0.0.1", false),
            (&[], &["127.0.0.0/8"], "127.0.0.1", false),
            (&["10.0.0.0/8", "192.168.0.0/16"], &[], "192.168.3.4", true),
        ];
        for (allow, deny, caller, allowed) in rows {
            let access = Segments { allow: segments(allow), deny: segments(deny) };
            let answer = access.check(caller.parse().unwrap());
            assert_eq!(answer.is_ok(), *allowed, "{caller} with allow {allow:?}, deny {deny:?}: {answer:?}");
        }
    }

    #[test]
    fn the_reason_names_address_and_segment() {
        let access = Segments { allow: segments(&["127.0.0.0/8"]), deny: segments(&["127.0.0.9/32"]) };
        let denied = access.check("::ffff:127.0.0.9".parse().unwrap()).unwrap_err().to_string();
        assert_eq!(denied, "127.0.0.9 is in the denied network segment 127.0.0.9/32");
        let outside = access.check("10.0.0.1".parse().unwrap()).unwrap_err().to_string();
        assert_eq!(outside, "10.0.0.1 is in no allowed network segment");
    }

    #[test]
    fn loopback_is_both_families() {
        assert_eq!(loopback(), segments(&["127.0.0.0/8", "::1/128"]));
    }
}
