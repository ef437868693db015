//! `dataCenterInfo`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::field::field;
use super::key::Key;
use super::metadata::MetadataSeed;
use crate::draft::DataCenterDraft;
use crate::rules::Rules;

/// `{"@class":"…","name":"MyOwn"}`, with `metadata` for Amazon.
pub(super) struct DataCenterSeed(pub(super) Rules);

impl<'de> DeserializeSeed<'de> for DataCenterSeed {
    type Value = Option<DataCenterDraft>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DataCenterSeed {
    type Value = Option<DataCenterDraft>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dataCenterInfo to be an object {\"@class\": string, \"name\": string} or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut draft = DataCenterDraft::default();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match key.as_str() {
                "@class" => draft.class = map.next_value_seed(field("the \"@class\" of dataCenterInfo"))?,
                "name" => draft.name = map.next_value_seed(field("the \"name\" of dataCenterInfo"))?,
                "metadata" => draft.metadata = map.next_value_seed(MetadataSeed(self.0))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if self.0 == Rules::Posted {
            draft.check_class().and_then(|()| draft.check_name()).map_err(A::Error::custom)?;
        }
        Ok(Some(draft))
    }
}
