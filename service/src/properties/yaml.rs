//! An `application.yml`, flattened to dotted keys. Documents of a profile that is not active are left out.

use std::path::Path;

use serde_json::{Map, Value};

use super::{ConfigError, Notices};

/// The largest file that is read, bytes.
const FILE_BYTES_MAX: usize = 1 << 20;
/// The deepest nesting of a file.
const DEPTH_MAX: usize = 32;

pub(super) fn flatten(
    path: &Path,
    text: &str,
    active_profiles: Option<&str>,
    notices: &mut Notices,
) -> Result<Vec<(String, String)>, ConfigError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(ConfigError::file(path, &format!("larger than {FILE_BYTES_MAX} bytes")));
    }
    let documents: Vec<Option<Map<String, Value>>> = serde_saphyr::from_multiple(text).map_err(|error| {
        ConfigError::file(path, &format!("not a YAML map of properties: {}", one_line(&error.to_string())))
    })?;
    let mut all = Vec::new();
    for document in documents.into_iter().flatten() {
        let mut flat = Vec::new();
        flatten_map(path, "", &document, 0, &mut flat)?;
        let profile = flat.iter().find(|(key, _)| key == "spring.config.activate.on-profile").map(|(_, v)| v.clone());
        match profile {
            Some(wanted) if !is_active(&wanted, active_profiles) => {
                notices.ignored.push(format!("the document of profile '{wanted}' (not in spring.profiles.active)"));
            }
            _ => all.extend(flat),
        }
    }
    Ok(all)
}

/// A parser's error may show an excerpt below its first line; a start-up error is one line.
fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end_matches(':').to_owned()
}

fn is_active(wanted: &str, active_profiles: Option<&str>) -> bool {
    let active: Vec<&str> = active_profiles.unwrap_or_default().split(',').map(str::trim).collect();
    wanted.split(',').any(|profile| active.contains(&profile.trim()))
}

fn flatten_map(
    path: &Path,
    prefix: &str,
    map: &Map<String, Value>,
    depth: usize,
    flat: &mut Vec<(String, String)>,
) -> Result<(), ConfigError> {
    if depth > DEPTH_MAX {
        return Err(ConfigError::file(path, &format!("nested deeper than {DEPTH_MAX} at {prefix}")));
    }
    for (name, value) in map {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Value::Object(inner) => flatten_map(path, &key, inner, depth + 1, flat)?,
            Value::Array(items) => match items.iter().map(scalar).collect::<Option<Vec<_>>>() {
                Some(texts) => flat.push((key, texts.join(","))),
                // Lists of maps belong to other Spring modules (gateway routes, …): kept whole for the notice.
                None => flat.push((key, value.to_string())),
            },
            Value::Null => flat.push((key, String::new())),
            other => flat.push((key, scalar(other).unwrap_or_default())),
        }
    }
    Ok(())
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    }
}
