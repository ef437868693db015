//! Lists of maps, as `spring.cloud.gateway.routes`: item by item.

use super::{ConfigError, Origin, Properties};
use crate::keys::uniform;

/// One item of a list of maps, or one text of a list of texts.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its whole name, such as `spring.cloud.gateway.routes[3]`.
    pub key: String,
    /// In the order of their names; a text of a list of texts has one with an empty name.
    pub settings: Vec<ItemSetting>,
}

/// What is said of an item.
#[derive(Clone, Debug)]
pub struct ItemSetting {
    /// Behind the item's name: `id`, `predicates[0]`, `predicates[0].args.header`.
    pub name: String,
    /// Its whole name.
    pub key: String,
    /// The trimmed text.
    pub value: String,
    pub(super) origin: Origin,
}

impl ItemSetting {
    /// The error for a value that a caller found wrong.
    pub fn invalid(&self, allowed: &str) -> ConfigError {
        ConfigError::invalid(&self.key, &self.value, &self.origin, allowed)
    }

    /// The error for a name that no item has.
    pub fn unknown(&self, allowed: &str) -> ConfigError {
        ConfigError::refused(&self.key, &self.origin, &format!("it is not known; expected {allowed}"))
    }

    /// The name without index and case: `predicates`, `metadata.responsetimeout`.
    pub fn uniform_name(&self) -> String {
        uniform(self.name.split('[').next().unwrap_or_default())
    }
}

impl Properties {
    /// The items of a list of maps, in their order.
    ///
    /// # Errors
    /// [`ConfigError`] when an index is missing, or the name has a text where a list is meant.
    pub fn items(&self, list: &str) -> Result<Vec<Item>, ConfigError> {
        let mut settings = Vec::new();
        let all = self.settings.range(list.to_owned()..).take_while(|(name, _)| name.starts_with(list));
        for (key, setting) in all {
            let Some((index, name)) = indexed(&key[list.len()..]) else {
                if key == list && setting.value.trim().is_empty() {
                    continue;
                }
                return Err(ConfigError::invalid(key, &setting.value, &setting.origin, "a list: [0], [1], …"));
            };
            let (key, origin) = (key.clone(), setting.origin.clone());
            settings.push((
                index,
                ItemSetting { name: name.to_owned(), key, value: setting.value.trim().to_owned(), origin },
            ));
        }
        settings.sort_by_key(|(index, _)| *index);
        let mut items: Vec<Item> = Vec::new();
        for (index, setting) in settings {
            if index == items.len() {
                items.push(Item { key: format!("{list}[{index}]"), settings: Vec::new() });
            }
            let is_last = index + 1 == items.len();
            match items.last_mut() {
                Some(item) if is_last => item.settings.push(setting),
                _ => {
                    let missing = format!("{list}[{}]", items.len());
                    return Err(setting.invalid(&format!("indices without a gap: {missing} is missing")));
                }
            }
        }
        Ok(items)
    }
}

/// `[3].id` is 3 and `id`.
fn indexed(rest: &str) -> Option<(usize, &str)> {
    let (index, name) = rest.strip_prefix('[')?.split_once(']')?;
    Some((index.parse().ok()?, name.strip_prefix('.').unwrap_or(name)))
}

#[cfg(test)]
mod tests {
    use crate::properties::{Files, Sources};

    use super::*;

    const ROUTES: &str = "spring.cloud.gateway.routes";

    fn read(yaml: &str, flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Vec<Item>, ConfigError> {
        let owned = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
        };
        let sources = Sources {
            files: Files::one("application.yml", yaml),
            flags: owned(flags),
            environment: owned(variables),
            ..Sources::default()
        };
        Properties::layered(sources)?.0.items(ROUTES)
    }

    fn said(items: &[Item]) -> Vec<String> {
        let settings = items.iter().flat_map(|item| item.settings.iter().map(move |setting| (item, setting)));
        settings.map(|(item, setting)| format!("{} {}={}", item.key, setting.name, setting.value)).collect()
    }

    #[test]
    fn items_are_in_the_order_of_their_indices_and_their_commas_stay() {
        let routes: String =
            (0..12).map(|n| format!("{{id: r{n}, predicates: ['Path=/a,/{n}', 'Method=GET']}},")).collect();
        let items = read(&format!("spring.cloud.gateway.routes: [{routes}]"), &[], &[]).unwrap();
        assert_eq!(items.len(), 12);
        assert_eq!(
            said(&items[10..11]),
            [
                "spring.cloud.gateway.routes[10] id=r10",
                "spring.cloud.gateway.routes[10] predicates[0]=Path=/a,/10",
                "spring.cloud.gateway.routes[10] predicates[1]=Method=GET",
            ]
        );
        assert!(read("spring.cloud.gateway.routes: []", &[], &[]).unwrap().is_empty());
        assert!(read("a: b", &[], &[]).unwrap().is_empty());
    }

    #[test]
    fn the_strongest_source_has_all_of_a_list() {
        let file = "spring.cloud.gateway.routes: [{id: a, uri: x}, {id: b}]";
        let flags = [("spring.cloud.gateway.routes[0].id", "flag")];
        assert_eq!(said(&read(file, &flags, &[]).unwrap()), ["spring.cloud.gateway.routes[0] id=flag"]);
        let variables = [
            ("SPRING_CLOUD_GATEWAY_ROUTES_0_ID", "v"),
            ("SPRING_CLOUD_GATEWAY_ROUTES_0_PREDICATES_1", "p"),
            ("SPRING_CLOUD_GATEWAY_ROUTES_0_METADATA_RESPONSE_TIMEOUT", "5"),
        ];
        assert_eq!(
            said(&read(file, &[], &variables).unwrap()),
            [
                "spring.cloud.gateway.routes[0] id=v",
                "spring.cloud.gateway.routes[0] metadata.response-timeout=5",
                "spring.cloud.gateway.routes[0] predicates[1]=p",
            ]
        );
        let two = format!("{file}\n---\nspring.cloud.gateway.routes: []\n");
        assert!(read(&two, &[], &[]).unwrap().is_empty(), "a later document has it empty");
    }

    #[test]
    fn a_gap_and_a_text_are_refused_with_their_key() {
        let gap = read("", &[("spring.cloud.gateway.routes[1].id", "x")], &[]).unwrap_err().to_string();
        assert!(gap.contains("routes[1].id") && gap.contains("routes[0] is missing"), "{gap}");
        let text = read("spring.cloud.gateway.routes: x", &[], &[]).unwrap_err().to_string();
        assert!(text.contains("spring.cloud.gateway.routes: 'x'"), "{text}");
    }
}
