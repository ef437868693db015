//! What runs in a scenario, with its settings.

use std::net::Ipv4Addr;

use super::super::layer::Kind;
use super::super::reading::{Fields, Item, Wrong};
use super::names::Names;
use super::program::Program;

/// Instances of one application.
const COUNT_MAX: usize = 200;
/// The loopback address's last part of the first instance that names none.
pub(super) const FIRST_HOST: usize = 2;
/// Requests a second of one load.
const PER_SECOND_MAX: usize = 1_000;

/// A registry, a gateway or a sync-speed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePart {
    /// Its name in the scenario.
    pub name: String,
    /// When it starts, since the scenario's begin.
    pub start_ms: i64,
    /// Which program it is.
    pub program: Program,
    /// How far its clock is ahead.
    pub ahead_ms: i64,
    /// Which registries it knows, in this order; a registry knows none.
    pub registries: Vec<String>,
    /// The product's own properties.
    pub settings: Vec<(String, String)>,
}

/// A caller as Spring Cloud has them, simulated: it calls instances directly, from a list that it copies from a
/// gateway's routable list every so often, as Ribbon copies it from its Eureka client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerPart {
    /// Its name in the scenario.
    pub name: String,
    /// When it starts.
    pub start_ms: i64,
    /// Whose list it copies.
    pub gateway: String,
    /// How often.
    pub refresh_ms: i64,
}

/// One instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerPart {
    /// Its name in the scenario.
    pub name: String,
    /// Its application.
    pub app: String,
    /// Its address.
    pub ip: Ipv4Addr,
    /// When it starts and registers; `None`: by a step.
    pub start_ms: Option<i64>,
    /// How often it renews; `None`: never.
    pub heartbeat_ms: Option<i64>,
    /// The lease that it asks for.
    pub lease_ms: i64,
    /// How far its clock is ahead: the timestamps that it sends.
    pub ahead_ms: i64,
    /// Where it registers, in this order.
    pub registries: Vec<String>,
}

/// Where requests of a load go through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Through {
    /// A gateway.
    Gateway(String),
    /// A simulated caller: straight to an instance of its list.
    Caller(String),
}

/// Requests at a steady rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadPart {
    /// To which application.
    pub app: String,
    /// Through what.
    pub through: Through,
    /// How many in a virtual second.
    pub per_second: usize,
    /// From when.
    pub from_ms: i64,
    /// Until when; `None`: the end.
    pub until_ms: Option<i64>,
}

impl NodePart {
    pub(super) fn registry(name: &str, item: &Item<'_>, names: &mut Names) -> Result<Self, Wrong> {
        names.add_node(name, item, Kind::Registry)?;
        Self::read(name, &item.fields(&["start", "program", "clock-ahead", "clock-behind", "settings"])?, Vec::new())
    }

    pub(super) fn gateway(name: &str, item: &Item<'_>, names: &mut Names) -> Result<Self, Wrong> {
        Self::client(name, item, Kind::Gateway, names)
    }

    pub(super) fn sync_speed(name: &str, item: &Item<'_>, names: &mut Names) -> Result<Self, Wrong> {
        Self::client(name, item, Kind::SyncSpeed, names)
    }

    /// What follows registries.
    fn client(name: &str, item: &Item<'_>, kind: Kind, names: &mut Names) -> Result<Self, Wrong> {
        let fields = item.fields(&["start", "program", "clock-ahead", "clock-behind", "registries", "settings"])?;
        let registries = registries(&fields, names)?;
        names.add_node(name, item, kind)?;
        Self::read(name, &fields, registries)
    }

    fn read(name: &str, fields: &Fields<'_>, registries: Vec<String>) -> Result<Self, Wrong> {
        Ok(Self {
            name: name.to_owned(),
            start_ms: fields.span_ms("start", 0)?,
            program: fields.get("program").map_or(Ok(Program::Inside), |program| program.one_of(&Program::WORDS))?,
            ahead_ms: ahead_ms(fields)?,
            registries,
            settings: settings(fields.get("settings"))?,
        })
    }
}

impl CallerPart {
    pub(super) fn read(name: &str, item: &Item<'_>, names: &mut Names) -> Result<Self, Wrong> {
        let fields = item.fields(&["start", "gateway", "refresh"])?;
        let gateway = match fields.get("gateway") {
            Some(gateway) => names.node(gateway, Kind::Gateway)?,
            None => names.sole(item, Kind::Gateway)?,
        };
        names.add_node(name, item, Kind::Caller)?;
        let refresh_ms = fields.span_ms("refresh", 30_000)?;
        if refresh_ms == 0 {
            return Err(item.wrong("refresh: 0s would be all the time"));
        }
        Ok(Self { name: name.to_owned(), start_ms: fields.span_ms("start", 0)?, gateway, refresh_ms })
    }
}

