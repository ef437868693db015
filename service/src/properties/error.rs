//! What is wrong with a configuration, in one line.

use std::fmt::{self, Write};

use super::Origin;
use crate::keys::uniform;

/// One line for the person who starts the process: key, value, place, what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, whatever a name or a path in it holds.
        self.0
            .chars()
            .try_for_each(|c| if c.is_control() { write!(f, "{}", c.escape_debug()) } else { f.write_char(c) })
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    pub(super) fn invalid(key: &str, value: &str, origin: &Origin, allowed: &str) -> Self {
        Self(format!("{key}: '{}' in {origin} is not valid: expected {allowed}", shown(key, value)))
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

    pub(super) fn unresolved(key: &str, value: &str, placeholder: &str, origin: &Origin) -> Self {
        Self(format!(
            "{key}: '{}' in {origin} is not valid: the placeholder ${{{placeholder}}} has no value; expected a property \
             or an environment variable of that name, or a default as in ${{{placeholder}:default}}",
            shown(key, value)
        ))
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

/// A value as it may be shown: one line, without secrets.
fn shown(key: &str, value: &str) -> String {
    let key = uniform(key);
    if ["password", "secret", "token", "credential", "privatekey"].iter().any(|word| key.contains(word)) {
        return "***".to_owned();
    }
    without_credentials(value).escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\"")
}

/// URLs in a text without what stands before their `@`.
pub fn without_credentials(text: &str) -> String {
    if !text.contains("://") {
        // "me:secret@peer:8761": a URL whose scheme was forgotten.
        return text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_, place)| format!("***@{place}"));
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.extend([before, "://"]);
        // A password may hold a slash: better too much is hidden than too little.
        let end = after.find([',', ' ']).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(at) => {
                shown.push_str("***@");
                &after[at + 1..]
            }
            None => after,
        };
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_line_break_stays_on_one_line() {
        let error = ConfigError::unknown("eureka.a\nb", &Origin::Flag, None).to_string();
        assert_eq!(error, "eureka.a\\nb in the command line is not a known property");
    }

    #[test]
    fn secrets_are_not_shown() {
        for (key, value, expected) in [
            ("eurus.sync-speed.token", "abc", "***"),
            ("a.b", "http://me:pw@peer2:8761/eureka/,http://peer3/", "http://***@peer2:8761/eureka/,http://peer3/"),
            ("a.b", "http://me:p@/w@peer2", "http://***@peer2"),
            ("a.b", "it's\n\"x\"", "it's\\n\"x\""),
        ] {
            assert_eq!(shown(key, value), expected);
        }
    }
}
