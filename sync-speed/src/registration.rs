//! Which life of an instance is meant. Container platforms reuse addresses and ids quickly: an order is for one
//! registration, never for whoever holds the address later.

use eurus_model::InstanceInfo;

/// Together with the instance id this identifies a registration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// `ipAddr` as registered.
    pub ip: String,
    /// `leaseInfo.serviceUpTimestamp`, epoch milliseconds; 0 when the instance never was UP.
    #[serde(rename = "serviceUpTimestamp")]
    pub service_up_ms: i64,
}

impl Registration {
    /// The registration that an instance, as the registry shows it, is in.
    pub fn of(instance: &InstanceInfo) -> Self {
        Self { ip: instance.ip_addr.clone(), service_up_ms: instance.lease.service_up_ms }
    }

    /// Whether this one, of the same instance id, began after `older`.
    pub fn is_newer_than(&self, older: &Self) -> bool {
        let both_were_up = self.service_up_ms > 0 && older.service_up_ms > 0;
        self.ip != older.ip || (both_were_up && self.service_up_ms > older.service_up_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer() {
        for (fetched, held, newer) in [
            (("10.0.0.1", 5), ("10.0.0.1", 5), false),
            (("10.0.0.1", 6), ("10.0.0.1", 5), true),
            (("10.0.0.1", 4), ("10.0.0.1", 5), false),
            (("10.0.0.1", 6), ("10.0.0.1", 0), false),
            (("10.0.0.1", 0), ("10.0.0.1", 5), false),
            (("10.0.0.2", 5), ("10.0.0.1", 5), true),
            (("10.0.0.2", 0), ("10.0.0.1", 5), true),
        ] {
            let registration = |(ip, service_up_ms): (&str, i64)| Registration { ip: ip.to_owned(), service_up_ms };
            assert_eq!(registration(fetched).is_newer_than(&registration(held)), newer, "{fetched:?} {held:?}");
        }
    }
}
