//! Environment variables by Spring's relaxed rule: dots become underscores, dashes vanish or become underscores, upper case.
//! Docker and Kubernetes allow more, and Spring reads it: `server.port`, `eureka_client_serviceUrl_defaultZone`.

use crate::keys::{self, Meaning, flat};

use super::{ConfigError, Notices, Origin, Setting};

/// Prefixes under which an unknown variable is a mistake and not a stranger's.
const OURS: &[&str] = &["EURUS_", "EUREKA_SERVER_", "EUREKA_CLIENT_", "EUREKA_INSTANCE_"];

/// The property that a variable sets, if any.
pub(super) fn key_of(name: &str, value: &str, notices: &mut Notices) -> Option<String> {
    let wanted = flat(name);
    if !is_variable_of_a_property(name) {
        return None;
    }
    if is_service_link(name, value) {
        if is_ours(name) {
            notices.ignored.push(format!("{name} (a Kubernetes service link)"));
        }
        return None;
    }
    if let Some(key) = keys::find_flat(&wanted) {
        return Some(key.name.to_owned());
    }
    for map in keys::maps() {
        if let Some(entry) = entry_of(name, map.prefix) {
            // A variable for another program's map is no word to us.
            let is_ours = map.meaning != Meaning::Ignored || map.prefix.starts_with("eureka.");
            return is_ours.then(|| format!("{}.{entry}", map.prefix));
        }
    }
    if let Some(key) = keys::lists().find_map(|list| Some(format!("{}{}", list.name, item_of(name, list.name)?))) {
        return Some(key);
    }
    if is_ours(name) {
        notices.unknown_variables.push(name.to_owned());
    }
    None
}

/// Variables with our prefixes that are no property: unless they are names of the user's own, for placeholders, those of
/// eurus fail, as a typing error does anywhere else. Those of Eureka are warned of: `EUREKA_SERVER_URL` may be anybody's.
pub(super) fn settle_unknown<'a>(
    notices: &mut Notices,
    values: impl Iterator<Item = &'a Setting> + Clone,
) -> Result<(), ConfigError> {
    for name in std::mem::take(&mut notices.unknown_variables) {
        if values.clone().any(|setting| is_referred_to(&name, &setting.value)) {
            continue;
        }
        let nearest = keys::nearest(&name.to_lowercase().replace('_', "."));
        if flat(&name).starts_with(&flat("eurus.")) {
            return Err(ConfigError::unknown(&name, &Origin::Environment(name.clone()), nearest));
        }
        let advice = nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        notices.warned.push(format!(
            "the environment variable {name} has no effect: it is not a known property, and no placeholder names it{advice}"
        ));
    }
    Ok(())
}

fn is_referred_to(name: &str, value: &str) -> bool {
    value
        .split("${")
        .skip(1)
        .any(|after| flat(after.split([':', '}', '$']).next().unwrap_or_default().trim()) == flat(name))
}

fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_uppercase().replace(['.', '-'], "_");
    OURS.iter().any(|prefix| name.starts_with(prefix))
}

/// The error for a variable that was meant to lock the registry and is no property: whether it counts, the caller knows,
/// for it may as well be a name of the user's own, for a placeholder.
pub(super) fn meant_to_lock(name: &str) -> Option<ConfigError> {
    let is_known =
        || keys::find_flat(&flat(name)).is_some() || keys::maps().any(|map| entry_of(name, map.prefix).is_some());
    if !is_variable_of_a_property(name)
        || !name.to_ascii_uppercase().replace('.', "_").starts_with("SPRING_SECURITY_")
        || is_known()
    {
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
    name.contains(['_', '.']) && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
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

/// What is left of a variable's name behind a map's prefix: lower case, where all of it had to be capitals.
fn entry_of(name: &str, prefix: &str) -> Option<String> {
    let mut left = flat(prefix);
    let mut letters = name.char_indices();
    while !left.is_empty() {
        let (_, letter) = letters.next()?;
        if matches!(letter, '_' | '.' | '-') {
            continue;
        }
        left = left.strip_prefix(letter.to_ascii_lowercase())?.to_owned();
    }
    let rest = letters.as_str().strip_prefix(['_', '.'])?;
    let is_shouted = !name.contains(|c: char| c.is_ascii_lowercase());
    (!rest.is_empty()).then(|| if is_shouted { rest.to_lowercase() } else { rest.to_owned() })
}

/// What a variable sets in a list of maps: `…_ROUTES_0_PREDICATES_1` is `[0].predicates[1]`. Whatever comes behind
/// `METADATA` or `ARGS` is one name.
fn item_of(name: &str, list: &str) -> Option<String> {
    let entry = entry_of(name, list)?;
    let mut parts = entry.split('_');
    let mut path = String::new();
    while let Some(part) = parts.next() {
        match part.parse::<usize>() {
            Ok(index) => path.push_str(&format!("[{index}]")),
            Err(_) if part == "metadata" || part == "args" => {
                let rest: Vec<&str> = parts.by_ref().collect();
                path.push_str(&format!(".{part}.{}", rest.join("-")));
            }
            Err(_) => path.push_str(&format!(".{part}")),
        }
    }
    path.starts_with('[').then_some(path)
}
