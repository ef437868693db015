//! `${NAME:default}` in values, as Spring's files have them.

use std::collections::BTreeMap;

use super::{ConfigError, Setting, host, random};
use crate::keys::{flat, uniform};

/// Placeholders within placeholders: more than this is a circle.
const DEPTH_MAX: usize = 16;
/// The longest text that placeholders may grow to, bytes.
const TEXT_BYTES_MAX: usize = 1 << 16;

/// What placeholders may refer to.
pub(super) struct Known<'a> {
    /// Everything that was set, also what has no meaning here, by uniform name.
    pub(super) settings: &'a BTreeMap<String, Setting>,
    pub(super) environment: &'a [(String, String)],
}

/// Why a text has no value.
enum Unresolvable {
    NoValue(String),
    NotClosed,
    Circle,
    TooLong,
    Random,
}

impl Known<'_> {
    /// Replaces all placeholders in a setting.
    pub(super) fn resolve(&self, key: &str, setting: &mut Setting) -> Result<(), ConfigError> {
        if !setting.value.contains("${") {
            return Ok(());
        }
        let invalid = |allowed: &str| ConfigError::invalid(key, &setting.value, &setting.origin, allowed);
        let resolved = self.text(&setting.value, 0).map_err(|why| match why {
            Unresolvable::NoValue(name) => ConfigError::unresolved(key, &setting.value, &name, &setting.origin),
            Unresolvable::NotClosed => invalid("a closing } for each ${"),
            Unresolvable::Circle => invalid("placeholders that do not refer to each other"),
            Unresolvable::TooLong => invalid("placeholders that stay below 64 KiB"),
            Unresolvable::Random => invalid(random::ALLOWED),
        })?;
        setting.value = resolved;
        Ok(())
    }

    fn text(&self, text: &str, depth: usize) -> Result<String, Unresolvable> {
        if depth > DEPTH_MAX {
            return Err(Unresolvable::Circle);
        }
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            resolved.push_str(before);
            let end = closing(after).ok_or(Unresolvable::NotClosed)?;
            resolved.push_str(&self.placeholder(&after[..end], depth + 1)?);
            rest = &after[end + 1..];
            if resolved.len() > TEXT_BYTES_MAX {
                return Err(Unresolvable::TooLong);
            }
        }
        Ok(resolved + rest)
    }

    fn placeholder(&self, inside: &str, depth: usize) -> Result<String, Unresolvable> {
        let (name, default) = match split_default(inside) {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let name = self.text(name, depth)?;
        let name = name.trim();
        if let Some(wanted) = name.strip_prefix("random.") {
            return random::value(wanted).ok_or(Unresolvable::Random);
        }
        if let Some((_, value)) = self.environment.iter().find(|(variable, _)| variable == name) {
            return self.text(value, depth);
        }
        let relaxed = || self.environment.iter().find(|(variable, _)| flat(variable) == flat(name));
        match (self.settings.get(&uniform(name)), relaxed()) {
            // A variable is stronger than a file, also for a name that only placeholders know.
            (Some(setting), variable) if variable.is_none() || setting.origin.is_above_environment() => {
                return self.text(&setting.value, depth);
            }
            (_, Some((_, value))) => return self.text(value, depth),
            _ => {}
        }
        if let Some(fact) = host::fact(name, self.environment) {
            return Ok(fact);
        }
        default.map_or_else(|| Err(Unresolvable::NoValue(name.to_owned())), |default| self.text(default, depth))
    }
}

/// The place of the `}` that belongs to an opened `${`.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'$' if bytes.peek().is_some_and(|(_, next)| *next == b'{') => open += 1,
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// Name and default: the first `:` that is not within an inner placeholder.
fn split_default(inside: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    while let Some(found) = inside[at..].find([':', '$']) {
        let here = at + found;
        if inside[here..].starts_with(':') {
            return Some((&inside[..here], &inside[here + 1..]));
        }
        at = match inside[here..].strip_prefix("${") {
            Some(inner) => here + 2 + closing(inner)? + 1,
            None => here + 1,
        };
    }
    None
}
