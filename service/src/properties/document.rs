//! One document of a configuration file: its names and values, and when it counts.

use std::path::{Path, PathBuf};

use super::placeholders::Known;
use super::profiles::{self, Expression};
use super::{ConfigError, Origin, Setting, flatten, java_properties, names, yaml};
use crate::keys::uniform;

/// `spring.profiles` is its name before Spring Boot 2.4.
pub(super) const ON_PROFILE: [&str; 2] = ["spring.config.activate.onprofile", "spring.profiles"];
const ON_CLOUD_PLATFORM: &str = "spring.config.activate.oncloudplatform";

/// One document.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) path: PathBuf,
    pub(super) entries: Vec<(String, String)>,
}

/// How a file's text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Yaml,
    Properties,
}

impl Syntax {
    /// By a file's ending.
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "yml" | "yaml" => Some(Self::Yaml),
            "properties" => Some(Self::Properties),
            _ => None,
        }
    }
}

/// All documents of a file.
pub(super) fn parse(path: &Path, bytes: Vec<u8>, syntax: Syntax) -> Result<Vec<Document>, ConfigError> {
    let documents = match syntax {
        Syntax::Yaml => from_yaml(path, bytes)?,
        Syntax::Properties => {
            // Spring reads such files as ISO 8859-1; a file that is UTF-8 was meant as that.
            let text = String::from_utf8(bytes)
                .unwrap_or_else(|error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect());
            java_properties::parse(&text)
                .map_err(|error| ConfigError::file(path, &format!("line {}: {}", error.line, error.why)))?
        }
    };
    let document = |entries| Document { path: path.to_owned(), entries: names::joined(entries) };
    Ok(documents.into_iter().map(document).collect())
}

fn from_yaml(path: &Path, bytes: Vec<u8>) -> Result<Vec<Vec<(String, String)>>, ConfigError> {
    let text = String::from_utf8(bytes).map_err(|_| ConfigError::file(path, &"is not UTF-8 text"))?;
    let documents = yaml::documents(&text)
        .map_err(|why| ConfigError::file(path, &format!("not a YAML map of properties: {}", one_line(&why))))?;
    documents.iter().map(|map| flatten::flatten(map).map_err(|why| ConfigError::file(path, &why))).collect()
}

/// A parser's error may show an excerpt below its first line; a start-up error is one line.
fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end_matches(':').to_owned()
}

impl Document {
    pub(super) fn origin(&self) -> Origin {
        Origin::File(self.path.clone())
    }

    /// The value of a name in its uniform spelling.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.entries.iter().rfind(|(known, _)| uniform(known) == name).map(|(_, value)| value.as_str())
    }

    /// By uniform name.
    pub(super) fn settings(&self) -> impl Iterator<Item = (String, Setting)> {
        let setting = |value: &String| Setting { value: value.clone(), origin: self.origin() };
        self.entries.iter().map(move |(name, value)| (uniform(name), setting(value)))
    }

    pub(super) fn has_placeholders(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        self.entries.iter().any(|(name, value)| value.contains("${") && is_meant(&uniform(name)))
    }

    /// Replaces the placeholders in the values of such names, given in their uniform spelling.
    pub(super) fn resolve(&mut self, known: &Known<'_>, is_meant: impl Fn(&str) -> bool) -> Result<(), ConfigError> {
        let origin = self.origin();
        for (name, value) in self.entries.iter_mut().filter(|(name, _)| is_meant(&uniform(name))) {
            let mut setting = Setting { value: std::mem::take(value), origin: origin.clone() };
            known.resolve(name, &mut setting)?;
            *value = setting.value;
        }
        Ok(())
    }

    /// The profiles that it is asked for by.
    pub(super) fn profiles(&self) -> Vec<String> {
        let names = self.on_profile().unwrap_or_default().split(|c: char| "!&|(), ".contains(c));
        names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// Whether it counts only under a condition.
    pub(super) fn is_conditional(&self) -> bool {
        self.on_profile().is_some() || self.value(ON_CLOUD_PLATFORM).is_some()
    }

    fn on_profile(&self) -> Option<&str> {
        ON_PROFILE.iter().find_map(|name| self.value(name))
    }

    /// Why it does not count with these profiles; `None` when it does.
    pub(super) fn reason_to_leave_out(
        &self,
        active: &[String],
        environment: &[(String, String)],
    ) -> Result<Option<String>, ConfigError> {
        if let Some(wanted) = self.on_profile() {
            let expression = Expression::parse(wanted).ok_or_else(|| {
                ConfigError::invalid("spring.config.activate.on-profile", wanted, &self.origin(), profiles::ALLOWED)
            })?;
            if !expression.is_met(active) {
                return Ok(Some(format!(
                    "the document of profile '{wanted}' in {} (not in spring.profiles.active)",
                    self.path.display()
                )));
            }
        }
        Ok(self.value(ON_CLOUD_PLATFORM).filter(|platform| !is_on(platform, environment)).map(|platform| {
            format!("the document of cloud platform '{platform}' in {} (not running there)", self.path.display())
        }))
    }

    /// The names that say something about the service: not those that chose the document.
    pub(super) fn into_settings(self) -> impl Iterator<Item = (String, String)> {
        self.entries.into_iter().filter(|(name, _)| {
            let name = uniform(name);
            !ON_PROFILE.contains(&name.as_str()) && name != ON_CLOUD_PLATFORM
        })
    }
}

/// Kubernetes is told by the variables that it gives to every pod, as Spring tells it.
fn is_on(platform: &str, environment: &[(String, String)]) -> bool {
    let is_set = |wanted: &str| environment.iter().any(|(name, _)| name == wanted);
    platform.eq_ignore_ascii_case("kubernetes")
        && is_set("KUBERNETES_SERVICE_HOST")
        && is_set("KUBERNETES_SERVICE_PORT")
}
