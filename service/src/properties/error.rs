//! What is wrong with a configuration, in one line.

use std::fmt;

use super::Origin;

/// One line for the person who starts the process: key, value, place, what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    pub(super) fn invalid(key: &str, value: &str, origin: &Origin, allowed: &str) -> Self {
        Self(format!("{key}: '{value}' in {origin} is not valid: expected {allowed}"))
    }

    pub(super) fn missing(key: &str, allowed: &str) -> Self {
        Self(format!("{key} must be set: expected {allowed}"))
    }

    pub(super) fn unknown(key: &str, origin: &Origin, nearest: Option<&str>) -> Self {
        let advice = nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        match origin {
            Origin::Environment(name) => {
                Self(format!("the environment variable {name} is not a known property{advice}"))
            }
            _ => Self(format!("{key} in {origin} is not a known property{advice}")),
        }
    }

    pub(super) fn refused(key: &str, origin: &Origin, why: &str) -> Self {
        Self(format!("{key} in {origin} cannot be honoured: {why}"))
    }

    pub(super) fn unresolved(key: &str, placeholder: &str, origin: &Origin) -> Self {
        Self(format!("{key} in {origin}: the placeholder ${{{placeholder}}} has no value and no default"))
    }

    /// A file that cannot be read or understood.
    pub fn file(path: &std::path::Path, why: &dyn fmt::Display) -> Self {
        Self(format!("{}: {why}", path.display()))
    }

    /// Any other start-up condition a person must mend.
    pub fn other(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}
