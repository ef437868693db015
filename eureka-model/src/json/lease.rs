//! `leaseInfo`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::field::field;
use super::key::Key;
use crate::instance::LeaseInfo;
use crate::scalar::Scalar;

/// An object of numbers; what is missing or null is as Eureka's defaults have it.
pub(super) struct LeaseSeed;

impl<'de> DeserializeSeed<'de> for LeaseSeed {
    type Value = LeaseInfo;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<LeaseInfo, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for LeaseSeed {
    type Value = LeaseInfo;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("leaseInfo to be an object or null")
    }

    fn visit_unit<E: Error>(self) -> Result<LeaseInfo, E> {
        Ok(LeaseInfo::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LeaseInfo, A::Error> {
        let mut lease = LeaseInfo::default();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match key.as_str() {
                "renewalIntervalInSecs" => put(&mut lease.renewal_interval_s, &mut map, "renewalIntervalInSecs")?,
                "durationInSecs" => put(&mut lease.duration_s, &mut map, "durationInSecs")?,
                "registrationTimestamp" => put(&mut lease.registration_ms, &mut map, "registrationTimestamp")?,
                // The second name is an older server's.
                "lastRenewalTimestamp" | "renewalTimestamp" => {
                    put(&mut lease.last_renewal_ms, &mut map, "lastRenewalTimestamp")?;
                }
                "evictionTimestamp" => put(&mut lease.eviction_ms, &mut map, "evictionTimestamp")?,
                "serviceUpTimestamp" => put(&mut lease.service_up_ms, &mut map, "serviceUpTimestamp")?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(lease)
    }
}

fn put<'de, T: Scalar, A: MapAccess<'de>>(slot: &mut T, map: &mut A, name: &'static str) -> Result<(), A::Error> {
    if let Some(value) = map.next_value_seed(field(name))? {
        *slot = value;
    }
    Ok(())
}
