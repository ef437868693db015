//! Which instances a request means, from the local copy of the registry. Pure.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use eurus_model::{InstanceInfo, Port};

use crate::request::Target;
use crate::store::KeptOut;

/// Applications that may be taken offline: the feature is opt-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptedIn {
    /// `*`.
    All,
    /// By upper-case name.
    Listed(BTreeSet<String>),
}

impl OptedIn {
    /// Whether an application is one of them. The name in upper case.
    pub fn includes(&self, app: &str) -> bool {
        match self {
            Self::All => true,
            Self::Listed(apps) => apps.contains(app),
        }
    }
}

impl fmt::Display for OptedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Listed(apps) if apps.is_empty() => f.write_str("none"),
            Self::Listed(apps) => f.write_str(&apps.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Why an instance behind the address is not touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// The application is not opted in.
    NotOptedIn,
    /// It is, but not for this caller.
    NotTheCallers,
    /// It is a gateway: taking gateways out of traffic is not what this service is for.
    GatewayGroup,
    /// It is this service.
    ThisService,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOptedIn => "the application is not listed in eurus.sync-speed.apps",
            Self::NotTheCallers => "the application is not one that this caller may touch",
            Self::GatewayGroup => "the application is a gateway group",
            Self::ThisService => "the application is sync-speed itself",
        })
    }
}

/// What decides who may be touched.
pub struct Policy<'a> {
    /// The opt-in list.
    pub opted_in: &'a OptedIn,
    /// Those that the caller may touch.
    pub callers: &'a OptedIn,
    /// All gateway groups, upper case.
    pub gateway_groups: &'a BTreeSet<String>,
    /// This service's own application name, upper case.
    pub own_app: &'a str,
}

impl Policy<'_> {
    /// Why an application is left out, if it is. The name in upper case.
    pub(crate) fn left_out(&self, app: &str) -> Option<LeftOut> {
        if app == self.own_app {
            Some(LeftOut::ThisService)
        } else if self.gateway_groups.contains(app) {
            Some(LeftOut::GatewayGroup)
        } else if !self.opted_in.includes(app) {
            Some(LeftOut::NotOptedIn)
        } else if !self.callers.includes(app) {
            Some(LeftOut::NotTheCallers)
        } else {
            None
        }
    }
}

/// The instances behind an address.
#[derive(Debug, Default)]
pub struct Picked {
    /// To be dealt with, by application, then id.
    pub instances: Vec<Arc<InstanceInfo>>,
    /// Left alone, and why.
    pub left_out: Vec<(Arc<InstanceInfo>, LeftOut)>,
}

/// Picks what the target means.
pub fn pick<'a>(
    instances: impl IntoIterator<Item = &'a Arc<InstanceInfo>>,
    target: &Target,
    policy: &Policy<'_>,
) -> Picked {
    let mut picked = Picked::default();
    for instance in instances.into_iter().filter(|instance| is_meant(instance, target)) {
        match policy.left_out(&instance.app.to_uppercase()) {
            None => picked.instances.push(Arc::clone(instance)),
            Some(reason) => picked.left_out.push((Arc::clone(instance), reason)),
        }
    }
    picked
}

/// Whether an instance is one that the target means: also asked of the live one, whose address may have changed.
pub fn is_meant(instance: &InstanceInfo, target: &Target) -> bool {
    is_at(instance, target)
        && target.app.as_ref().is_none_or(|app| instance.app.eq_ignore_ascii_case(app))
        && target.port.is_none_or(|port| listens_on(&instance.port, port) || listens_on(&instance.secure_port, port))
        && (target.instance_ids.is_empty() || target.instance_ids.contains(&instance.instance_id))
        && target.registered_before_ms.is_none_or(|before_ms| registered_before(instance, before_ms))
}

/// Whether an instance is one that the target means, by what the journal says of it.
pub(crate) fn is_meant_of(kept_out: &KeptOut, target: &Target) -> bool {
    let KeptOut { app, instance_id, registration, port } = kept_out;
    let is_at = || canonical(&registration.ip).is_some_and(|address| target.ips.contains(&address));
    (target.ips.is_empty() || is_at())
        && target.app.as_ref().is_none_or(|wanted| app.eq_ignore_ascii_case(wanted))
        && target.port.is_none_or(|wanted| *port == i32::from(wanted))
        && (target.instance_ids.is_empty() || target.instance_ids.contains(instance_id))
        && target.registered_before_ms.is_none_or(|before_ms| (1..before_ms).contains(&registration.service_up_ms))
}

fn is_at(instance: &InstanceInfo, target: &Target) -> bool {
    target.ips.is_empty() || address_of(instance).is_some_and(|address| target.ips.contains(&address))
}

/// The registered address, if it is one: some clients register a host name there.
pub fn address_of(instance: &InstanceInfo) -> Option<IpAddr> {
    canonical(&instance.ip_addr)
}

