//! One scalar field of a JSON object: a string, number or boolean, or the explicit nulls that Spring sends.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, Unexpected, Visitor};

use crate::scalar::Scalar;

/// Reads the value of the field with this name; null and blank text are nothing.
pub(super) fn field<T: Scalar>(name: &'static str) -> Field<T> {
    Field { name, value: PhantomData }
}

pub(super) struct Field<T> {
    name: &'static str,
    value: PhantomData<T>,
}

impl<'de, T: Scalar> DeserializeSeed<'de> for Field<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<T: Scalar> Visitor<'_> for Field<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to be {}", self.name, T::ALLOWED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match T::from_text(text) {
            Some(value) => Ok(Some(value)),
            None if text.trim().is_empty() => Ok(None),
            None => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        self.visit_str(if value { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        T::from_number(value).map(Some).ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => self.visit_str(&value.to_string()),
        }
    }

    /// Rust writes no exponents: 1.7e12, as some clients send a time, reads as a whole number.
    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}
