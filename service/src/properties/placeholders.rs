//! `${NAME:default}` in values, as Spring's files have them.

use std::collections::BTreeMap;

use crate::keys::{flat, uniform};

use super::{ConfigError, Setting};

/// Placeholders within placeholders' values: more than this is a circle.
const DEPTH_MAX: usize = 8;

pub(super) fn resolve(
    settings: &mut BTreeMap<String, Setting>,
    environment: &[(String, String)],
) -> Result<(), ConfigError> {
    let raw = settings.clone();
    for (key, setting) in settings.iter_mut() {
        for _ in 0..DEPTH_MAX {
            let Some(next) = resolve_one(key, setting, &raw, environment)? else { break };
            setting.value = next;
        }
        if setting.value.contains("${") {
            let text = setting.value.clone();
            return Err(ConfigError::invalid(
                key,
                &text,
                &setting.origin,
                "placeholders that do not refer to each other",
            ));
        }
    }
    Ok(())
}

/// Replaces the innermost placeholder; `None` when there is none.
fn resolve_one(
    key: &str,
    setting: &Setting,
    raw: &BTreeMap<String, Setting>,
    environment: &[(String, String)],
) -> Result<Option<String>, ConfigError> {
    let text = &setting.value;
    let Some(start) = text.rfind("${") else { return Ok(None) };
    let Some(length) = text[start..].find('}') else {
        return Err(ConfigError::invalid(key, text, &setting.origin, "a closing } for each ${"));
    };
    let (name, default) = match text[start + 2..start + length].split_once(':') {
        Some((name, default)) => (name, Some(default)),
        None => (&text[start + 2..start + length], None),
    };
    let value = lookup(name, raw, environment)
        .or_else(|| default.map(ToOwned::to_owned))
        .ok_or_else(|| ConfigError::unresolved(key, name, &setting.origin))?;
    Ok(Some(format!("{}{value}{}", &text[..start], &text[start + length + 1..])))
}

fn lookup(name: &str, raw: &BTreeMap<String, Setting>, environment: &[(String, String)]) -> Option<String> {
    let from_environment = environment.iter().find(|(variable, _)| variable == name || flat(variable) == flat(name));
    from_environment
        .map(|(_, value)| value.clone())
        .or_else(|| raw.iter().find(|(key, _)| uniform(key) == uniform(name)).map(|(_, setting)| setting.value.clone()))
}
