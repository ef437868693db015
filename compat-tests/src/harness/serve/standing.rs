//! How things stand: what there is to ask for, and what does not fit now.

use serde_json::Value;

use super::super::engine::Engine;
use super::super::layer::{Kind, Layer};
use super::super::scenario::{Action, Through};
use super::commands::Refused;

/// A layer of a node, as a path names them.
pub(super) fn layer_of(engine: &Engine, node: &str, layer: &str) -> Result<Layer, Refused> {
    let about = engine.nodes();
    let Some(found) = about["nodes"].get(node) else {
        let there_are = about["nodes"].as_object().into_iter().flat_map(|nodes| nodes.keys().map(String::as_str));
        let there_are = there_are.collect::<Vec<_>>().join(", ");
        return Err(Refused::Absent(format!("there is no node {} (there are: {there_are})", node.escape_debug())));
    };
    let of_kind = |layer: &Layer| found["kind"] == layer.kind().name();
    let has: Vec<Layer> = Layer::ALL.into_iter().filter(of_kind).collect();
    has.iter().copied().find(|one| one.name() == layer).ok_or_else(|| {
        let words = if has.is_empty() {
            "it has none".to_owned()
        } else {
            format!("it has: {}", has.iter().map(|one| one.name()).collect::<Vec<_>>().join(", "))
        };
        Refused::Absent(format!("there is no layer {} of {node} ({words})", layer.escape_debug()))
    })
}

/// Whom a request goes through: the only gateway, where nobody is named.
pub(super) fn way(engine: &Engine, through: Option<String>) -> Result<Through, Refused> {
    let names = |kind: Kind| -> Vec<String> {
        let about = engine.nodes();
        let of_kind = about["nodes"].as_object().into_iter().flatten().filter(|(_, one)| one["kind"] == kind.name());
        of_kind.map(|(name, _)| name.clone()).collect()
    };
    let (gateways, callers) = (names(Kind::Gateway), names(Kind::Caller));
    match through {
        Some(name) if gateways.contains(&name) => Ok(Through::Gateway(name)),
        Some(name) if callers.contains(&name) => Ok(Through::Caller(name)),
        Some(name) => {
            let all = gateways.into_iter().chain(callers).collect::<Vec<_>>().join(", ");
            let there_are = if all.is_empty() { "there is none".to_owned() } else { format!("there are: {all}") };
            Err(Refused::Absent(format!("there is no gateway or caller '{}' ({there_are})", name.escape_debug())))
        }
        None => match gateways.as_slice() {
            [only] => Ok(Through::Gateway(only.clone())),
            [] => Err(Refused::Wrong("there is no gateway: say ?through= with a caller's name".to_owned())),
            several => Err(Refused::Wrong(format!("there is more than one gateway: say which ({})", ways(several)))),
        },
    }
}

fn ways(names: &[String]) -> String {
    names.iter().map(|name| format!("?through={name}")).collect::<Vec<_>>().join(", ")
}

/// What a step needs, and how things stand: the engine takes a step that does not fit for a fault of the harness.
pub(super) fn fits(engine: &Engine, action: &Action) -> Result<(), Refused> {
    let about = engine.nodes();
    let runs = |group: &str, name: &str| about[group][name]["running"] == Value::Bool(true);
    let wrong = match action {
        Action::Run(node) if runs("nodes", node) => format!("{node} runs already: stop or kill it before"),
        Action::Start(instance) if runs("instances", instance) => {
            format!("{instance} runs already: crash or shutdown comes before")
        }
        Action::Cache(node, Layer::ReadWrite | Layer::ReadOnly | Layer::ClientCopy, _) if !runs("nodes", node) => {
            format!("{node} does not run")
        }
        Action::Link(link, _) if !engine.world.links.contains_key(link) => {
            format!("there is no link {link} yet: its ends do not run")
        }
        _ => match needs_registered(action) {
            Some(name) if about["instances"][name]["instanceId"] == "" => format!("{name} has not started yet"),
            _ => return Ok(()),
        },
    };
    Err(Refused::Conflict(wrong))
}

/// Whose id in the registry a step needs, which it has from its first start on.
fn needs_registered(action: &Action) -> Option<&str> {
    match action {
        Action::Start(_) | Action::Crash(_) | Action::Silence(_) => None,
        other => other.instance(),
    }
}
