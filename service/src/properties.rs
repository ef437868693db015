//! Layered properties under Spring's names: defaults < files < environment < `SPRING_APPLICATION_JSON` < flags.
//!
//! Raw settings (what somebody said, and where) come in; a service reads them into its own validated configuration.
//! Whatever is wrong fails start-up with the key, the value, where it stands and what is allowed.
//!
//! | module | what |
//! |---|---|
//! | `layers` | the order of the sources; what happens to a known, an ignored, an unknown key |
//! | `loading`, `location`, `files`, `found` | which files count, in which order; where they are looked for; which did |
//! | `choosing` | which profiles are active; placeholders in what chooses files |
//! | `document`, `profiles` | one document of a file and the profiles it asks for |
//! | `java_properties`, `flatten`, `names` | `.properties`; YAML and JSON as dotted names; lists by index |
//! | `yaml` | numbers as they are written |
//! | `environment` | variables by Spring's relaxed rule |
//! | `placeholders`, `random`, `host` | `${…}` in values |
//! | `items` | lists of maps, as routes |
//! | `rereading` | the same layers once more, when files have changed |
//! | `settling` | when files that changed are at rest |
//! | `duration` | `30s`, `PT30S` |

mod choosing;
mod classified;
mod document;
mod duration;
mod environment;
mod error;
mod files;
mod flatten;
mod found;
mod host;
mod items;
mod java_properties;
mod layers;
mod loading;
mod location;
mod names;
mod origin;
mod placeholders;
mod profiles;
mod random;
mod rereading;
mod settling;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

pub use error::{ConfigError, without_credentials};
pub use files::Files;
pub use found::Found;
pub use host::outward_address;
pub use items::{Item, ItemSetting};
pub use layers::{Notices, Sources};
pub use origin::Origin;
pub use rereading::{FilesState, Rereading};
pub use settling::Settling;

/// One value as it was said.
#[derive(Clone)]
struct Setting {
    value: String,
    origin: Origin,
}

/// Without the value: it may be a secret.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(set in {})", self.origin)
    }
}

/// All settings, by canonical name.
#[derive(Clone, Debug, Default)]
pub struct Properties {
    settings: BTreeMap<String, Setting>,
}

