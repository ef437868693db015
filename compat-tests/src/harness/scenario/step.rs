//! What happens in a scenario, and when.

use super::super::layer::{Kind, Layer};
use super::super::reading::{Item, Wrong};
use super::super::yaml::Tree;
use super::Scenario;
use super::fault::{CacheFault, LinkFault};
use super::fault_rule::FaultRule;
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

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The instance starts and registers.
    Start(String),
    /// Its process is gone without a word: no heartbeats, connections refused.
    Crash(String),
    /// Its heartbeats stop; it goes on answering requests.
    Silence(String),
    /// It deregisters, then its process ends.
    Shutdown(String),
    /// It deregisters and goes on answering requests.
    Cancel(String),
    /// It registers again, with a status of its own.
    Register(String, String),
    /// One heartbeat, with its own status; `true`: what a 404 means is done, it registers again.
    Heartbeat(String, String, bool),
    /// Another registry hands on what the instance said when it last registered.
    StaleReplica(String),
    /// Somebody sets its status at its registry alone.
    SetStatus(String, String),
    /// Somebody removes its override at its registry alone.
    RemoveStatus(String),
    /// `POST /offline` to a sync-speed.
    Offline(String, String, bool),
    /// `POST /offline` with nothing but the address of an instance.
    OfflineAddress(String, String),
    /// `POST /online` to a sync-speed.
    Online(String, String),
    /// A node stops.
    Stop(String),
    /// A node starts again, at its address.
    Run(String),
    /// Stop and start at once; a registry is empty then.
    Restart(String),
    /// A node's process stands still.
    Pause(String),
    /// It goes on.
    Resume(String),
    /// Something happens to a cache layer.
    Cache(String, Layer, CacheFault),
    /// Something happens to a link.
    Link(String, LinkFault),
    /// A node is gone without a goodbye.
    Kill(String),
    /// From now on something happens at a point inside a node.
    Fault(FaultRule),
    /// Nothing happens at the points of a node any more.
    ClearFaults(String),
}

pub(super) const KEYS: [&str; 37] = [
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
    "spoil-answers",
    "late-heartbeat",
    "stale-replica",
    "kill",
    "fault",
    "clear-faults",
];
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
            return names.link(object).map(|link| Self::Link(link, fault));
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
                let (instance, by, force) = order(object, names)?;
                Self::Offline(instance, by, force)
            }
            "offline-address" => {
                let (instance, by, _) = order(object, names)?;
                Self::OfflineAddress(instance, by)
            }
            "online" => {
                let (instance, by, _) = order(object, names)?;
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

    /// For reports.
    pub fn in_words(&self) -> String {
        match self {
            Self::Start(instance) => format!("start {instance}"),
            Self::Crash(instance) => format!("crash {instance}"),
            Self::Silence(instance) => format!("silence {instance}"),
            Self::Shutdown(instance) => format!("shutdown {instance}"),
            Self::Cancel(instance) => format!("cancel {instance}"),
            Self::Register(instance, status) => format!("register {instance} {status}"),
            Self::Heartbeat(instance, status, _) => format!("heartbeat {instance} {status}"),
            Self::StaleReplica(instance) => format!("stale replica of {instance}"),
            Self::SetStatus(instance, status) => format!("set {instance} {status}"),
            Self::RemoveStatus(instance) => format!("remove override of {instance}"),
            Self::Offline(instance, ..) => format!("offline {instance}"),
            Self::OfflineAddress(instance, _) => format!("offline the address of {instance}"),
            Self::Online(instance, _) => format!("online {instance}"),
            Self::Stop(node) => format!("stop {node}"),
            Self::Run(node) => format!("run {node}"),
            Self::Restart(node) => format!("restart {node}"),
            Self::Kill(node) => format!("kill {node}"),
            Self::Pause(node) => format!("pause {node}"),
            Self::Resume(node) => format!("resume {node}"),
            Self::Fault(rule) => rule.in_words(),
            Self::ClearFaults(node) => format!("clear faults of {node}"),
            Self::Cache(node, layer, fault) => format!("{} {layer} of {node}", fault.word()),
            Self::Link(link, LinkFault::Delay(ms)) => format!("delay {link} by {ms} ms"),
            Self::Link(link, LinkFault::Slow(rate)) => format!("slow {link} to {rate} bytes a second"),
            Self::Link(link, fault) => format!("{} {link}", fault.word()),
        }
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
fn order(object: &Item<'_>, names: &Names) -> Result<(String, String, bool), Wrong> {
    if !object.is_map() {
        return Ok((names.instance(object)?, names.sole(object, Kind::SyncSpeed)?, false));
    }
    let fields = object.fields(&["instance", "sync-speed", "force"])?;
    let by = match fields.get("sync-speed") {
        Some(by) => names.node(by, Kind::SyncSpeed)?,
        None => names.sole(object, Kind::SyncSpeed)?,
    };
    Ok((names.instance(fields.need("instance")?)?, by, fields.get("force").map_or(Ok(false), Item::bool)?))
}
