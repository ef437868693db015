//! The sources of settings in their order, and what becomes of each key.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::classified::{Classified, classify};
use super::found::Found;
use super::loading::{Loading, Outside};
use super::placeholders::Known;
use super::{ConfigError, Files, Origin, Properties, Setting, environment, flatten, names};
use crate::keys::{self, uniform};

const JSON_KEY: &str = "spring.application.json";
/// What says where files are cannot stand in a file.
const NOT_IN_FILES: [&str; 4] =
    ["spring.config.location", "spring.config.additional-location", "spring.config.name", JSON_KEY];

/// What the layers are made of.
#[derive(Clone, Default)]
pub struct Sources {
    /// The program's own, below all others.
    pub defaults: Vec<(String, String)>,
    /// Where files are read.
    pub files: Files,
    /// This file, and its variants of profiles, instead of those that Spring's rule finds.
    pub only_file: Option<PathBuf>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// `--key=value` flags.
    pub flags: Vec<(String, String)>,
}

/// What the user wrote that has no effect: logged once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// Known Spring or Eureka keys, or parts of files, that are ignored.
    pub ignored: Vec<String>,
    /// What has no effect although somebody expects one, with what to write instead: warned of.
    pub warned: Vec<String>,
    /// Which files and profiles count.
    pub found: Found,
    /// Variables with our prefixes that are no property: some may be meant for placeholders.
    pub(super) unknown_variables: Vec<String>,
    /// Keys that will take effect once registries replicate to each other.
    pub of_replication: Vec<String>,
}

impl Notices {
    fn settle(&mut self) {
        for list in [&mut self.ignored, &mut self.warned, &mut self.of_replication] {
            list.sort();
            list.dedup();
        }
    }
}

/// Names and values from one source.
type Layer = Vec<(String, String, Origin)>;

struct OutsideFiles<'a> {
    flags: &'a Layer,
    json: &'a Layer,
    environment: &'a [(String, String)],
}

impl Outside for OutsideFiles<'_> {
    fn value(&self, name: &str) -> Option<(String, Origin)> {
        let said = |layer: &Layer| {
            let found = layer.iter().rfind(|(key, ..)| uniform(key) == name);
            found.map(|(_, value, origin)| (value.clone(), origin.clone()))
        };
        said(self.flags).or_else(|| said(self.json)).or_else(|| environment::value_of(name, self.environment))
    }

    fn above_the_environment(&self) -> impl Iterator<Item = (&str, Setting)> {
        let all = self.json.iter().chain(self.flags);
        all.map(|(key, value, origin)| (key.as_str(), Setting { value: value.clone(), origin: origin.clone() }))
    }
}

#[derive(Default)]
struct Accepting {
    used: BTreeMap<String, Setting>,
    /// Everything, by uniform name, for placeholders.
    all: BTreeMap<String, Setting>,
    /// What was meant to lock, by the wrong name.
    meant_to_lock: Vec<ConfigError>,
    notices: Notices,
}

impl Properties {
    /// Reads the layers, lowest first.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that cannot be read, an unknown key of ours, a key that must not be ignored, a
    /// placeholder without a value.
    pub fn layered(sources: Sources) -> Result<(Self, Notices), ConfigError> {
        let Sources { defaults, files, only_file, environment, flags } = sources;
        let flags = layer(flags, &Origin::Flag);
        let json = json(&flags, &environment)?;
        let mut accepting = Accepting::default();
        accepting.layer(layer(defaults, &Origin::Default))?;
        let outside = OutsideFiles { flags: &flags, json: &json, environment: &environment };
        let loading = Loading {
            files: &files,
            outside: &outside,
            environment: &environment,
            only: only_file,
            below: &accepting.all,
            looked_at: RefCell::default(),
        };
        for document in loading.documents(&mut accepting.notices)? {
            let origin = document.origin();
            let settings: Layer = document.into_settings().map(|(key, value)| (key, value, origin.clone())).collect();
            refuse_locations_in_files(&settings)?;
            accepting.layer(settings)?;
        }
        let mut variables = Layer::new();
        for (name, value) in &environment {
            if let Some(error) = environment::meant_to_lock(name) {
                accepting.meant_to_lock.push(error);
                continue;
            }
            if let Some(key) = environment::key_of(name, value, &mut accepting.notices) {
                variables.push((key, value.clone(), Origin::Environment(name.clone())));
            }
        }
        accepting.layer(variables)?;
        accepting.layer(json)?;
        accepting.layer(flags)?;
        accepting.finish(&environment)
    }
}

fn layer(entries: Vec<(String, String)>, origin: &Origin) -> Layer {
    names::joined(entries).into_iter().map(|(key, value)| (key, value, origin.clone())).collect()
}

/// The settings of `SPRING_APPLICATION_JSON`, or of the flag of that name.
fn json(flags: &Layer, environment: &[(String, String)]) -> Result<Layer, ConfigError> {
    let by_flag = flags.iter().rfind(|(key, ..)| uniform(key) == JSON_KEY).map(|(_, value, _)| value.clone());
    let Some(text) = by_flag.or_else(|| environment::value_of(JSON_KEY, environment).map(|(value, _)| value)) else {
        return Ok(Layer::new());
    };
    let not_a_map = |why: &dyn std::fmt::Display| {
        ConfigError::other(format!("SPRING_APPLICATION_JSON: not a JSON map of properties: {why}"))
    };
    let map: Map<String, Value> = serde_json::from_str(&text).map_err(|error| not_a_map(&error))?;
    Ok(layer(flatten::flatten(&map).map_err(|why| not_a_map(&why))?, &Origin::Json))
}

