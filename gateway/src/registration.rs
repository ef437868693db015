//! One life of an instance: the time from its first register to DELETE or eviction.
//!
//! Container platforms hand an address out again within seconds, and instance ids are often built from it. An order
//! to take an instance down therefore names the registration it is meant for, and must not hit the one that follows.

use eurus_model::InstanceInfo;

/// What tells two lives under one instance id apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registration {
    /// `ipAddr`.
    pub(crate) ip: String,
    /// `leaseInfo.serviceUpTimestamp`, epoch milliseconds by the registry's clock; 0: not known.
    pub(crate) service_up_ms: i64,
}

/// How the instance in a fetched copy stands to the registration that a mark is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The same life, as far as can be told.
    Same,
    /// A later life: it went into service later.
    Newer,
    /// Another address, without timestamps that prove it later. It is not the instance that is meant; but the copy may
    /// be an old one that still shows the life BEFORE, so this alone proves nothing about the next copy.
    OtherAddress,
}

impl Registration {
    /// How the fetched instance, of the same id, stands to this registration.
    pub(crate) fn relation_of(&self, fetched: &InstanceInfo) -> Relation {
        let fetched_up_ms = fetched.lease.service_up_ms;
        if self.service_up_ms > 0 && fetched_up_ms > self.service_up_ms {
            Relation::Newer
        } else if fetched.ip_addr != self.ip {
            Relation::OtherAddress
        } else {
            Relation::Same
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations() {
        use Relation::{Newer, OtherAddress, Same};
        // (meant ip, meant up, fetched ip, fetched up)
        let table = [
            (("10.0.0.1", 100), ("10.0.0.1", 100), Same),
            (("10.0.0.1", 100), ("10.0.0.1", 101), Newer),
            (("10.0.0.1", 100), ("10.0.0.1", 99), Same),
            (("10.0.0.1", 0), ("10.0.0.1", 101), Same),
            (("10.0.0.1", 100), ("10.0.0.1", 0), Same),
            (("10.0.0.1", 100), ("10.0.0.2", 101), Newer),
            (("10.0.0.1", 100), ("10.0.0.2", 100), OtherAddress),
            (("10.0.0.1", 100), ("10.0.0.2", 99), OtherAddress),
            (("10.0.0.1", 0), ("10.0.0.2", 101), OtherAddress),
        ];
        for ((ip, service_up_ms), (fetched_ip, fetched_up_ms), expected) in table {
            let meant = Registration { ip: ip.to_owned(), service_up_ms };
            let mut fetched = InstanceInfo::new("a", "1", "h", fetched_ip);
            fetched.lease.service_up_ms = fetched_up_ms;
            assert_eq!(meant.relation_of(&fetched), expected, "{meant:?} and {fetched_ip}, {fetched_up_ms}");
        }
    }
}
