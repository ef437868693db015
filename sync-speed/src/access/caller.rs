//! Callers: who somebody is, and what that allows.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnetwork::IpNetwork;

use super::Token;
use super::buckets::Rate;
use crate::selection::OptedIn;

/// Whoever is not limited by name.
static EVERY_APP: OptedIn = OptedIn::All;

/// What a caller may do besides looking entries up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Take instances offline and bring them back.
    Offline,
    /// Say which gateways serve an application.
    GatewayGroups,
    /// Read the audit trail.
    Audit,
}

impl Right {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Offline, Self::GatewayGroups, Self::Audit];

    /// The name in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::GatewayGroups => "gateway-groups",
            Self::Audit => "audit",
        }
    }

    /// The opposite of [`Right::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == name)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One caller by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// As it is called in the configuration, the log and the audit trail.
    pub name: String,
    /// What it brings.
    pub token: Option<Token>,
    /// Subject or alternative names of a certificate, any of which is this caller's.
    pub certificate_names: Vec<String>,
    /// Applications that it may touch, of those that are opted in.
    pub apps: OptedIn,
    /// Where it calls from; empty: from wherever calling is allowed.
    pub networks: Vec<IpNetwork>,
    /// Requests that change something; `None`: as many as whoever has no rate of his own.
    pub rate: Option<Rate>,
    /// From when on it is nobody.
    pub expires_ms: Option<i64>,
    /// What it may do.
    pub rights: Vec<Right>,
}

impl Caller {
    /// Whether it has come to its end.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_ms.is_some_and(|expires_ms| now_ms >= expires_ms)
    }

    /// Whether it may call from there.
    pub fn may_call_from(&self, address: IpAddr) -> bool {
        self.networks.is_empty() || super::is_inside(&self.networks, address)
    }
}

/// On whose behalf something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The address was enough: nobody has a token.
    Anybody,
    /// Whoever has `eurus.sync-speed.token`.
    TokenHolder,
    /// A caller by name.
    Named(Arc<Caller>),
    /// This service, of its own accord.
    Service,
}

impl Who {
    /// Whether it may do this.
    pub fn has(&self, right: Right) -> bool {
        match self {
            Self::Anybody | Self::TokenHolder | Self::Service => true,
            Self::Named(caller) => caller.rights.contains(&right),
        }
    }

    /// Applications that it may touch, of those that are opted in.
    pub fn apps(&self) -> &OptedIn {
        match self {
            Self::Named(caller) => &caller.apps,
            Self::Anybody | Self::TokenHolder | Self::Service => &EVERY_APP,
        }
    }

    /// With where it calls from, as entries name it; no configured name has a bracket in it.
    pub fn at(&self, address: IpAddr) -> String {
        match self {
            Self::Anybody => address.to_string(),
            _ => format!("{self} ({address})"),
        }
    }

    /// Whether it may touch some applications only.
    pub fn is_limited(&self) -> bool {
        *self.apps() != OptedIn::All
    }

    /// Whether it may see what was done to an application.
    pub fn may_see(&self, app: &str) -> bool {
        self.has(Right::Audit) || self.apps().includes(&app.to_uppercase())
    }
}

/// As the log and the audit trail name it. No configured name begins with a bracket.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anybody => f.write_str("(address)"),
            Self::TokenHolder => f.write_str("(token)"),
            Self::Named(caller) => f.write_str(&caller.name),
            Self::Service => f.write_str("(sync-speed)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(rights: &[Right], apps: &[&str]) -> Who {
        Who::Named(Arc::new(Caller {
            name: "ci".to_owned(),
            token: None,
            certificate_names: Vec::new(),
            apps: OptedIn::Listed(apps.iter().map(|app| (*app).to_owned()).collect()),
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            rate: None,
            expires_ms: Some(1_000),
            rights: rights.to_vec(),
        }))
    }

    #[test]
    fn what_each_may() {
        for (who, rights, sees_b) in [
            (Who::Anybody, &Right::ALL[..], true),
            (Who::TokenHolder, &Right::ALL, true),
            (Who::Service, &Right::ALL, true),
            (caller(&[Right::Offline], &["A"]), &[Right::Offline], false),
            (caller(&[Right::Audit], &[]), &[Right::Audit], true),
            (caller(&[Right::GatewayGroups], &["B"]), &[Right::GatewayGroups], true),
        ] {
            let has: Vec<Right> = Right::ALL.into_iter().filter(|right| who.has(*right)).collect();
            assert_eq!(has, rights, "{who}");
            assert_eq!(who.may_see("b"), sees_b, "{who}");
        }
    }

    #[test]
    fn where_from_and_until_when() {
        let Who::Named(caller) = caller(&[], &[]) else { unreachable!() };
        for (address, may) in [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("11.1.2.3", false), ("::1", false)] {
            assert_eq!(caller.may_call_from(address.parse().unwrap()), may, "{address}");
        }
        assert!(!caller.is_expired(999) && caller.is_expired(1_000) && caller.is_expired(1_001));
    }

    #[test]
    fn name_and_address() {
        let address = IpAddr::from([10, 0, 0, 5]);
        for (who, expected) in
            [(caller(&[], &[]), "ci (10.0.0.5)"), (Who::TokenHolder, "(token) (10.0.0.5)"), (Who::Anybody, "10.0.0.5")]
        {
            assert_eq!(who.at(address), expected);
        }
    }

    #[test]
    fn names() {
        for right in Right::ALL {
            assert_eq!(Right::parse(right.as_str()), Some(right));
        }
        assert_eq!(Right::parse("Audit"), None);
    }
}
