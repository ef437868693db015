//! Java's key stores and trust stores in the format that it writes since version 9: PKCS12.

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, Pkcs12ImportPolicy, PrivateKeyChain};

use super::material::Material;
use crate::properties::{ConfigError, Properties};

/// How the properties of one store are called.
pub(super) struct StoreKeys<'a> {
    pub(super) store: &'a str,
    pub(super) password: &'a str,
    pub(super) kind: &'a str,
}

/// What Java's older format begins with.
const JKS_MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];

const CONVERT: &str =
    "convert it: keytool -importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype PKCS12";

/// The key and its chain, by alias or the only one.
pub(super) fn key_chain(
    properties: &Properties,
    keys: &StoreKeys<'_>,
    alias: Option<&str>,
) -> Result<Option<(Material, PrivateKeyChain)>, ConfigError> {
    let Some((material, store)) = open(properties, keys, Pkcs12ImportPolicy::Strict)? else { return Ok(None) };
    let chains: Vec<(&String, &PrivateKeyChain)> = store
        .entries()
        .filter_map(|(name, entry)| match entry {
            KeyStoreEntry::PrivateKeyChain(chain) => Some((name, chain)),
            _ => None,
        })
        .collect();
    let names: Vec<&str> = chains.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(", ");
    // Java's aliases know no case.
    let found = match alias {
        Some(alias) => chains.iter().find(|(name, _)| name.eq_ignore_ascii_case(alias)),
        None => chains.first(),
    };
    match (found, alias) {
        (Some((_, chain)), _) => Ok(Some((material, (*chain).clone()))),
        (None, Some(alias)) => {
            Err(material.wrong(format!("it holds no private key with the alias '{alias}', but: {names}")))
        }
        (None, None) => Err(material.wrong("it holds no private key with its certificate")),
    }
}

/// All certificates of a store.
pub(super) fn certificates(
    properties: &Properties,
    keys: &StoreKeys<'_>,
) -> Result<Option<(Material, Vec<Certificate>)>, ConfigError> {
    let Some((material, store)) = open(properties, keys, Pkcs12ImportPolicy::Raw)? else { return Ok(None) };
    let certificates = store
        .entries()
        .filter_map(|(_, entry)| match entry {
            KeyStoreEntry::Certificate(certificate) => Some(certificate.clone()),
            _ => None,
        })
        .collect();
    Ok(Some((material, certificates)))
}

fn open(
    properties: &Properties,
    keys: &StoreKeys<'_>,
    policy: Pkcs12ImportPolicy,
) -> Result<Option<(Material, KeyStore)>, ConfigError> {
    let Some(material) = Material::named_by(properties, keys.store)? else { return Ok(None) };
    let kind = properties.string(keys.kind).unwrap_or_else(|| "PKCS12".to_owned());
    // Java reads PKCS12 under the name of JKS too, and the other way round.
    if material.bytes.starts_with(&JKS_MAGIC) {
        return Err(material.wrong(format!("it is in Java's old JKS format, which is not read here; {CONVERT}")));
    }
    if !["PKCS12", "JKS", "P12", "PFX"].contains(&kind.to_uppercase().as_str()) {
        return Err(properties.invalid(keys.kind, "PKCS12"));
    }
    let password = properties.password(keys.password).unwrap_or_default();
    let store = KeyStore::from_pkcs12(&material.bytes, &password, policy).map_err(|error| {
        material.wrong(format!("it cannot be opened ({error}): is {} right, and the file PKCS12?", keys.password))
    })?;
    Ok(Some((material, store)))
}
