//! Who may do what, from properties: read at the start, and again whenever the configuration changes.

use std::collections::BTreeSet;

use eurus_service::{ConfigError, Properties};
use ipnetwork::IpNetwork;

use super::callers::{self, RATE_MAX};
use crate::access::buckets::Rate;
use crate::access::rules::RATE_PER_MINUTE;
use crate::access::token::ALLOWED as TOKEN_ALLOWED;
use crate::access::{AccessRules, Keep, Segments, Token};
use crate::selection::OptedIn;

pub(super) const ALLOW: &str = "eurus.sync-speed.allow";
pub(super) const DENY: &str = "eurus.sync-speed.deny";
const TRUSTED_PROXIES: &str = "eurus.sync-speed.trusted-proxies";
pub(super) const TOKEN: &str = "eurus.sync-speed.token";
pub(super) const APPS: &str = "eurus.sync-speed.apps";
const KEEP_PERCENT: &str = "eurus.sync-speed.keep-percent";
const RATE: &str = "eurus.sync-speed.rate-per-minute";
const GATEWAY_GROUPS: &str = "eurus.sync-speed.gateway-groups-allowed";
const FORCE_OVERRIDES: &str = "eurus.sync-speed.force-overrides-keep-percent";

pub(super) const SEGMENTS_ALLOWED: &str = "network segments, comma-separated, such as 10.0.0.0/8, ::1/128";
pub(super) const NAMES_ALLOWED: &str = "application names of letters, digits, '-', '_' and '.'";

impl AccessRules {
    /// What the user says over [`AccessRules::stock`].
    ///
    /// # Errors
    /// The key, its value (never a secret) and what is allowed.
    pub fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let stock = Self::stock();
        let token = token(properties)?;
        let apps = opted_in(properties)?;
        Ok(Self {
            segments: Segments {
                allow: segments(properties, ALLOW, stock.segments.allow)?,
                deny: segments(properties, DENY, stock.segments.deny)?,
            },
            trusted_proxies: trusted_proxies(properties, stock.trusted_proxies)?,
            callers: callers::from_properties(properties, token.as_ref())?,
            token,
            gateway_groups: gateway_groups(properties, &apps)?,
            apps,
            rate: Rate::per_minute(properties.number(RATE, RATE_PER_MINUTE, 1..=RATE_MAX)?),
            keep: Keep {
                percent: properties.number(KEEP_PERCENT, stock.keep.percent, 0..=100)?,
                force_overrides: properties.bool(FORCE_OVERRIDES, stock.keep.force_overrides)?,
            },
        })
    }
}

/// Whoever guesses it may do everything.
fn token(properties: &Properties) -> Result<Option<Token>, ConfigError> {
    let Some(text) = properties.secret(TOKEN)? else { return Ok(None) };
    let expected = || properties.refused(TOKEN, &format!("expected {TOKEN_ALLOWED}"));
    Token::of_callers(text).map(Some).ok_or_else(expected)
}

pub(super) fn segments(
    properties: &Properties,
    key: &str,
    default: Vec<IpNetwork>,
) -> Result<Vec<IpNetwork>, ConfigError> {
    let listed = properties.list(key);
    if listed.is_empty() {
        return Ok(default);
    }
    listed.iter().map(|text| text.parse().map_err(|_| properties.invalid(key, SEGMENTS_ALLOWED))).collect()
}

/// Whoever is a proxy may say that he is anybody: not everybody is one.
fn trusted_proxies(properties: &Properties, default: Vec<IpNetwork>) -> Result<Vec<IpNetwork>, ConfigError> {
    let proxies = segments(properties, TRUSTED_PROXIES, default)?;
    match proxies.iter().any(|segment| segment.prefix() == 0) {
        false => Ok(proxies),
        true => Err(properties.invalid(TRUSTED_PROXIES, "the proxies' own segments; a /0 would believe everybody")),
    }
}

fn opted_in(properties: &Properties) -> Result<OptedIn, ConfigError> {
    apps(&properties.list(APPS)).map_err(|allowed| properties.invalid(APPS, allowed))
}

