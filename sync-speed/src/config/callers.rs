//! Callers by name, from properties: `eurus.sync-speed.callers.<name>.<part>`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::DateTime;
use eurus_service::keys::uniform;
use eurus_service::properties::{ENCRYPTED, is_encrypted};
use eurus_service::tls::names::KINDS;
use eurus_service::{ConfigError, Properties};

use super::access::{SEGMENTS_ALLOWED, apps};
use crate::access::buckets::Rate;
use crate::access::token::ALLOWED as TOKEN_ALLOWED;
use crate::access::{Caller, Right, Token};
use crate::selection::OptedIn;

const CALLERS: &str = "eurus.sync-speed.callers";
/// Callers at most: each request is compared with each.
const CALLERS_MAX: usize = 256;
/// Length of a caller's name.
const NAME_CHARS_MAX: usize = 64;
/// Requests in a minute at most.
pub(super) const RATE_MAX: u32 = 60_000;
/// What can be said of a caller; in the environment dashes are underscores or nothing.
const PARTS: [&str; 7] = ["token", "certificate-names", "apps", "networks", "rate-per-minute", "expires", "rights"];

/// What was written about one caller, by part.
struct Draft {
    name: String,
    parts: BTreeMap<&'static str, String>,
}

/// All that are configured, by name.
pub(super) fn from_properties(properties: &Properties, token: Option<&Token>) -> Result<Vec<Arc<Caller>>, ConfigError> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    for (entry, value) in properties.map(CALLERS) {
        let Some((name, part)) = name_and_part(&entry) else {
            let expected = format!(
                "expected {CALLERS}.<name>.<part>: the name 1 to {NAME_CHARS_MAX} letters, digits, - and _, the part one \
                 of {}",
                PARTS.join(", ")
            );
            return Err(wrong(&format!("{CALLERS}.{entry}"), expected));
        };
        let draft =
            drafts.entry(uniform(name)).or_insert_with(|| Draft { name: name.to_owned(), parts: BTreeMap::new() });
        draft.parts.insert(part, value.trim().to_owned());
    }
    if drafts.len() > CALLERS_MAX {
        return Err(wrong(
            CALLERS,
            format!("{} callers are more than the {CALLERS_MAX} that are allowed", drafts.len()),
        ));
    }
    let callers: Vec<Caller> = drafts.into_values().map(Draft::finish).collect::<Result<_, _>>()?;
    refuse_twins(&callers, token)?;
    Ok(callers.into_iter().map(Arc::new).collect())
}

/// Never with the value of a token.
fn wrong(key: &str, why: impl AsRef<str>) -> ConfigError {
    ConfigError::other(format!("{key}: {}", why.as_ref()))
}

/// `ci.rate-per-minute`, and what the environment makes of it: `ci_rate_per_minute` or `ci_rateperminute`.
fn name_and_part(entry: &str) -> Option<(&str, &'static str)> {
    let (name, part) = match entry.rsplit_once('.') {
        Some((name, part)) => (name, PARTS.into_iter().find(|known| uniform(known) == uniform(part))?),
        None => PARTS.into_iter().find_map(|part| {
            let spellings = [part.replace('-', "_"), part.replace('-', "")];
            let name = spellings.iter().find_map(|spelling| entry.strip_suffix(spelling)?.strip_suffix('_'))?;
            Some((name, part))
        })?,
    };
    let is_name = (1..=NAME_CHARS_MAX).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    is_name.then_some((name, part))
}

/// Two callers that look the same are one that nobody can tell apart.
fn refuse_twins(callers: &[Caller], token: Option<&Token>) -> Result<(), ConfigError> {
    for (at, caller) in callers.iter().enumerate() {
        let key = |part: &str| format!("{CALLERS}.{}.{part}", caller.name);
        if caller.token.is_some() && caller.token.as_ref() == token {
            return Err(wrong(&key("token"), "the same as eurus.sync-speed.token: each needs one of its own"));
        }
        for other in &callers[..at] {
            if caller.token.is_some() && caller.token == other.token {
                return Err(wrong(
                    &key("token"),
                    format!("the same as that of {}: each needs one of its own", other.name),
                ));
            }
            if let Some(shared) = caller.certificate_names.iter().find(|name| other.certificate_names.contains(name)) {
                let why = format!("'{}' is a name of {} too", shared.escape_debug(), other.name);
                return Err(wrong(&key("certificate-names"), why));
            }
        }
    }
    Ok(())
}

