//! What happens in a scenario, and when.

use super::super::layer::Kind;
use super::super::reading::{Item, Wrong};
use super::super::yaml::Tree;
use super::Scenario;
use super::action::Action;
use super::fault::{CacheFault, LinkFault};
use super::fault_rule::FaultRule;
use super::how::{self, How};
use super::names::Names;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Since the scenario's begin.
    pub at_ms: i64,
    /// What expectations may refer to it by; else what it does.
    pub name: String,
    /// What it does.
    pub action: Action,
}

pub(super) const KEYS: [&str; 39] = [
    "at",
    "name",
    "start",
    "crash",
    "silence",
    "shutdown",
    "cancel",
    "register",
    "heartbeat",
    "set-status",
    "remove-status",
    "offline",
    "offline-address",
    "online",
    "stop",
    "run",
    "restart",
    "pause",
    "resume",
    "freeze",
    "thaw",
    "refresh",
    "remember",
    "put-back",
    "spoil-hash",
    "cut",
    "reset",
    "slow",
    "mend",
    "hold",
    "delay",
    "twice",
    "deliver-again",
    "spoil-answers",
    "late-heartbeat",
    "stale-replica",
    "kill",
    "fault",
    "clear-faults",
];
/// How links are called over which gateways are told.
const CALLS: &str = "sync-speed -> ";
/// Faster than this is no slow link.
const BYTES_PER_SECOND_MAX: usize = 1_000_000_000;
const STATUSES: [(&str, &str); 5] = [
    ("UP", "UP"),
    ("DOWN", "DOWN"),
    ("STARTING", "STARTING"),
    ("OUT_OF_SERVICE", "OUT_OF_SERVICE"),
    ("UNKNOWN", "UNKNOWN"),
];

impl Step {
    pub(super) fn read(item: &Item<'_>, names: &mut Names) -> Result<Self, Wrong> {
        let fields = item.fields(&KEYS)?;
        let at_ms = fields.need("at")?.span_ms()?;
        let doing = fields.iter().filter(|(name, _)| !matches!(*name, "at" | "name"));
        let (verb, object) = one_thing(item, doing)?;
        let action = Action::read(verb, object, names)?;
        let name = match fields.get("name") {
            Some(name) => {
                let text = name.text()?;
                if names.steps.iter().any(|known| known == text) {
                    return Err(name.wrong(format!("the name {text} is taken")));
                }
                names.steps.push(text.to_owned());
                text.to_owned()
            }
            None => action.in_words(),
        };
        Ok(Self { at_ms, name, action })
    }
}

impl Step {
    /// A step of a scenario, as a file would write it.
    ///
    /// # Errors
    /// What is wrong with it, and what is allowed.
    pub fn of(scenario: &Scenario, source: &str) -> Result<Self, Wrong> {
        const FILE: &str = "step";
        let tree = Tree::parse(source).map_err(|why| Wrong::in_file(FILE, why))?;
        let item = Item::whole(FILE, &tree);
        let step = Self::read(&item, &mut Names::of(scenario))?;
        super::program::possible(scenario, &step.action).map_err(|why| item.wrong(why))?;
        Ok(step)
    }

    /// A step that is to be done now, as a file would write it without `at`: JSON is YAML.
    ///
    /// # Errors
    /// What is wrong with it, and what is allowed.
    pub fn of_now(scenario: &Scenario, source: &str) -> Result<Self, Wrong> {
        const FILE: &str = "step";
        let tree = Tree::parse(source).map_err(|why| Wrong::in_file(FILE, why))?;
        let item = Item::whole(FILE, &tree);
        let (verb, object) = one_thing(&item, item.entries()?.into_iter())?;
        let action = Action::read(verb, &object, &Names::of(scenario))?;
        super::program::possible(scenario, &action).map_err(|why| item.wrong(why))?;
        Ok(Self { at_ms: 0, name: action.in_words(), action })
    }
}

fn one_thing<T>(item: &Item<'_>, mut doing: impl Iterator<Item = T>) -> Result<T, Wrong> {
    match (doing.next(), doing.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(item.wrong(format!("a step does exactly one thing (allowed: {})", KEYS[2..].join(", ")))),
    }
}