impl ProducerPart {
    /// All instances of an application: `java-service` with `count: 2` is `java-service-1` and `java-service-2`.
    pub(super) fn read(app: &str, item: &Item<'_>, names: &mut Names) -> Result<Vec<Self>, Wrong> {
        let allowed =
            ["count", "ip", "start", "heartbeat", "lease", "clock-ahead", "clock-behind", "registries", "name"];
        let fields = item.fields(&allowed)?;
        let count = fields.get("count").map_or(Ok(1), |count| count.count(1..=COUNT_MAX))?;
        let first = first_ip(&fields, names, count)?;
        let start_ms = match fields.get("start") {
            Some(start) if start.text().is_ok_and(|text| text == "by-step") => None,
            _ => Some(fields.span_ms("start", 0)?),
        };
        let heartbeat_ms = match fields.get("heartbeat") {
            Some(beat) if beat.text().is_ok_and(|text| text == "never") => None,
            _ => Some(fields.span_ms("heartbeat", 30_000)?).filter(|ms| *ms > 0),
        };
        let lease_ms = fields.span_ms("lease", 90_000)?;
        let registries = registries(&fields, names)?;
        let ahead_ms = ahead_ms(&fields)?;
        let app_name = fields.get("name").map_or(Ok(app), Item::text)?;
        let mut parts = Vec::new();
        for number in 0..count {
            let name = format!("{app}-{}", number + 1);
            names.is_new(&name, item)?;
            names.instances.push(name.clone());
            let ip = Ipv4Addr::from(u32::from(first) + u32::try_from(number).unwrap_or(0));
            let (app, registries) = (app_name.to_owned(), registries.clone());
            parts.push(Self { name, app, ip, start_ms, heartbeat_ms, lease_ms, ahead_ms, registries });
        }
        if !names.apps.iter().any(|known| known == app_name) {
            names.apps.push(app_name.to_owned());
        }
        Ok(parts)
    }
}

/// Where its first instance is: on the address that is said, else on the next that nobody has.
fn first_ip(fields: &Fields<'_>, names: &Names, count: usize) -> Result<Ipv4Addr, Wrong> {
    let Some(item) = fields.get("ip") else {
        let host = names.instances.len() + FIRST_HOST;
        let [.., third, fourth] = u32::try_from(host).unwrap_or(u32::MAX).to_be_bytes();
        return Ok(Ipv4Addr::new(127, 0, third, fourth));
    };
    let parsed: Option<Ipv4Addr> = item.text()?.parse().ok();
    let room = parsed.is_some_and(|ip| ip.is_loopback() && usize::from(ip.octets()[3]) + count <= 255);
    parsed.filter(|_| room).ok_or_else(|| item.wrong("not a loopback address (127.0.0.2 to 127.255.255.254)"))
}

impl LoadPart {
    pub(super) fn read(item: &Item<'_>, names: &Names) -> Result<Self, Wrong> {
        let fields = item.fields(&["app", "through", "per-second", "from", "until"])?;
        let through = match fields.get("through") {
            None => Through::Gateway(names.sole(item, Kind::Gateway)?),
            Some(through) => {
                let name = names.way(through)?;
                let is_caller = names.nodes.contains(&(name.clone(), Kind::Caller));
                if is_caller { Through::Caller(name) } else { Through::Gateway(name) }
            }
        };
        Ok(Self {
            app: names.app(fields.need("app")?)?,
            through,
            per_second: fields.get("per-second").map_or(Ok(1), |rate| rate.count(1..=PER_SECOND_MAX))?,
            from_ms: fields.span_ms("from", 0)?,
            until_ms: fields.get("until").map(Item::span_ms).transpose()?,
        })
    }
}

/// The registries that are named; where none is, the only one.
fn registries(fields: &Fields<'_>, names: &Names) -> Result<Vec<String>, Wrong> {
    match fields.get("registries") {
        Some(item) => item.list()?.iter().map(|item| names.node(item, Kind::Registry)).collect(),
        None => {
            let all = names.nodes.iter().filter(|(_, kind)| *kind == Kind::Registry).map(|(name, _)| name.clone());
            let all: Vec<String> = all.collect();
            if all.len() == 1 { Ok(all) } else { Err(fields.wrong("registries: say which, in their order")) }
        }
    }
}

fn ahead_ms(fields: &Fields<'_>) -> Result<i64, Wrong> {
    match (fields.get("clock-ahead"), fields.get("clock-behind")) {
        (Some(_), Some(behind)) => Err(behind.wrong("a clock is ahead or behind, not both")),
        (Some(ahead), None) => ahead.span_ms(),
        (None, Some(behind)) => behind.span_ms().map(|ms| -ms),
        (None, None) => Ok(0),
    }
}

/// `eureka: {server: {x: 1}}` and `eureka.server.x: 1` are the same.
fn settings(item: Option<&Item<'_>>) -> Result<Vec<(String, String)>, Wrong> {
    let mut found = Vec::new();
    if let Some(item) = item {
        flatten(item, "", &mut found)?;
    }
    Ok(found)
}

fn flatten(item: &Item<'_>, prefix: &str, found: &mut Vec<(String, String)>) -> Result<(), Wrong> {
    for (name, value) in item.entries()? {
        let key = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        if value.is_map() {
            flatten(&value, &key, found)?;
        } else {
            found.push((key, value.setting()?));
        }
    }
    Ok(())
}
