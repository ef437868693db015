//! The outermost object, with one field that holds the whole document.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::key::Key;
use crate::rules::Rules;

/// `{"<name>":…}`. Beside it a registration may have nothing; a registry's answer anything.
pub(super) struct Wrapper<S> {
    pub(super) name: &'static str,
    pub(super) rules: Rules,
    pub(super) inner: S,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Wrapper<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Wrapper<S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object {{\"{}\": …}}", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<S::Value, A::Error> {
        let mut inner = Some(self.inner);
        let mut value = None;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if key.as_str() == self.name {
                let seed = inner.take().ok_or_else(|| A::Error::duplicate_field(self.name))?;
                value = Some(map.next_value_seed(seed)?);
            } else if self.rules == Rules::Posted {
                let message = format!("unknown field `{}`, expected only `{}`", key.as_str(), self.name);
                return Err(A::Error::custom(message));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        value.ok_or_else(|| A::Error::missing_field(self.name))
    }
}
