//! `port` and `securePort`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Unexpected, Visitor};

use super::field::field;
use crate::draft::PortDraft;
use crate::rules::Rules;

/// `{"$":8080,"@enabled":"true"}`. From a registry also the bare number, or its text.
pub(super) struct PortSeed {
    pub(super) name: &'static str,
    pub(super) rules: Rules,
}

impl<'de> DeserializeSeed<'de> for PortSeed {
    type Value = PortDraft;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<PortDraft, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PortSeed {
    type Value = PortDraft;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to be an object {{\"$\": number, \"@enabled\": boolean}}", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PortDraft, A::Error> {
        let mut port = PortDraft::default();
        while let Some(key) = map.next_key::<super::key::Key<'de>>()? {
            match key.as_str() {
                "$" => port.number = map.next_value_seed(field("the \"$\" of a port"))?,
                "@enabled" => port.enabled = map.next_value_seed(field("the \"@enabled\" of a port"))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(port)
    }

    fn visit_unit<E: Error>(self) -> Result<PortDraft, E> {
        Ok(PortDraft::default())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<PortDraft, E> {
        match i32::try_from(number) {
            Ok(number) if self.rules == Rules::Fetched => Ok(PortDraft { number: Some(number), enabled: None }),
            _ => Err(E::invalid_type(Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PortDraft, E> {
        match text.trim().parse() {
            Ok(number) if self.rules == Rules::Fetched => self.visit_u64(number),
            _ => Err(E::invalid_type(Unexpected::Str(text), &self)),
        }
    }
}
