//! A registry's lists: `applications` and `application`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::field::field;
use super::instance::InstanceSeed;
use super::key::Key;
use crate::applications::{Application, Applications};
use crate::draft::RegistrationDraft;
use crate::fetched;
use crate::rules::Rules;

/// `{"versions__delta":"1","apps__hashcode":"…","application":[…]}`, in any order.
pub(super) struct ApplicationsSeed;

impl<'de> DeserializeSeed<'de> for ApplicationsSeed {
    type Value = Applications;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Applications, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ApplicationsSeed {
    type Value = Applications;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("applications to be an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Applications, A::Error> {
        let mut applications = Applications::default();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match key.as_str() {
                "versions__delta" => {
                    applications.version = map.next_value_seed(field("versions__delta"))?.unwrap_or_default();
                }
                "apps__hashcode" => {
                    applications.hashcode = map.next_value_seed(field("apps__hashcode"))?.unwrap_or_default();
                }
                "application" => {
                    map.next_value_seed(Each(|| ApplicationSeed, |one| fetched::merge(&mut applications, one)))?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(applications)
    }
}

/// `{"name":"APP","instance":[…]}`, in any order.
pub(super) struct ApplicationSeed;

impl<'de> DeserializeSeed<'de> for ApplicationSeed {
    type Value = Application;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Application, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ApplicationSeed {
    type Value = Application;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an application to be an object {\"name\": string, \"instance\": […]}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Application, A::Error> {
        let mut name: Option<String> = None;
        let mut drafts: Vec<RegistrationDraft> = Vec::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match key.as_str() {
                "name" => name = map.next_value_seed(field("the name of an application"))?,
                "instance" => {
                    let seed = || InstanceSeed { rules: Rules::Fetched, wrapped: false };
                    map.next_value_seed(Each(seed, |draft| drafts.push(draft)))?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        fetched::application(name, drafts).map_err(A::Error::custom)
    }
}

/// An array, one element alone, or null: each element goes to the second function.
struct Each<F, T>(F, T);

impl<'de, S, F, T> DeserializeSeed<'de> for Each<F, T>
where
    S: DeserializeSeed<'de>,
    F: Fn() -> S,
    T: FnMut(S::Value),
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S, F, T> Visitor<'de> for Each<F, T>
where
    S: DeserializeSeed<'de>,
    F: Fn() -> S,
    T: FnMut(S::Value),
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array, or one object alone")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<(), A::Error> {
        let one = (self.0)().deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        (self.1)(one);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(one) = seq.next_element_seed((self.0)())? {
            (self.1)(one);
        }
        Ok(())
    }
}
