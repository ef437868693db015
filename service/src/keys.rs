//! Every property name that is known. A key under `eureka.*` or `eurus.*` that is not here fails start-up with the
//! nearest name; keys of other Spring modules are listed once as ignored.
//!
//! Names follow Spring's relaxed binding: `eureka.server.disable-delta`, `eureka.server.disableDelta` and the
//! environment's `EUREKA_SERVER_DISABLEDELTA` or `EUREKA_SERVER_DISABLE_DELTA` are one key.

mod eurus;
mod families;
mod page;
mod spring;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use families::{FAMILIES, Family, family_of};
pub use page::page;

/// What a known key does here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It is read; the text says what for.
    Used(&'static str),
    /// It is read, but takes effect only once registries replicate to each other; the text says what for.
    OfReplication(&'static str),
    /// Spring's beans have it; it has no meaning here.
    Ignored,
    /// Ignoring it would be dangerous: start-up fails and says why.
    Refused(&'static str),
}

/// One known property.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Kebab case, dotted.
    pub name: &'static str,
    /// What happens with it.
    pub meaning: Meaning,
}

/// Keys whose last segment the user chooses, as in `eureka.instance.metadata-map.zone`.
#[derive(Clone, Copy, Debug)]
pub struct Map {
    /// Kebab case, dotted, without the last dot.
    pub prefix: &'static str,
    /// What happens with its entries.
    pub meaning: Meaning,
}

const fn used(name: &'static str, help: &'static str) -> Key {
    Key { name, meaning: Meaning::Used(help) }
}

const fn of_replication(name: &'static str, help: &'static str) -> Key {
    Key { name, meaning: Meaning::OfReplication(help) }
}

/// The key of a name in any of its relaxed spellings.
pub fn find(name: &str) -> Option<&'static Key> {
    static BY_UNIFORM: LazyLock<BTreeMap<String, &'static Key>> =
        LazyLock::new(|| all().map(|key| (uniform(key.name), key)).collect());
    BY_UNIFORM.get(&uniform(name)).copied()
}

/// The key of an environment variable in its [`flat`] form.
pub fn find_flat(name: &str) -> Option<&'static Key> {
    static BY_FLAT: LazyLock<BTreeMap<String, &'static Key>> =
        LazyLock::new(|| all().map(|key| (flat(key.name), key)).collect());
    BY_FLAT.get(name).copied()
}

/// All known keys.
pub fn all() -> impl Iterator<Item = &'static Key> {
    eurus::KEYS.iter().chain(spring::KEYS).chain(spring::ignored())
}

/// All known maps.
pub fn maps() -> impl Iterator<Item = &'static Map> {
    eurus::MAPS.iter().chain(spring::MAPS)
}

/// The form in which names are compared: lower case, without dashes and underscores. Dots stay.
pub fn uniform(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// The form in which environment variables are compared: dots are gone too.
pub fn flat(name: &str) -> String {
    uniform(name).replace('.', "")
}

/// The known name nearest to a mistyped one, if any is near.
pub fn nearest(name: &str) -> Option<&'static str> {
    let wanted = uniform(name);
    let allowed_distance = (wanted.len() / 4).max(3);
    all()
        .map(|key| (distance(&wanted, &uniform(key.name)), key.name))
        .filter(|(distance, _)| *distance <= allowed_distance)
        .min()
        .map(|(_, name)| name)
}

/// How many letters must be inserted, removed or replaced to make one of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, from_char) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to_char) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(from_char != *to_char);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_keys_look_alike_to_the_environment() {
        let mut seen = BTreeSet::new();
        for key in all() {
            assert!(seen.insert(flat(key.name)), "{} is known twice", key.name);
        }
    }

    #[test]
    fn a_mistyped_name_finds_its_neighbour() {
        assert_eq!(nearest("eureka.server.disable-dleta"), Some("eureka.server.disable-delta"));
        assert_eq!(nearest("eurus.gateway.prot"), Some("eurus.gateway.port"));
        assert_eq!(nearest("completely.else"), None);
    }

    #[test]
    fn distance_counts_letters() {
        for (from, to, expected) in [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3)] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }
}
