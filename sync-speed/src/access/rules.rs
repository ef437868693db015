//! All that was configured about who may do what. Immutable: a change makes a new one.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use eurus_service::secret::Secret;
use ipnetwork::IpNetwork;

use super::buckets::Rate;
use super::{Caller, Segments, Token, Who};
use crate::selection::OptedIn;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRules {
    /// Where callers may be.
    pub segments: Segments,
    /// Proxies that are believed when they say whom they speak for.
    pub trusted_proxies: Vec<IpNetwork>,
    /// The token of whoever may do all.
    pub token: Option<Token>,
    /// Callers by name.
    pub callers: Vec<Arc<Caller>>,
    /// Applications that may be taken offline.
    pub apps: OptedIn,
    /// How many instances of an application stay.
    pub keep: Keep,
    /// Changes that whoever has no rate of his own may ask for: by token, or by address where nobody has one.
    pub rate: Rate,
    /// Gateway groups that callers limited to some applications may name besides the default one, upper case.
    pub gateway_groups: BTreeSet<String>,
}

/// Changes in a minute, of whoever has no rate of his own.
pub const RATE_PER_MINUTE: u32 = 600;

/// How many instances of an application stay, whoever asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Share of those that serve, before this service took any: 0 to 100.
    pub percent: u32,
    /// Whether `force` does not stop there.
    pub force_overrides: bool,
}

impl AccessRules {
    /// Loopback callers, without a token; no application opted in.
    pub fn stock() -> Self {
        Self {
            segments: Segments::loopback(),
            trusted_proxies: Vec::new(),
            token: None,
            callers: Vec::new(),
            apps: OptedIn::Listed(BTreeSet::new()),
            keep: Keep::default(),
            rate: Rate::per_minute(RATE_PER_MINUTE),
            gateway_groups: BTreeSet::new(),
        }
    }

    /// Whether an address alone is not enough.
    pub fn asks_for_credentials(&self) -> bool {
        self.token.is_some() || !self.callers.is_empty()
    }

    /// Whose token it is. Each is compared: the time tells neither which one was near nor where it stands.
    pub fn bringer_of(&self, given: &Secret) -> Option<Who> {
        let mut found = None;
        if self.token.as_ref().is_some_and(|token| token.is(given)) {
            found = Some(Who::TokenHolder);
        }
        for caller in &self.callers {
            if caller.token.as_ref().is_some_and(|token| token.is(given)) {
                found = Some(Who::Named(Arc::clone(caller)));
            }
        }
        found
    }

    /// Whose certificate has one of these names.
    pub fn holder_of(&self, certificate_names: &[String]) -> Option<Who> {
        let is_theirs = |caller: &&Arc<Caller>| caller.certificate_names.iter().any(|n| certificate_names.contains(n));
        self.callers.iter().find(is_theirs).map(|caller| Who::Named(Arc::clone(caller)))
    }

    /// A text from outside without any of our tokens, wherever somebody has put one.
    pub fn redacted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let tokens = self.token.iter().chain(self.callers.iter().filter_map(|caller| caller.token.as_ref()));
        tokens.fold(Cow::Borrowed(text), |text, token| match text.contains(token.expose()) {
            true => Cow::Owned(text.replace(token.expose(), "…")),
            false => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_nowhere_to_be_read() {
        let rules = AccessRules { token: Token::new("s3cret".to_owned()), ..AccessRules::stock() };
        assert_eq!(rules.redacted("/offline/s3cret?x=s3cret"), "/offline/…?x=…");
        assert!(matches!(rules.redacted("/offline/x"), Cow::Borrowed("/offline/x")));
        assert!(!format!("{rules:?}").contains("s3cret"));
    }
}
