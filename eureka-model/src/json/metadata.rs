//! `metadata`: the instance's own, and Amazon's.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

use super::key::Key;
use crate::limits::METADATA_ENTRIES_MAX;
use crate::rules::Rules;

/// The key under which Java says which map it used; it is no metadata.
const CLASS_KEY: &str = "@class";

/// A map of scalars, each read as text, in the order sent. A key whose value is null has no value.
pub(super) struct MetadataSeed(pub(super) Rules);

impl<'de> DeserializeSeed<'de> for MetadataSeed {
    type Value = Vec<(String, String)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MetadataSeed {
    type Value = Vec<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("metadata to be an object or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if key.as_str() == CLASS_KEY {
                map.next_value::<IgnoredAny>()?;
            } else if let Some(value) = map.next_value_seed(ValueSeed(self.0))? {
                if pairs.len() == METADATA_ENTRIES_MAX {
                    return Err(A::Error::custom(format!("metadata with more than {METADATA_ENTRIES_MAX} entries")));
                }
                pairs.push((key.into_string(), value));
            }
        }
        Ok(pairs)
    }
}

struct ValueSeed(Rules);

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of metadata to be a string, a number, a boolean or null")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        match self.0 {
            Rules::Posted => Err(A::Error::invalid_type(Unexpected::Map, &self)),
            Rules::Fetched => IgnoredAny.visit_map(map).map(|_| None),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        match self.0 {
            Rules::Posted => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
            Rules::Fetched => IgnoredAny.visit_seq(seq).map(|_| None),
        }
    }
}