/// A gateway group is never taken offline: one name cannot be both.
fn gateway_groups(properties: &Properties, apps: &OptedIn) -> Result<BTreeSet<String>, ConfigError> {
    let listed = properties.list(GATEWAY_GROUPS);
    let groups: Option<BTreeSet<String>> = listed.iter().map(|name| upper_case(name)).collect();
    let groups = groups.ok_or_else(|| properties.invalid(GATEWAY_GROUPS, NAMES_ALLOWED))?;
    match apps {
        OptedIn::Listed(apps) if !groups.is_disjoint(apps) => {
            Err(properties.invalid(GATEWAY_GROUPS, "names of gateways, none of which is in eurus.sync-speed.apps"))
        }
        _ => Ok(groups),
    }
}

/// `*`, or names. The error says what is allowed.
pub(super) fn apps(listed: &[String]) -> Result<OptedIn, &'static str> {
    if listed.iter().any(|name| name == "*") {
        return if listed.len() == 1 { Ok(OptedIn::All) } else { Err("either * alone or a list of names") };
    }
    let names: Option<_> = listed.iter().map(|name| upper_case(name)).collect();
    names.map(OptedIn::Listed).ok_or(NAMES_ALLOWED)
}

pub(super) fn upper_case(name: &str) -> Option<String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().all(is_allowed).then(|| name.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use eurus_service::properties::Sources;

    use super::*;

    fn rules(settings: &[(&str, &str)]) -> Result<AccessRules, ConfigError> {
        let flags = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() })?;
        AccessRules::from_properties(&properties)
    }

    #[test]
    fn what_is_said_and_what_is_not() {
        assert_eq!(rules(&[]).unwrap(), AccessRules::stock());
        let said = rules(&[
            (TRUSTED_PROXIES, "10.1.0.0/16, ::ffff:10.2.0.0/112"),
            (KEEP_PERCENT, "60"),
            (FORCE_OVERRIDES, "true"),
            (RATE, "30"),
            (GATEWAY_GROUPS, "edge, inner"),
            (APPS, "*"),
        ])
        .unwrap();
        assert_eq!(said.trusted_proxies.len(), 2);
        assert_eq!(said.keep, Keep { percent: 60, force_overrides: true });
        assert_eq!(said.apps, OptedIn::All);
        assert_eq!(said.rate, Rate::per_minute(30));
        assert_eq!(said.gateway_groups, ["EDGE".to_owned(), "INNER".to_owned()].into());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (key, value, part) in [
            (TRUSTED_PROXIES, "0.0.0.0/0", "believe everybody"),
            (TRUSTED_PROXIES, "::/0", "believe everybody"),
            (TRUSTED_PROXIES, "proxy", SEGMENTS_ALLOWED),
            (KEEP_PERCENT, "101", "from 0 to 100"),
            (KEEP_PERCENT, "50%", "from 0 to 100"),
            (FORCE_OVERRIDES, "maybe", "true or false"),
            (RATE, "0", "from 1 to 60000"),
            (GATEWAY_GROUPS, "a/b", NAMES_ALLOWED),
        ] {
            let error = rules(&[(key, value)]).expect_err(value).to_string();
            assert!(error.contains(key) && error.contains(value) && error.contains(part), "{error}");
        }
        let short = rules(&[(TOKEN, "TOP-SECRET-TOKE")]).expect_err("15 characters").to_string();
        assert!(short.contains(TOKEN) && short.contains(TOKEN_ALLOWED) && !short.contains("TOP-SECRET"), "{short}");
        assert!(rules(&[(TOKEN, "TOP-SECRET-TOKEN")]).unwrap().token.is_some());
        let both = rules(&[(APPS, "orders, edge"), (GATEWAY_GROUPS, "EDGE")]).expect_err("both").to_string();
        assert!(both.contains(GATEWAY_GROUPS) && both.contains("none of which is in eurus.sync-speed.apps"), "{both}");
    }
}