fn canonical(ip: &str) -> Option<IpAddr> {
    ip.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// By the registry's own times; one that never was UP has only that of its lease. Without a time nothing is known.
fn registered_before(instance: &InstanceInfo, before_ms: i64) -> bool {
    let lease = &instance.lease;
    let began_ms = if lease.service_up_ms > 0 { lease.service_up_ms } else { lease.registration_ms };
    began_ms > 0 && began_ms < before_ms
}

fn listens_on(port: &Port, wanted: u16) -> bool {
    port.enabled && port.number == i32::from(wanted)
}

#[cfg(test)]
mod tests {
    use eurus_model::Applications;

    use super::*;

    fn copy() -> Applications {
        let mut copy = Applications::default();
        for (app, id, ip, port) in [
            ("A", "a1", "10.0.0.1", 80),
            ("A", "a2", "10.0.0.1", 81),
            ("A", "a3", "10.0.0.2", 80),
            ("B", "b1", "10.0.0.1", 80),
            ("GW", "g1", "10.0.0.1", 8080),
            ("SELF", "s1", "10.0.0.1", 8090),
            ("V6", "v1", "2001:DB8::0:1", 80),
            ("MAPPED", "m1", "::ffff:10.0.0.7", 80),
            ("HOST", "h1", "some-host", 80),
        ] {
            let mut instance = InstanceInfo::new(app, id, "h", ip);
            instance.port.number = port;
            copy.insert(Arc::new(instance));
        }
        copy
    }

    fn target(ip: &str, app: Option<&str>, port: Option<u16>, id: Option<&str>) -> Target {
        Target {
            ips: ip
                .split(' ')
                .filter(|ip| !ip.is_empty())
                .map(|ip| ip.parse::<IpAddr>().unwrap().to_canonical())
                .collect(),
            app: app.map(str::to_owned),
            port,
            instance_ids: id.map(str::to_owned).into_iter().collect(),
            ..Target::default()
        }
    }

    #[test]
    fn picks() {
        type Row = (&'static str, Option<&'static str>, Option<u16>, Option<&'static str>, &'static [&'static str]);
        let rows: &[Row] = &[
            ("10.0.0.1", None, None, None, &["a1", "a2", "b1"]),
            ("10.0.0.1", Some("A"), None, None, &["a1", "a2"]),
            ("10.0.0.1", Some("a"), None, None, &["a1", "a2"]),
            ("10.0.0.1", None, Some(80), None, &["a1", "b1"]),
            ("10.0.0.1", Some("A"), Some(81), None, &["a2"]),
            ("10.0.0.1", None, None, Some("a2"), &["a2"]),
            ("10.0.0.1", None, Some(80), Some("a2"), &[]),
            ("10.0.0.1", Some("B"), None, Some("a2"), &[]),
            ("10.0.0.1", None, Some(7002), None, &[]),
            ("10.0.0.2", None, None, None, &["a3"]),
            ("10.0.0.3", None, None, None, &[]),
            ("2001:db8::1", None, None, None, &["v1"]),
            ("10.0.0.7", None, None, None, &["m1"]),
            ("::ffff:10.0.0.2", None, None, None, &["a3"]),
        ];
        let groups = BTreeSet::from(["GW".to_owned()]);
        let policy =
            Policy { opted_in: &OptedIn::All, callers: &OptedIn::All, gateway_groups: &groups, own_app: "SELF" };
        for (ip, app, port, id, expected) in rows {
            let picked = pick(copy().instances(), &target(ip, *app, *port, *id), &policy);
            let ids: Vec<&str> = picked.instances.iter().map(|instance| instance.instance_id.as_str()).collect();
            assert_eq!(ids, *expected, "{ip} {app:?} {port:?} {id:?}");
        }
    }

    #[test]
    fn what_is_left_out_and_why() {
        let groups = BTreeSet::from(["GW".to_owned()]);
        let listed = OptedIn::Listed(BTreeSet::from(["A".to_owned(), "GW".to_owned(), "SELF".to_owned()]));
        let policy = Policy { opted_in: &listed, callers: &OptedIn::All, gateway_groups: &groups, own_app: "SELF" };
        let picked = pick(copy().instances(), &target("10.0.0.1", None, None, None), &policy);
        let left_out: Vec<(&str, LeftOut)> =
            picked.left_out.iter().map(|(instance, reason)| (instance.instance_id.as_str(), *reason)).collect();
        assert_eq!(
            left_out,
            [("b1", LeftOut::NotOptedIn), ("g1", LeftOut::GatewayGroup), ("s1", LeftOut::ThisService)]
        );
        assert_eq!(picked.instances.len(), 2);
    }

    #[test]
    fn a_port_that_is_off_is_not_meant() {
        let mut instance = InstanceInfo::new("A", "a", "h", "10.0.0.1");
        for (plain, secure, wanted, meant) in
            [(true, false, 7001, true), (false, true, 7001, false), (false, true, 7002, true)]
        {
            instance.port.enabled = plain;
            instance.secure_port.enabled = secure;
            assert_eq!(is_meant(&instance, &target("10.0.0.1", None, Some(wanted), None)), meant);
        }
    }

    #[test]
    fn whoever_came_later_is_not_meant() {
        let mut instance = InstanceInfo::new("A", "a", "h", "10.0.0.1");
        for (service_up_ms, registration_ms, before_ms, meant) in [
            (4_999, 1, 5_000, true),
            (5_000, 1, 5_000, false),
            (4_000, 9_000, 5_000, true),
            (0, 4_999, 5_000, true),
            (0, 5_000, 5_000, false),
            (0, 0, 5_000, false),
        ] {
            (instance.lease.service_up_ms, instance.lease.registration_ms) = (service_up_ms, registration_ms);
            let target = Target { registered_before_ms: Some(before_ms), ..target("10.0.0.1", None, None, None) };
            assert_eq!(is_meant(&instance, &target), meant, "{service_up_ms} {registration_ms}");
        }
    }
}
