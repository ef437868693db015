//! At the end, gateways route to what their registries say.

use std::collections::{BTreeMap, BTreeSet};

use super::super::history::{Happening, History};
use super::super::layer::Layer;
use super::{Following, Rule, Violation};

/// Gateways that route to others than their registries say.
pub(super) fn violations(history: &History, following: &[Following]) -> Vec<Violation> {
    let end_ms = history.events.last().map_or(0, |event| event.at_ms);
    let mut found = Vec::new();
    for Following { gateway, registry, behind_ms } in following {
        let routable = States::of(history, gateway, Layer::Routable);
        let store = States::of(history, registry, Layer::Store);
        let instances: BTreeSet<&str> = routable.0.keys().chain(store.0.keys()).copied().collect();
        for instance in instances {
            let is_routed = routable.last(instance) == Some("UP");
            let lately = store.since(instance, end_ms - behind_ms);
            if !lately.iter().any(|state| (*state == Some("UP")) == is_routed) {
                let says = store.last(instance).unwrap_or("nothing");
                let routes = if is_routed { "routes to it" } else { "does not route to it" };
                let words = format!("at the end {registry} says {says} of {instance}, and {gateway} {routes}");
                found.push(Violation { rule: Rule::Converged, at_ms: end_ms, words });
            }
        }
    }
    found
}

/// What a layer showed of each instance: when it began, and what.
struct States<'a>(BTreeMap<&'a str, Vec<(i64, Option<&'a str>)>>);

impl<'a> States<'a> {
    fn of(history: &'a History, node: &str, layer: Layer) -> Self {
        let mut states: BTreeMap<&str, Vec<(i64, Option<&str>)>> = BTreeMap::new();
        for event in &history.events {
            if let Happening::Changed(change) = &event.what
                && change.node == node
                && change.layer == layer
            {
                states.entry(&change.instance).or_default().push((event.at_ms, change.to.as_deref()));
            }
        }
        Self(states)
    }

    fn last(&self, instance: &str) -> Option<&'a str> {
        self.0.get(instance)?.last()?.1
    }

    /// Everything that it showed from a moment on, and what it showed then.
    fn since(&self, instance: &str, from_ms: i64) -> Vec<Option<&'a str>> {
        let all = self.0.get(instance).map(Vec::as_slice).unwrap_or_default();
        let before = all.iter().rfind(|(at_ms, _)| *at_ms <= from_ms).and_then(|(_, state)| *state);
        let later = all.iter().filter(|(at_ms, _)| *at_ms > from_ms).map(|(_, state)| *state);
        std::iter::once(before).chain(later).collect()
    }
}
