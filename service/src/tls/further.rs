//! Further certificates of one server, each below a name of the user's choice: `<prefix>.<name>.certificate`.

use std::collections::BTreeMap;

use super::identity::{Identity, IdentityKeys};
use super::key_store::StoreKeys;
use crate::keys::uniform;
use crate::properties::{ConfigError, Properties};

/// Certificates at most: each is read at the start, and looked at for changes.
const FURTHER_MAX: usize = 1_000;

const CERTIFICATE: &str = "certificate";
const PRIVATE_KEY: &str = "certificate-private-key";
const STORE: &str = "key-store";
const STORE_PASSWORD: &str = "key-store-password";
const STORE_TYPE: &str = "key-store-type";
const ALIAS: &str = "key-alias";
const KEY_PASSWORD: &str = "key-password";
const PARTS: [&str; 7] = [CERTIFICATE, PRIVATE_KEY, STORE, STORE_PASSWORD, STORE_TYPE, ALIAS, KEY_PASSWORD];

/// One of them, and how its properties are spelled.
pub(super) struct Further {
    pub(super) name: String,
    keys: BTreeMap<&'static str, String>,
}

/// All of them, by name.
pub(super) fn all(properties: &Properties, prefix: &str) -> Result<Vec<Further>, ConfigError> {
    let mut found: BTreeMap<String, Further> = BTreeMap::new();
    for entry in properties.map(prefix).into_keys() {
        let key = format!("{prefix}.{entry}");
        let named = entry.split_once('.').and_then(|(name, part)| {
            let part = PARTS.into_iter().find(|known| uniform(known) == uniform(part))?;
            (!name.is_empty()).then_some((name, part))
        });
        let Some((name, part)) = named else {
            let parts = PARTS.join(", ");
            return Err(properties.refused(&key, &format!("expected {prefix}.<name>.<part>, the part one of {parts}")));
        };
        let further =
            found.entry(uniform(name)).or_insert_with(|| Further { name: name.to_owned(), keys: BTreeMap::new() });
        further.keys.insert(part, key);
    }
    if found.len() > FURTHER_MAX {
        return Err(ConfigError::other(format!(
            "{prefix}: {} certificates are more than the {FURTHER_MAX} that are allowed",
            found.len()
        )));
    }
    let mut all: Vec<Further> = found.into_values().collect();
    // A part that is missing is called as it would be written.
    for further in &mut all {
        let Further { name, keys } = further;
        for part in PARTS {
            keys.entry(part).or_insert_with(|| format!("{prefix}.{name}.{part}"));
        }
    }
    Ok(all)
}

impl Further {
    fn key(&self, part: &str) -> &str {
        self.keys.get(part).map_or("", String::as_str)
    }

    pub(super) fn identity(&self, properties: &Properties) -> Result<Identity, ConfigError> {
        let keys = IdentityKeys {
            certificate: self.key(CERTIFICATE),
            private_key: self.key(PRIVATE_KEY),
            store: StoreKeys { store: self.key(STORE), password: self.key(STORE_PASSWORD), kind: self.key(STORE_TYPE) },
            alias: Some(self.key(ALIAS)),
            key_password: self.key(KEY_PASSWORD),
        };
        let without = || properties.invalid(keys.certificate, "a certificate, PEM, or a key-store beside it");
        Identity::from_properties(properties, &keys)?.ok_or_else(without)
    }

    /// The properties that name files.
    pub(super) fn file_keys(&self) -> [&str; 3] {
        [CERTIFICATE, PRIVATE_KEY, STORE].map(|part| self.key(part))
    }
}
