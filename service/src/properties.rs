//! Layered properties under Spring's names: defaults < `application.yml` < environment < flags.
//!
//! Raw settings (what somebody said, and where) come in; a service reads them into its own validated configuration.
//! Whatever is wrong fails start-up with the key, the value, where it stands and what is allowed.

mod environment;
mod error;
mod placeholders;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use crate::keys::{self, Meaning, uniform};
pub use error::ConfigError;

/// Chooses documents of the file.
const PROFILES_KEY: &str = "spring.profiles.active";

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By the program itself.
    Default,
    /// In a file.
    File(PathBuf),
    /// By an environment variable of this name.
    Environment(String),
    /// On the command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the defaults"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::Flag => f.write_str("the command line"),
        }
    }
}

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

/// What the layers are made of.
#[derive(Default)]
pub struct Sources {
    /// The program's own, below all others.
    pub defaults: Vec<(String, String)>,
    /// An `application.yml`: its path and text.
    pub file: Option<(PathBuf, String)>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// `--key=value` flags.
    pub flags: Vec<(String, String)>,
}

/// What the user wrote that has no meaning here: logged once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// Known Spring or Eureka keys, or sections of the file, that are ignored.
    pub ignored: Vec<String>,
}

/// All settings, by canonical name.
#[derive(Clone, Debug, Default)]
pub struct Properties {
    settings: BTreeMap<String, Setting>,
}

impl Properties {
    /// Reads the layers, lowest first.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that is not YAML, an unknown key of ours, a key that must not be ignored, a
    /// placeholder without a value.
    pub fn layered(sources: Sources) -> Result<(Self, Notices), ConfigError> {
        let mut properties = Self::default();
        let mut notices = Notices::default();
        for (key, value) in sources.defaults {
            properties.accept(&key, value, Origin::Default, &mut notices)?;
        }
        if let Some((path, text)) = &sources.file {
            let by_flag =
                sources.flags.iter().rfind(|(key, _)| uniform(key) == PROFILES_KEY).map(|(_, value)| value.clone());
            let active = by_flag.or_else(|| environment::value_of(PROFILES_KEY, &sources.environment));
            for (key, value) in yaml::flatten(path, text, active.as_deref(), &mut notices)? {
                properties.accept(&key, value, Origin::File(path.clone()), &mut notices)?;
            }
        }
        for (name, value) in &sources.environment {
            if let Some(key) = environment::key_of(name, value, &mut notices)? {
                properties.accept(&key, value.clone(), Origin::Environment(name.clone()), &mut notices)?;
            }
        }
        for (key, value) in sources.flags {
            properties.accept(&key, value, Origin::Flag, &mut notices)?;
        }
        placeholders::resolve(&mut properties.settings, &sources.environment)?;
        Ok((properties, notices))
    }

    fn accept(&mut self, key: &str, value: String, origin: Origin, notices: &mut Notices) -> Result<(), ConfigError> {
        match classify(key) {
            Classified::Used(name) => {
                self.settings.insert(name, Setting { value, origin });
            }
            // Nobody types a flag for another program: it is a typing error.
            Classified::Foreign if origin == Origin::Flag => {
                return Err(ConfigError::unknown(key, &origin, keys::nearest(key)));
            }
            Classified::Ignored | Classified::Foreign => notices.ignored.push(key.to_owned()),
            Classified::Refused(why) => return Err(ConfigError::refused(key, &origin, why)),
            Classified::Unknown => return Err(ConfigError::unknown(key, &origin, keys::nearest(key))),
        }
        Ok(())
    }

    /// The text of a key, if it is set and not empty.
    pub fn string(&self, key: &str) -> Option<String> {
        self.setting(key).map(|setting| setting.value.trim().to_owned()).filter(|value| !value.is_empty())
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
            Some("true" | "on" | "yes") => Ok(true),
            Some("false" | "off" | "no") => Ok(false),
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
        match self.parsed(key, &words)? {
            None => Ok(default),
            Some(number) if allowed.contains(&number) => Ok(number),
            Some(_) => Err(self.invalid(key, &words)),
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

    /// The error for a setting that a caller cannot honour; does not show the value.
    pub fn refused(&self, key: &str, why: &str) -> ConfigError {
        let origin = self.setting(key).map_or(&Origin::Default, |setting| &setting.origin);
        ConfigError::refused(key, origin, why)
    }

    fn setting(&self, key: &str) -> Option<&Setting> {
        debug_assert!(
            matches!(classify(key), Classified::Used(_)),
            "{key} is read but not listed in eurus_service::keys"
        );
        self.settings.get(key)
    }
}

enum Classified {
    Used(String),
    /// Known, without meaning here.
    Ignored,
    /// Another program's.
    Foreign,
    Refused(&'static str),
    Unknown,
}

/// What a key is, whichever relaxed form it has.
fn classify(key: &str) -> Classified {
    let wanted = uniform(key);
    if let Some(known) = keys::all().find(|known| uniform(known.name) == wanted) {
        return by_meaning(known.meaning, known.name.to_owned());
    }
    for map in keys::maps() {
        let segments = map.prefix.split('.').count();
        let is_under = wanted.strip_prefix(&uniform(map.prefix)).is_some_and(|rest| rest.starts_with('.'));
        if is_under {
            // The last part belongs to the user: it is kept as written.
            let entry: Vec<&str> = key.splitn(segments + 1, '.').collect();
            return by_meaning(map.meaning, format!("{}.{}", map.prefix, entry[segments]));
        }
    }
    if wanted.starts_with("eurus.") || wanted.starts_with("eureka.") {
        Classified::Unknown
    } else {
        Classified::Foreign
    }
}

fn by_meaning(meaning: Meaning, name: String) -> Classified {
    match meaning {
        Meaning::Used(_) => Classified::Used(name),
        Meaning::Ignored => Classified::Ignored,
        Meaning::Refused(why) => Classified::Refused(why),
    }
}

#[cfg(test)]
mod tests;
