//! What a scenario has given names to: everything else in it may refer to these only.

use super::super::layer::{Kind, Layer};
use super::super::reading::{Item, Wrong};
use super::Scenario;

/// Names, in the order of the file.
#[derive(Default)]
pub(super) struct Names {
    pub(super) nodes: Vec<(String, Kind)>,
    pub(super) apps: Vec<String>,
    pub(super) instances: Vec<String>,
    pub(super) steps: Vec<String>,
    /// `gateway-1 -> registry-1`.
    pub(super) links: Vec<String>,
}

impl Names {
    /// Everything that a scenario has named.
    pub(super) fn of(scenario: &Scenario) -> Self {
        let registries = scenario.registries.iter().map(|part| (part.name.clone(), Kind::Registry));
        let gateways = scenario.gateways.iter().map(|part| (part.name.clone(), Kind::Gateway));
        let sync_speeds = scenario.sync_speeds.iter().map(|part| (part.name.clone(), Kind::SyncSpeed));
        let callers = scenario.callers.iter().map(|part| (part.name.clone(), Kind::Caller));
        Self {
            nodes: registries.chain(gateways).chain(sync_speeds).chain(callers).collect(),
            apps: scenario.producers.iter().map(|part| part.app.clone()).collect(),
            instances: scenario.producers.iter().map(|part| part.name.clone()).collect(),
            steps: Vec::new(),
            links: scenario.links.clone(),
        }
    }

    /// A name that nothing else has.
    pub(super) fn add_node(&mut self, name: &str, item: &Item<'_>, kind: Kind) -> Result<(), Wrong> {
        self.is_new(name, item)?;
        self.nodes.push((name.to_owned(), kind));
        Ok(())
    }

    pub(super) fn is_new(&self, name: &str, item: &Item<'_>) -> Result<(), Wrong> {
        let is_plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !is_plain {
            return Err(item.wrong("a name consists of letters, digits and -_."));
        }
        let is_known =
            self.nodes.iter().any(|(known, _)| known == name) || self.instances.iter().any(|one| one == name);
        if is_known { Err(item.wrong(format!("the name {name} is taken"))) } else { Ok(()) }
    }

    /// The name of a node of one kind.
    pub(super) fn node(&self, item: &Item<'_>, kind: Kind) -> Result<String, Wrong> {
        let known: Vec<&str> =
            self.nodes.iter().filter(|(_, other)| *other == kind).map(|(name, _)| name.as_str()).collect();
        pick(item, kind.name(), &known)
    }

    /// The node that is meant where none is named: the only one of its kind.
    pub(super) fn sole(&self, item: &Item<'_>, kind: Kind) -> Result<String, Wrong> {
        let mut of_kind = self.nodes.iter().filter(|(_, other)| *other == kind);
        match (of_kind.next(), of_kind.next()) {
            (Some((name, _)), None) => Ok(name.clone()),
            (None, _) => Err(item.wrong(format!("there is no {}", kind.name()))),
            (Some(_), Some(_)) => Err(item.wrong(format!("there is more than one {}: say which", kind.name()))),
        }
    }

    /// Any node that runs.
    pub(super) fn service(&self, item: &Item<'_>) -> Result<String, Wrong> {
        let known: Vec<&str> =
            self.nodes.iter().filter(|(_, kind)| *kind != Kind::Caller).map(|(name, _)| name.as_str()).collect();
        pick(item, "node", &known)
    }

    /// A layer of a node of its kind.
    pub(super) fn layer_of(&self, node: &Item<'_>, layer: &Item<'_>) -> Result<(String, Layer), Wrong> {
        let words: Vec<(&str, Layer)> = Layer::ALL.into_iter().map(|layer| (layer.name(), layer)).collect();
        let layer = layer.one_of(&words)?;
        let other = self.nodes.iter().find(|(name, kind)| node.text() == Ok(name.as_str()) && *kind != layer.kind());
        if let Some((name, kind)) = other {
            let words = format!("{layer} is a {}'s layer, and {name} is a {}", layer.kind().name(), kind.name());
            return Err(node.wrong(words));
        }
        Ok((self.node(node, layer.kind())?, layer))
    }

    /// Through what a request can go.
    pub(super) fn way(&self, item: &Item<'_>) -> Result<String, Wrong> {
        let is_way = |kind: &Kind| matches!(kind, Kind::Gateway | Kind::Caller);
        let known: Vec<&str> =
            self.nodes.iter().filter(|(_, kind)| is_way(kind)).map(|(name, _)| name.as_str()).collect();
        pick(item, "gateway or caller", &known)
    }

    pub(super) fn app(&self, item: &Item<'_>) -> Result<String, Wrong> {
        pick(item, "application", &refs(&self.apps))
    }

    pub(super) fn instance(&self, item: &Item<'_>) -> Result<String, Wrong> {
        pick(item, "instance", &refs(&self.instances))
    }

    pub(super) fn step(&self, item: &Item<'_>) -> Result<String, Wrong> {
        pick(item, "named step", &refs(&self.steps))
    }

    pub(super) fn link(&self, item: &Item<'_>) -> Result<String, Wrong> {
        pick(item, "link", &refs(&self.links))
    }
}

fn refs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn pick(item: &Item<'_>, what: &str, known: &[&str]) -> Result<String, Wrong> {
    let text = item.text()?;
    if known.contains(&text) {
        return Ok(text.to_owned());
    }
    let known = if known.is_empty() { "there is none".to_owned() } else { format!("known: {}", known.join(", ")) };
    Err(item.wrong(format!("there is no {what} '{}' ({known})", text.escape_debug())))
}
