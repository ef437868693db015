//! Nodes that are processes of their own, and real time: what goes together.

use super::super::layer::Layer;
use super::super::reading::{Fields, Wrong};
use super::{Action, CacheFault, Expectation, FaultRule, NodePart, Scenario, Through};

/// How a scenario's time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// By hand: minutes in milliseconds.
    Virtual,
    /// As for everybody: the only one for other programs.
    Real,
}

impl Time {
    pub(super) const WORDS: [(&str, Self); 2] = [("virtual", Self::Virtual), ("real", Self::Real)];
}

/// Which program a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The product's own `run`, in the harness' process.
    Inside,
    /// The same as a process of its own.
    Eurus,
    /// A stock Spring Cloud Eureka server; of a gateway: a Spring Cloud application with Eureka client and Ribbon.
    Java,
}

impl Program {
    pub(super) const WORDS: [(&str, Self); 2] = [("eurus", Self::Eurus), ("java", Self::Java)];
}

/// What cannot be done or seen where it is asked for.
pub(super) fn fits(scenario: &Scenario, fields: &Fields<'_>) -> Result<(), Wrong> {
    let node = |part: &NodePart| fields.entry_in(&["registries", "gateways", "sync-speeds"], &part.name);
    for part in scenario.services() {
        if part.program != Program::Inside && scenario.time == Time::Virtual {
            let words = "a 'program' of its own keeps its own time: write 'time: real'";
            return Err(node(part)?.wrong(words));
        }
    }
    if let Some(part) = scenario.sync_speeds.iter().find(|part| part.program == Program::Java) {
        return Err(node(part)?.wrong("there is no sync-speed in Java (allowed: eurus)"));
    }
    for (place, step) in scenario.steps.iter().enumerate() {
        if let Err(why) = possible(scenario, &step.action) {
            return Err(fields.listed("steps", place)?.wrong(why));
        }
    }
    for (place, load) in scenario.loads.iter().enumerate() {
        if let Through::Gateway(name) = &load.through
            && scenario.program_of(name) == Program::Java
        {
            let words = format!("{name} is a Java client and forwards nothing: go through a caller of it");
            return Err(fields.listed("load", place)?.wrong(words));
        }
    }
    let seen = scenario.expectations.iter().enumerate().filter_map(|(place, one)| match one {
        Expectation::Sees(sees) | Expectation::Never(sees) | Expectation::Always(sees) => Some((place, sees)),
        _ => None,
    });
    for (place, sees) in seen {
        let is_hidden = match (sees.layer, scenario.program_of(&sees.node)) {
            (Layer::ReadWrite, Program::Eurus) | (Layer::Routable, Program::Java) => true,
            (_, _) => false,
        };
        if is_hidden {
            let words =
                format!("{}, {}: that layer of such a program cannot be seen from outside", sees.node, sees.layer);
            return Err(fields.listed("expect", place)?.wrong(words));
        }
    }
    Ok(())
}

/// Whether a step can be carried out with the nodes as they are; else why not.
pub(super) fn possible(scenario: &Scenario, action: &Action) -> Result<(), String> {
    let is_inside = |node: &str| scenario.program_of(node) == Program::Inside;
    match action {
        Action::Pause(node) | Action::Resume(node) if is_inside(node) => {
            Err(format!("{}: {node} is no process of its own: give it 'program: eurus'", action.in_words()))
        }
        Action::Fault(FaultRule { node, .. }) | Action::ClearFaults(node) if !is_inside(node) => {
            Err(format!("{}: {node} is a process of its own: nobody reaches into it", action.in_words()))
        }
        Action::Cache(node, Layer::ReadWrite | Layer::ReadOnly, _) if !is_inside(node) => {
            Err(format!("{}: {node} is a process of its own: nobody reaches into it", action.in_words()))
        }
        Action::Cache(node, Layer::ClientCopy, CacheFault::Refresh) if !is_inside(node) => {
            Err(format!("{}: {node} is a process of its own: nobody reaches into it", action.in_words()))
        }
        Action::Cache(node, Layer::ServerList, CacheFault::Freeze | CacheFault::Thaw | CacheFault::Refresh)
            if scenario.is_ribbon(node) =>
        {
            Err(format!("{}: {node} is a Ribbon balancer in Java: nobody reaches into it", action.in_words()))
        }
        _ => Ok(()),
    }
}

impl Scenario {
    /// All registries, gateways and sync-speeds.
    pub(in crate::harness) fn services(&self) -> impl Iterator<Item = &NodePart> {
        self.registries.iter().chain(&self.gateways).chain(&self.sync_speeds)
    }

    /// Which program a node is.
    pub(in crate::harness) fn program_of(&self, node: &str) -> Program {
        self.services().find(|part| part.name == node).map_or(Program::Inside, |part| part.program)
    }

    /// Whether a caller is a real Ribbon balancer in a Java gateway's process.
    pub(in crate::harness) fn is_ribbon(&self, caller: &str) -> bool {
        let caller = self.callers.iter().find(|part| part.name == caller);
        caller.is_some_and(|part| self.program_of(&part.gateway) == Program::Java)
    }

    /// How often the registries' read-only caches tick: real time begins with a tick.
    pub(in crate::harness) fn tick_ms(&self) -> i64 {
        let intervals =
            self.registries.iter().map(|part| part.interval_ms("response-cache-update-interval-ms", 30_000));
        intervals.max().unwrap_or(30_000).max(1)
    }
}

impl NodePart {
    /// An interval among its settings, whichever way it is spelt.
    pub(in crate::harness) fn interval_ms(&self, name: &str, stock_ms: i64) -> i64 {
        let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_'], "");
        let of_name = |key: &str| key.rsplit('.').next().is_some_and(|last| plain(last) == plain(name));
        let said = self.settings.iter().find(|(key, _)| of_name(key)).and_then(|(_, value)| value.parse().ok());
        said.unwrap_or(stock_ms)
    }
}
