//! Every property name that is known. A key under `eureka.*` or `eurus.*` that is not here fails start-up with the
//! nearest name; keys of other Spring modules are listed once as ignored.
//!
//! Names follow Spring's relaxed binding: `eureka.server.disable-delta`, `eureka.server.disableDelta` and the
//! environment's `EUREKA_SERVER_DISABLEDELTA` or `EUREKA_SERVER_DISABLE_DELTA` are one key.

mod eurus;
mod eurus_gateway;
mod eurus_sync_speed;
mod families;
mod older;
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
    /// Another name locks what this one was meant to lock: start-up fails, unless something else locks it.
    Locks(&'static str),
    /// It has no effect, and who wrote it expects one: a warning says what to write instead.
    Warned(&'static str),
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

/// Lists of maps, as `spring.cloud.gateway.routes[0].id`. As Spring does, the strongest source that has one has all of it.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// Kebab case, dotted, without an index.
    pub name: &'static str,
    /// What happens with its items.
    pub meaning: Meaning,
}

/// A key of each service, whose name stands in front, as in `orders.ribbon.NFLoadBalancerRuleClassName`.
#[derive(Clone, Copy, Debug)]
pub struct OfService {
    /// Dotted, without the first dot.
    pub suffix: &'static str,
    /// What happens with it.
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
    eurus::KEYS
        .iter()
        .chain(eurus_gateway::KEYS)
        .chain(eurus_sync_speed::KEYS)
        .chain(spring::KEYS)
        .chain(older::KEYS)
        .chain(spring::ignored())
}

/// All known maps.
pub fn maps() -> impl Iterator<Item = &'static Map> {
    eurus::MAPS.iter().chain(spring::MAPS).chain(older::MAPS)
}

/// All known keys of services.
pub fn of_services() -> impl Iterator<Item = &'static OfService> {
    eurus::OF_SERVICES.iter()
}

/// The service that a name is about, as it is written, and what about it.
pub fn of_service(name: &str) -> Option<(&str, &'static OfService)> {
    of_services().find_map(|known| {
        // As long in any of its relaxed spellings but those with further dashes, which nobody gives to such a name.
        let (service, suffix) = name.split_at_checked(name.len().checked_sub(known.suffix.len())?)?;
        let service = service.strip_suffix('.').filter(|service| !service.is_empty())?;
        (uniform(suffix) == uniform(known.suffix)).then_some((service, known))
    })
}

/// All known lists of maps.
pub fn lists() -> impl Iterator<Item = &'static List> {
    spring::LISTS.iter()
}

/// The list that a name is about, and what stands behind the list's name: `[0].id`, or nothing.
pub fn list_of(name: &str) -> Option<(&'static List, &str)> {
    let (list, rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let wanted = uniform(list);
    lists().find(|known| uniform(known.name) == wanted).map(|known| (known, rest))
}

/// Whether known names begin with these parts, as with `eureka.server`.
pub fn is_section(name: &str) -> bool {
    let start = uniform(name) + ".";
    let mut names = all().map(|key| key.name).chain(maps().map(|map| map.prefix));
    names.any(|name| (uniform(name) + ".").starts_with(&start))
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
    let allowed_distance = (uniform(name).len() / 4).max(3);
    nearest_within(name, allowed_distance)
}

/// The known name that a foreign one is taken for, because only a slip or two are between them. Narrower than
/// [`nearest`]: most foreign names are right, and another program's.
pub fn mistyped(name: &str) -> Option<&'static str> {
    nearest_within(name, 2)
}

/// Whether a key, or one that is to be added below it, locks something.
pub fn is_lock(name: &str) -> bool {
    ["server.ssl.", "spring.security.", "eurus.registry.access."].iter().any(|prefix| name.starts_with(prefix))
}

fn nearest_within(name: &str, allowed_distance: usize) -> Option<&'static str> {
    let wanted = uniform(name);
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
    fn a_foreign_name_is_a_slip_only_when_it_is_very_near() {
        assert_eq!(mistyped("server.prt"), Some("server.port"));
        assert_eq!(mistyped("server.sll.keyStore"), Some("server.ssl.key-store"));
        for right in ["server.max-http-header-size", "server.netty.x", "spring.application.admin", "company.team"] {
            assert_eq!(mistyped(right), None, "{right}");
        }
    }

    #[test]
    fn distance_counts_letters() {
        for (from, to, expected) in [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3)] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }
}
