//! Environment variables by Spring's relaxed rule: dots become underscores, dashes vanish or become underscores, upper case.

use crate::keys::{self, Meaning, flat};

use super::{ConfigError, Notices, Origin};

/// Prefixes under which an unknown variable is a mistake and not a stranger's.
const OURS: &[&str] = &["EURUS_", "EUREKA_SERVER_", "EUREKA_CLIENT_", "EUREKA_INSTANCE_"];

/// The property that a variable sets, if any.
pub(super) fn key_of(name: &str, value: &str, notices: &mut Notices) -> Result<Option<String>, ConfigError> {
    let wanted = flat(name);
    if !is_variable_of_a_property(name) {
        return Ok(None);
    }
    if is_service_link(name, value) {
        if OURS.iter().any(|prefix| name.starts_with(prefix)) {
            notices.ignored.push(format!("{name} (a Kubernetes service link)"));
        }
        return Ok(None);
    }
    if let Some(key) = keys::find_flat(&wanted) {
        return Ok(Some(key.name.to_owned()));
    }
    for map in keys::maps() {
        if let Some(entry) = entry_of(name, map.prefix) {
            // A variable for another program's map is no word to us.
            let is_ours = map.meaning != Meaning::Ignored || map.prefix.starts_with("eureka.");
            return Ok(is_ours.then(|| format!("{}.{entry}", map.prefix)));
        }
    }
    if OURS.iter().any(|prefix| name.starts_with(prefix)) {
        let dotted = name.to_lowercase().replace('_', ".");
        return Err(ConfigError::unknown(name, &Origin::Environment(name.to_owned()), keys::nearest(&dotted)));
    }
    Ok(None)
}

/// The error for a variable that was meant to lock the registry and is no property: whether it counts, the caller knows,
/// for it may as well be a name of the user's own, for a placeholder.
pub(super) fn meant_to_lock(name: &str) -> Option<ConfigError> {
    let is_known =
        || keys::find_flat(&flat(name)).is_some() || keys::maps().any(|map| entry_of(name, map.prefix).is_some());
    if !is_variable_of_a_property(name) || !name.starts_with("SPRING_SECURITY_") || is_known() {
        return None;
    }
    let origin = Origin::Environment(name.to_owned());
    Some(ConfigError::unknown(name, &origin, keys::nearest(&name.to_lowercase().replace('_', "."))))
}

/// The value of a property that only the environment is asked for, and the variable that sets it.
pub(super) fn value_of(key: &str, environment: &[(String, String)]) -> Option<(String, Origin)> {
    let found = environment.iter().find(|(name, _)| is_variable_of_a_property(name) && flat(name) == flat(key));
    found.map(|(name, value)| (value.clone(), Origin::Environment(name.clone())))
}

fn is_variable_of_a_property(name: &str) -> bool {
    name.contains('_') && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Kubernetes gives each pod variables for each service of its namespace; a service called `eurus-gateway` would
/// otherwise set our port to `tcp://10.0.0.7:80`.
fn is_service_link(name: &str, value: &str) -> bool {
    ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme))
        || name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || ["_TCP_PORT", "_TCP_ADDR", "_TCP_PROTO", "_UDP_PORT", "_UDP_ADDR", "_UDP_PROTO"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// What is left of a variable's name behind a map's prefix, lower case.
fn entry_of(name: &str, prefix: &str) -> Option<String> {
    let mut left = flat(prefix);
    let mut letters = name.char_indices();
    while !left.is_empty() {
        let (_, letter) = letters.next()?;
        if letter == '_' {
            continue;
        }
        left = left.strip_prefix(letter.to_ascii_lowercase())?.to_owned();
    }
    let rest = letters.as_str().strip_prefix('_')?;
    (!rest.is_empty()).then(|| rest.to_lowercase())
}