impl Properties {
    /// The text of a key, if it is set and not empty.
    pub fn string(&self, key: &str) -> Option<String> {
        self.setting(key).map(|setting| setting.value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// A password: every letter of it counts, also a space at its end.
    pub fn password(&self, key: &str) -> Option<String> {
        self.setting(key).map(|setting| setting.value.clone()).filter(|value| !value.trim().is_empty())
    }

    /// A secret such as a token. One that is set and empty is a mistake: it would switch off what it should protect.
    ///
    /// # Errors
    /// [`ConfigError`] for an empty one.
    pub fn secret(&self, key: &str) -> Result<Option<String>, ConfigError> {
        match self.string(key) {
            None if self.setting(key).is_some() => {
                Err(self.invalid(key, "a text that is not empty; leave the key out for none"))
            }
            // Taken literally it would lock with what stands in the file for everybody to read.
            Some(secret) if is_encrypted(&secret) => Err(self.refused(key, ENCRYPTED)),
            Some(_) if key.ends_with("password") => Ok(self.password(key)),
            secret => Ok(secret),
        }
    }

    /// A value of any type that can be read from text.
    ///
    /// # Errors
    /// [`ConfigError`] with what is allowed, in the caller's words.
    pub fn parsed<T: FromStr>(&self, key: &str, allowed: &str) -> Result<Option<T>, ConfigError> {
        match self.string(key) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| self.invalid(key, allowed)),
        }
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// [`ConfigError`] for anything else.
    pub fn bool(&self, key: &str, default: bool) -> Result<bool, ConfigError> {
        match self.string(key).map(|text| text.to_lowercase()).as_deref() {
            None => Ok(default),
            Some("true" | "on" | "yes" | "1") => Ok(true),
            Some("false" | "off" | "no" | "0") => Ok(false),
            Some(_) => Err(self.invalid(key, "true or false")),
        }
    }

    /// A number within bounds.
    ///
    /// # Errors
    /// [`ConfigError`] when it is no number or out of bounds.
    pub fn number<T: FromStr + PartialOrd + fmt::Display>(
        &self,
        key: &str,
        default: T,
        allowed: RangeInclusive<T>,
    ) -> Result<T, ConfigError> {
        let words = format!("a number from {} to {}", allowed.start(), allowed.end());
        // YAML's `8_761`.
        let Some(text) = self.string(key).map(|text| text.replace('_', "")) else { return Ok(default) };
        match text.parse() {
            Ok(number) if allowed.contains(&number) => Ok(number),
            _ => Err(self.invalid(key, &words)),
        }
    }

    /// A list: comma-separated, or a YAML list. Empty when not set.
    pub fn list(&self, key: &str) -> Vec<String> {
        let text = self.string(key).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(ToOwned::to_owned).collect()
    }

    /// The entries of a map such as `eureka.instance.metadata-map`, keys as written (lower case from the environment).
    pub fn map(&self, prefix: &str) -> BTreeMap<String, String> {
        let start = format!("{prefix}.");
        self.settings
            .range(start.clone()..)
            .take_while(|(name, _)| name.starts_with(&start))
            .map(|(name, setting)| (name[start.len()..].to_owned(), setting.value.clone()))
            .collect()
    }

    /// Who has a key of services, such as `orders.ribbon.NFLoadBalancerRuleClassName`: service and whole key.
    pub fn of_services(&self, suffix: &str) -> Vec<(String, String)> {
        let service = |key: &String| Some(key.strip_suffix(suffix)?.strip_suffix('.')?.to_owned());
        self.settings.keys().filter_map(|key| Some((service(key)?, key.clone()))).collect()
    }

    /// A span of time such as `30s`, `500ms`, `PT30S`; a plain number is milliseconds.
    ///
    /// # Errors
    /// [`ConfigError`] when it is none or out of bounds.
    pub fn duration_ms(&self, key: &str, default_ms: u64, allowed_ms: RangeInclusive<u64>) -> Result<u64, ConfigError> {
        let Some(text) = self.string(key) else { return Ok(default_ms) };
        duration::parse_ms(&text).filter(|ms| allowed_ms.contains(ms)).ok_or_else(|| {
            let (from, to) = (allowed_ms.start(), allowed_ms.end());
            self.invalid(key, &format!("a duration such as 30s or 500ms, from {from} to {to} ms"))
        })
    }

    /// The names of settings that are other ones than before, or gone, or new.
    pub fn differing(&self, before: &Self) -> Vec<String> {
        let value = |all: &Self, name: &String| all.settings.get(name).map(|setting| setting.value.clone());
        let names: BTreeSet<&String> = self.settings.keys().chain(before.settings.keys()).collect();
        let names = names.into_iter().filter(|name| value(self, name) != value(before, name));
        names.cloned().collect()
    }

    /// Whether a person set the key, rather than the program's defaults.
    pub fn is_set_by_user(&self, key: &str) -> bool {
        self.setting(key).is_some_and(|setting| setting.origin != Origin::Default)
    }

    /// The error for a value that a caller found wrong.
    pub fn invalid(&self, key: &str, allowed: &str) -> ConfigError {
        match self.setting(key) {
            Some(setting) => ConfigError::invalid(key, &setting.value, &setting.origin, allowed),
            None => ConfigError::missing(key, allowed),
        }
    }

    /// The file in which a key is set, if it is in one.
    pub fn file_of(&self, key: &str) -> Option<&std::path::Path> {
        match &self.setting(key)?.origin {
            Origin::File(path) => Some(path),
            _ => None,
        }
    }

    /// The environment variable by which a key is set, if it is by one.
    pub fn variable_of(&self, key: &str) -> Option<&str> {
        match &self.setting(key)?.origin {
            Origin::Environment(name) => Some(name),
            _ => None,
        }
    }

    /// The error for a setting that a caller cannot honour; does not show the value.
    pub fn refused(&self, key: &str, why: &str) -> ConfigError {
        let origin = self.setting(key).map_or(&Origin::Default, |setting| &setting.origin);
        ConfigError::refused(key, origin, why)
    }

    /// The error for a part of a value, such as one item of a list.
    pub fn invalid_part(&self, key: &str, part: &str, allowed: &str) -> ConfigError {
        match self.setting(key) {
            Some(setting) => ConfigError::invalid(key, part, &setting.origin, allowed),
            None => ConfigError::missing(key, allowed),
        }
    }

    fn setting(&self, key: &str) -> Option<&Setting> {
        debug_assert!(classified::is_used(key), "{key} is read but not listed in eurus_service::keys");
        self.settings.get(key)
    }
}

/// Why a secret that Jasypt has encrypted is of no use.
pub const ENCRYPTED: &str = "ENC(…) is encrypted for a Java library (Jasypt) and cannot be decrypted here: give the \
     secret itself by a placeholder such as ${EUREKA_PASSWORD}, a password also as {bcrypt}…";

/// Whether a secret is written as Jasypt writes it.
pub fn is_encrypted(secret: &str) -> bool {
    let secret = secret.trim();
    secret.starts_with("ENC(") && secret.ends_with(')')
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_as_spring_reads;
#[cfg(test)]
mod tests_of_files;