fn refuse_locations_in_files(settings: &Layer) -> Result<(), ConfigError> {
    let misplaced = |name: &str| NOT_IN_FILES.iter().find(|known| uniform(known) == uniform(name)).copied();
    match settings.iter().find_map(|(name, _, origin)| Some((misplaced(name)?, origin))) {
        None => Ok(()),
        Some((name, origin)) => {
            let why = "it says where files are, so it must be a flag or an environment variable";
            Err(ConfigError::refused(name, origin, why))
        }
    }
}

impl Accepting {
    fn layer(&mut self, layer: Layer) -> Result<(), ConfigError> {
        let said: BTreeSet<&str> =
            layer.iter().filter_map(|(key, ..)| keys::list_of(key).map(|(list, _)| list.name)).collect();
        if !said.is_empty() {
            // The stronger source has all of it.
            self.used.retain(|name, _| keys::list_of(name).is_none_or(|(list, _)| !said.contains(list.name)));
        }
        layer.into_iter().try_for_each(|(key, value, origin)| self.accept(key, value, origin))
    }

    fn accept(&mut self, key: String, value: String, origin: Origin) -> Result<(), ConfigError> {
        let setting = Setting { value, origin };
        self.all.insert(uniform(&key), setting.clone());
        let origin = &setting.origin;
        match classify(&key) {
            Classified::Used(name) => self.insert(name, setting),
            // Nobody types a flag for another program: it is a typing error.
            Classified::Foreign if *origin == Origin::Flag && keys::family_of(&key).is_none() => {
                return Err(ConfigError::unknown(&key, origin, keys::nearest(&key)));
            }
            Classified::Locks(_) | Classified::Refused(_) if asks_for_nothing(&key, &setting.value) => {
                self.notices.ignored.push(key);
            }
            Classified::Locks(why) => self.meant_to_lock.push(ConfigError::refused(&key, origin, why)),
            Classified::Warned(instead) => {
                self.notices.warned.push(format!("{key} in {origin} has no effect: {instead}"));
            }
            Classified::Foreign if keys::family_of(&key).is_none() && keys::mistyped(&key).is_some() => {
                let meant = keys::mistyped(&key).unwrap_or_default();
                if keys::is_lock(meant) {
                    return Err(ConfigError::unknown(&key, origin, Some(meant)));
                }
                self.notices.warned.push(format!("{key} in {origin} has no effect: did you mean {meant}?"));
            }
            Classified::Ignored | Classified::Foreign => {
                self.notices.ignored.push(names::before_index(&key).to_owned());
            }
            Classified::OfReplication(name) => {
                self.notices.of_replication.push(name.clone());
                self.insert(name, setting);
            }
            Classified::Refused(why) => return Err(ConfigError::refused(&key, origin, why)),
            Classified::Unknown if setting.value.is_empty() && keys::is_section(&key) => {}
            Classified::Unknown => return Err(ConfigError::unknown(&key, origin, keys::nearest(&key))),
        }
        Ok(())
    }

    /// A map's entry has the spelling of the first who named it: variables cannot keep capitals.
    fn insert(&mut self, name: String, setting: Setting) {
        let is_variable = matches!(setting.origin, Origin::Environment(_));
        let wanted = if is_variable { uniform(&name) } else { String::new() };
        let same = |known: &&String| uniform(known) == wanted;
        let known = is_variable.then(|| self.used.keys().find(same).cloned()).flatten();
        self.used.insert(known.unwrap_or(name), setting);
    }

    /// What was meant to lock is refused where nothing else locks. Where something does, the wrong name may well be what
    /// the right one's placeholder refers to.
    fn settle_locks(&mut self) -> Result<(), ConfigError> {
        let is_locked = self.used.keys().any(|key| is_the_registrys_lock(key));
        for error in std::mem::take(&mut self.meant_to_lock) {
            if !is_locked {
                return Err(error);
            }
            self.notices.warned.push(error.to_string());
        }
        Ok(())
    }

    fn finish(mut self, environment: &[(String, String)]) -> Result<(Properties, Notices), ConfigError> {
        environment::settle_unknown(&mut self.notices, self.all.values())?;
        let known = Known { settings: &self.all, environment };
        for (key, setting) in &mut self.used {
            known.resolve(key, setting)?;
        }
        self.settle_locks()?;
        self.notices.settle();
        Ok((Properties { settings: self.used }, self.notices))
    }
}

fn is_the_registrys_lock(key: &str) -> bool {
    key == "spring.security.user.password" || key.starts_with("eurus.registry.access.tokens.")
}

/// `security.basic.enabled: false` was never meant to lock anything.
fn asks_for_nothing(key: &str, value: &str) -> bool {
    uniform(key).ends_with(".enabled") && value.trim().eq_ignore_ascii_case("false")
}