impl Action {
    fn read(verb: &str, object: &Item<'_>, names: &Names) -> Result<Self, Wrong> {
        if let Some(fault) = CacheFault::of(verb) {
            let fields = object.fields(&["node", "layer"])?;
            let (layer_item, node) = (fields.need("layer")?, fields.need("node")?);
            let (node, layer) = names.layer_of(node, layer_item)?;
            return match fault.is_possible_in(layer) {
                true => Ok(Self::Cache(node, layer, fault)),
                false => Err(layer_item.wrong(format!("{verb} is not possible there{}", layer.what_is_possible()))),
            };
        }
        if let Some(fault) = LinkFault::of(verb) {
            let link = names.link(object)?;
            if fault == LinkFault::DeliverAgain && !link.starts_with(CALLS) {
                return Err(object.wrong(format!("{verb} is for calls to gateways: '{CALLS}<gateway>'")));
            }
            return Ok(Self::Link(link, fault));
        }
        let instance = || names.instance(object);
        Ok(match verb {
            "start" => Self::Start(instance()?),
            "crash" => Self::Crash(instance()?),
            "silence" => Self::Silence(instance()?),
            "shutdown" => Self::Shutdown(instance()?),
            "cancel" => Self::Cancel(instance()?),
            "stale-replica" => Self::StaleReplica(instance()?),
            "remove-status" => Self::RemoveStatus(instance()?),
            "register" => with_status(object, names).map(|(instance, status)| Self::Register(instance, status))?,
            "heartbeat" => with_status(object, names).map(|(instance, is)| Self::Heartbeat(instance, is, true))?,
            "late-heartbeat" => {
                with_status(object, names).map(|(instance, is)| Self::Heartbeat(instance, is, false))?
            }
            "set-status" => with_status(object, names).map(|(instance, status)| Self::SetStatus(instance, status))?,
            "offline" => {
                let (instance, by, how) = order(object, names, &how::KEYS)?;
                Self::Offline(instance, by, how)
            }
            "offline-address" => {
                let (instance, by, _) = order(object, names, &how::KEYS[..3])?;
                Self::OfflineAddress(instance, by)
            }
            "online" => {
                let (instance, by, _) = order(object, names, &how::KEYS[..3])?;
                Self::Online(instance, by)
            }
            "stop" => Self::Stop(names.service(object)?),
            "run" => Self::Run(names.service(object)?),
            "restart" => Self::Restart(names.service(object)?),
            "kill" => Self::Kill(names.service(object)?),
            "pause" => Self::Pause(names.service(object)?),
            "resume" => Self::Resume(names.service(object)?),
            "fault" => Self::Fault(FaultRule::read(object, names)?),
            "clear-faults" => Self::ClearFaults(names.service(object)?),
            "slow" => {
                let fields = object.fields(&["link", "bytes-per-second"])?;
                let rate = fields.need("bytes-per-second")?.count(1..=BYTES_PER_SECOND_MAX)?;
                Self::Link(names.link(fields.need("link")?)?, LinkFault::Slow(rate))
            }
            "delay" => {
                let fields = object.fields(&["link", "by"])?;
                Self::Link(names.link(fields.need("link")?)?, LinkFault::Delay(fields.need("by")?.span_ms()?))
            }
            other => return Err(object.wrong(format!("'{other}' is not something that a step can do"))),
        })
    }
}

/// `java-service-1`, or `{instance: java-service-1, status: DOWN}`.
fn with_status(object: &Item<'_>, names: &Names) -> Result<(String, String), Wrong> {
    if !object.is_map() {
        return Ok((names.instance(object)?, "UP".to_owned()));
    }
    let fields = object.fields(&["instance", "status"])?;
    let status = fields.get("status").map_or(Ok("UP"), |status| status.one_of(&STATUSES))?;
    Ok((names.instance(fields.need("instance")?)?, status.to_owned()))
}

/// `java-service-1`, or `{instance: java-service-1, sync-speed: sync-speed-1, force: true}`.
fn order(object: &Item<'_>, names: &Names, keys: &[&str]) -> Result<(String, String, How), Wrong> {
    if !object.is_map() {
        return Ok((names.instance(object)?, names.sole(object, Kind::SyncSpeed)?, How::default()));
    }
    let fields = object.fields(keys)?;
    let by = match fields.get("sync-speed") {
        Some(by) => names.node(by, Kind::SyncSpeed)?,
        None => names.sole(object, Kind::SyncSpeed)?,
    };
    Ok((names.instance(fields.need("instance")?)?, by, How::read(&fields)?))
}
