//! Nested maps and lists as dotted names: `a: {b: [x, {c: y}]}` is `a.b[0]` and `a.b[1].c`.

use serde_json::{Map, Value};

/// The deepest nesting of a file.
const DEPTH_MAX: usize = 32;

/// The names and values, or where it is nested too deep.
pub(super) fn flatten(map: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let mut flat = Vec::new();
    for (name, value) in map {
        add(name.clone(), value, 0, &mut flat)?;
    }
    Ok(flat)
}

fn add(key: String, value: &Value, depth: usize, flat: &mut Vec<(String, String)>) -> Result<(), String> {
    if depth > DEPTH_MAX {
        return Err(format!("nested deeper than {DEPTH_MAX} at {key}"));
    }
    match value {
        Value::Object(inner) => {
            for (name, value) in inner {
                // A name such as "[a.b]" is Spring's way to keep a dot in a map's key.
                let dot = if name.starts_with('[') { "" } else { "." };
                add(format!("{key}{dot}{name}"), value, depth + 1, flat)?;
            }
        }
        Value::Array(items) if items.is_empty() => flat.push((key, String::new())),
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                add(format!("{key}[{index}]"), value, depth + 1, flat)?;
            }
        }
        Value::Null => flat.push((key, String::new())),
        Value::String(text) => flat.push((key, text.clone())),
        Value::Bool(_) | Value::Number(_) => flat.push((key, value.to_string())),
    }
    Ok(())
}
