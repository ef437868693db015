//! The object of one instance, as far as it says anything.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::data_center::DataCenterSeed;
use super::field::field;
use super::key::Key;
use super::lease::LeaseSeed;
use super::metadata::MetadataSeed;
use super::port::PortSeed;
use super::unknown::Unknown;
use crate::draft::RegistrationDraft;
use crate::rules::Rules;

/// Reads an instance by the rules; a field that comes twice counts as it came last.
pub(super) struct InstanceSeed {
    pub(super) rules: Rules,
    /// Whether an `instance` inside the instance is read as if its fields stood here: Java's server does so with
    /// what clients post, and a registry may wrap its answer or not.
    pub(super) wrapped: bool,
}

impl<'de> DeserializeSeed<'de> for InstanceSeed {
    type Value = RegistrationDraft;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RegistrationDraft, D::Error> {
        let mut draft = RegistrationDraft::default();
        Fields { draft: &mut draft, seed: self }.deserialize(deserializer)?;
        Ok(draft)
    }
}

/// Reads the fields into a draft that is there already.
struct Fields<'a> {
    draft: &'a mut RegistrationDraft,
    seed: InstanceSeed,
}

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an instance to be an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { draft, seed: InstanceSeed { rules, wrapped } } = self;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if let Some((name, slot)) = draft.text_slot(key.as_str()) {
                *slot = map.next_value_seed(field(name))?;
            } else if wrapped && key.as_str() == "instance" {
                map.next_value_seed(Fields { draft, seed: InstanceSeed { rules, wrapped } })?;
            } else {
                read_value(draft, key.as_str(), rules, &mut map)?;
            }
        }
        Ok(())
    }
}

/// The other fields, known and unknown.
fn read_value<'de, A: MapAccess<'de>>(
    draft: &mut RegistrationDraft,
    key: &str,
    rules: Rules,
    map: &mut A,
) -> Result<(), A::Error> {
    match key.as_bytes() {
        b"status" => draft.status = map.next_value_seed(field("status"))?,
        // Java's servers and clients disagree about the spelling; one that is null does not hide the other.
        b"overriddenStatus" | b"overriddenstatus" => {
            let status = map.next_value_seed(field("overriddenStatus"))?;
            draft.overridden_status = status.or(draft.overridden_status);
        }
        b"port" => draft.port = map.next_value_seed(PortSeed { name: "port", rules })?,
        b"securePort" => draft.secure_port = map.next_value_seed(PortSeed { name: "securePort", rules })?,
        b"countryId" => draft.country_id = map.next_value_seed(field("countryId"))?,
        b"dataCenterInfo" => draft.data_center = map.next_value_seed(DataCenterSeed(rules))?,
        b"leaseInfo" => draft.lease = map.next_value_seed(LeaseSeed)?,
        b"metadata" => draft.metadata = map.next_value_seed(MetadataSeed(rules))?,
        b"isCoordinatingDiscoveryServer" => {
            draft.is_coordinating_discovery_server = map.next_value_seed(field("isCoordinatingDiscoveryServer"))?;
        }
        b"lastUpdatedTimestamp" => draft.last_updated_ms = map.next_value_seed(field("lastUpdatedTimestamp"))?,
        b"lastDirtyTimestamp" => draft.last_dirty_ms = map.next_value_seed(field("lastDirtyTimestamp"))?,
        b"actionType" => draft.action = map.next_value_seed(field("actionType"))?.flatten(),
        _ => map.next_value_seed(Unknown(rules))?,
    }
    Ok(())
}