impl Draft {
    fn finish(mut self) -> Result<Caller, ConfigError> {
        let token = self.token()?;
        let certificate_names = self.certificate_names()?;
        if token.is_none() && certificate_names.is_empty() {
            return Err(self.wrong("token", "must be set, or certificate-names: how would the caller be known?"));
        }
        let rights = self.rights()?;
        let apps = self.apps(&rights)?;
        let networks = self.list("networks").iter().map(|text| text.parse()).collect::<Result<_, _>>();
        let networks = networks.map_err(|_| self.not("networks", SEGMENTS_ALLOWED))?;
        let rate = self.rate()?;
        let expires_ms = self.expires_ms()?;
        Ok(Caller { name: self.name, token, certificate_names, apps, networks, rate, expires_ms, rights })
    }

    fn certificate_names(&self) -> Result<Vec<String>, ConfigError> {
        let listed = self.list("certificate-names");
        let is_one =
            |name: &String| KINDS.iter().any(|kind| name.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()));
        match listed.iter().all(is_one) {
            true => Ok(listed),
            false => Err(self.not("certificate-names", format!("names that begin with {}", KINDS.join(", ")))),
        }
    }

    fn token(&mut self) -> Result<Option<Token>, ConfigError> {
        let Some(text) = self.parts.remove("token") else { return Ok(None) };
        if is_encrypted(&text) {
            return Err(self.wrong("token", ENCRYPTED));
        }
        Token::of_callers(text).map(Some).ok_or_else(|| self.wrong("token", format!("expected {TOKEN_ALLOWED}")))
    }

    fn rights(&self) -> Result<Vec<Right>, ConfigError> {
        let listed = self.list("rights");
        if listed.is_empty() {
            return Ok(vec![Right::Offline]);
        }
        let rights: Option<BTreeSet<Right>> = listed.iter().map(|name| Right::parse(&name.to_lowercase())).collect();
        let allowed = || format!("some of {}", Right::ALL.map(Right::as_str).join(", "));
        rights.map(|rights| rights.into_iter().collect()).ok_or_else(|| self.not("rights", allowed()))
    }

    /// Nothing by default; somebody who only reads the audit trail needs none.
    fn apps(&self, rights: &[Right]) -> Result<OptedIn, ConfigError> {
        let listed = self.list("apps");
        if listed.is_empty() && rights.iter().any(|right| *right != Right::Audit) {
            return Err(self.wrong("apps", "must be set: * or names of applications that this caller may touch"));
        }
        apps(&listed).map_err(|allowed| self.not("apps", allowed))
    }

    fn rate(&self) -> Result<Option<Rate>, ConfigError> {
        let Some(text) = self.text("rate-per-minute") else { return Ok(None) };
        let rate = text.parse().ok().filter(|rate| (1..=RATE_MAX).contains(rate)).map(Rate::per_minute);
        rate.map(Some).ok_or_else(|| self.not("rate-per-minute", format!("a number from 1 to {RATE_MAX}")))
    }

    fn expires_ms(&self) -> Result<Option<i64>, ConfigError> {
        let Some(text) = self.text("expires") else { return Ok(None) };
        let allowed = "a date and time with its offset, such as 2030-12-31T23:59:59Z or 2030-12-31T23:59:59+01:00";
        DateTime::parse_from_rfc3339(text)
            .map(|moment| Some(moment.timestamp_millis()))
            .map_err(|_| self.not("expires", allowed))
    }

    fn text(&self, part: &str) -> Option<&str> {
        self.parts.get(part).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn list(&self, part: &str) -> Vec<String> {
        let text = self.text(part).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    fn wrong(&self, part: &str, why: impl AsRef<str>) -> ConfigError {
        wrong(&format!("{CALLERS}.{}.{part}", self.name), why)
    }

    /// With the value: not for tokens.
    fn not(&self, part: &str, allowed: impl AsRef<str>) -> ConfigError {
        let value = self.text(part).unwrap_or_default().escape_debug().to_string();
        self.wrong(part, format!("'{value}' is not possible: {}", allowed.as_ref()))
    }
}

#[cfg(test)]
mod tests;
