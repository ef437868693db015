//! Which names may become a gateway group. Its members are sent the gateways' token, and are never taken offline: naming
//! somebody else's application would do both to it.

use std::collections::BTreeSet;
use std::fmt;

use eurus_model::Applications;

use crate::access::Who;
use crate::config::OWN_APP;
use crate::nodes;
use crate::selection::OptedIn;

/// Why a name is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The caller is limited to some applications, and nobody else has said that this is a gateway group.
    NotAllowed { allowed: Vec<String> },
    /// It is what gateways call, or this service: why.
    IsAService(&'static str),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed { allowed } if allowed.is_empty() => f.write_str(
                "it is not a group that a caller with applications of its own may name: none is configured \
                 (eurus.sync-speed.gateway-groups-allowed, .default-gateway-group)",
            ),
            Self::NotAllowed { allowed } => write!(
                f,
                "it is not a group that a caller with applications of its own may name: those are {} \
                 (eurus.sync-speed.gateway-groups-allowed, .default-gateway-group)",
                allowed.join(", ")
            ),
            Self::IsAService(why) => write!(f, "it is no gateway group: {why}"),
        }
    }
}

/// What is known about names.
pub(super) struct Known<'a> {
    /// What operators say, upper case.
    pub(super) default_group: Option<&'a str>,
    pub(super) allowed: &'a BTreeSet<String>,
    pub(super) opted_in: &'a OptedIn,
    /// Applications that have groups themselves.
    pub(super) is_served: &'a dyn Fn(&str) -> bool,
    pub(super) copy: &'a Applications,
}

/// Whether a caller may make this name (upper case) a gateway group of an application.
pub(super) fn check(who: &Who, app: &str, group: &str, known: &Known<'_>) -> Result<(), Refused> {
    if known.default_group == Some(group) || known.allowed.contains(group) {
        return Ok(());
    }
    if who.is_limited() {
        let allowed: BTreeSet<&str> = known.allowed.iter().map(String::as_str).chain(known.default_group).collect();
        return Err(Refused::NotAllowed { allowed: allowed.into_iter().map(str::to_owned).collect() });
    }
    let why = if group == OWN_APP {
        "it is sync-speed"
    } else if group == app {
        "no application is its own gateway"
    } else if matches!(known.opted_in, OptedIn::Listed(apps) if apps.contains(group)) {
        "it is among the applications that may be taken offline (eurus.sync-speed.apps)"
    } else if (known.is_served)(group) {
        "it has gateway groups itself (DELETE /gateway-groups/{app} takes them away)"
    } else if nodes::is_registered_without_admin(known.copy, group) {
        "the registry shows instances of it, and none says where its admin API is (metadata eurus.admin or management.port)"
    } else {
        return Ok(());
    };
    Err(Refused::IsAService(why))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use eurus_model::InstanceInfo;

    use super::*;
    use crate::access::{Caller, Right};

    fn names(list: &[&str]) -> BTreeSet<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    fn limited_to(apps: OptedIn) -> Who {
        Who::Named(Arc::new(Caller {
            name: "ci".to_owned(),
            token: None,
            certificate_names: Vec::new(),
            apps,
            networks: Vec::new(),
            rate: None,
            expires_ms: None,
            rights: vec![Right::GatewayGroups],
        }))
    }

    #[test]
    fn who_may_name_what() {
        let mut copy = Applications::default();
        for (app, metadata) in [("PLAIN", None), ("GW", Some("eurus.admin")), ("SPRING-GW", Some("management.port"))] {
            let mut instance = InstanceInfo::new(app, "i", "h", "10.0.0.1");
            instance.metadata = metadata.map(|key| (key.to_owned(), "x".to_owned())).into_iter().collect();
            copy.insert(Arc::new(instance));
        }
        let (ci, operations) = (limited_to(OptedIn::Listed(names(&["A"]))), limited_to(OptedIn::All));
        let (all, listed, allowed) = (OptedIn::All, OptedIn::Listed(names(&["A", "B", "DEFAULT"])), names(&["EDGE"]));
        let check = |who: &Who, opted_in: &OptedIn, group: &str| {
            let known = Known {
                default_group: Some("DEFAULT"),
                allowed: &allowed,
                opted_in,
                is_served: &|app| app == "SERVED",
                copy: &copy,
            };
            check(who, "A", group, &known)
        };
        for group in ["DEFAULT", "EDGE"] {
            assert_eq!(check(&ci, &listed, group), Ok(()), "{group}");
            assert_eq!(check(&Who::TokenHolder, &listed, group), Ok(()), "{group}");
        }
        let not_allowed = Refused::NotAllowed { allowed: vec!["DEFAULT".to_owned(), "EDGE".to_owned()] };
        for group in ["VICTIM", "B", "GW", "PLAIN", "NOWHERE", "SERVED", OWN_APP] {
            assert_eq!(check(&ci, &all, group), Err(not_allowed.clone()), "{group}");
        }
        for who in [&operations, &Who::TokenHolder, &Who::Anybody] {
            for (opted_in, group, part) in [
                (&listed, "B", Some("eurus.sync-speed.apps")),
                (&all, "B", None),
                (&all, "A", Some("its own gateway")),
                (&all, OWN_APP, Some("sync-speed")),
                (&all, "SERVED", Some("groups itself")),
                (&all, "PLAIN", Some("management.port")),
                (&all, "GW", None),
                (&all, "SPRING-GW", None),
                (&listed, "NOWHERE", None),
            ] {
                match (check(who, opted_in, group), part) {
                    (Ok(()), None) => {}
                    (Err(refused @ Refused::IsAService(_)), Some(part)) if refused.to_string().contains(part) => {}
                    (checked, _) => panic!("{who} {group}: {checked:?}, not {part:?}"),
                }
            }
        }
    }
}
