//! What was acknowledged by sync-speed holds.

use std::collections::BTreeMap;

use super::super::history::{Happening, History, OrderKind};
use super::super::layer::Layer;
use super::{Rule, Violation};

/// How long after a registry was emptied it may show UP who was offline, and have callers: until sync-speed, on stock
/// intervals, has been missed at its heartbeat, and has seen the instance in a list, and asserts its offline again.
const HEALS_WITHIN_MS: i64 = 90_000;

/// An acknowledged offline that is in force.
struct Offline {
    since_ms: i64,
    /// A registry has lost its memory since: the next registration there continues the same life.
    is_forgotten: bool,
    /// When that was, of the last registry.
    emptied_ms: Option<i64>,
    /// Since then it shows the instance as UP, which may not stay so.
    heals: Option<String>,
    /// Each violation is said once.
    is_begun_said: bool,
    is_up_said: bool,
}

impl Offline {
    fn acknowledged(since_ms: i64) -> Self {
        Self { since_ms, is_forgotten: false, emptied_ms: None, heals: None, is_begun_said: false, is_up_said: false }
    }

    fn may_heal(&self, at_ms: i64) -> bool {
        self.emptied_ms.is_some_and(|emptied_ms| at_ms <= emptied_ms.saturating_add(HEALS_WITHIN_MS))
    }

    /// The registry that goes on showing it as UP when it should have been healed.
    fn unhealed(&mut self, at_ms: i64) -> Option<String> {
        if self.may_heal(at_ms) { None } else { self.heals.take() }
    }

    fn is_up_at(&mut self, node: &str, instance: &str, at_ms: i64) -> Option<Violation> {
        if std::mem::replace(&mut self.is_up_said, true) {
            return None;
        }
        let since_ms = at_ms - self.since_ms;
        let words = format!(
            "{node} shows {instance} as UP {since_ms} ms after its offline was acknowledged done, and nobody asked for it"
        );
        Some(Violation { rule: Rule::Kept, at_ms, words })
    }
}

/// Broken promises of `done`.
pub(super) fn violations(history: &History) -> Vec<Violation> {
    let mut in_force: BTreeMap<&str, Offline> = BTreeMap::new();
    let mut found = Vec::new();
    for event in &history.events {
        let at_ms = event.at_ms;
        for (instance, offline) in &mut in_force {
            if let Some(node) = offline.unhealed(at_ms) {
                found.extend(offline.is_up_at(&node, instance, at_ms));
            }
        }
        match &event.what {
            Happening::Ordered { kind: OrderKind::Offline, instance, state } if state == "done" => {
                in_force.insert(instance, Offline::acknowledged(at_ms));
            }
            // Also one that was refused may have been begun: nothing is promised any more.
            Happening::Ordered { kind: OrderKind::Online, instance, .. } | Happening::StatusSet { instance } => {
                in_force.remove(instance.as_str());
            }
            Happening::Emptied { .. } => {
                for offline in in_force.values_mut() {
                    (offline.is_forgotten, offline.emptied_ms) = (true, Some(at_ms));
                }
            }
            Happening::Cancelled { instance, .. } => {
                if let Some(offline) = in_force.get_mut(instance.as_str()) {
                    offline.is_forgotten = false;
                }
            }
            Happening::Registered { instance, is_new: true, .. } => {
                match in_force.get_mut(instance.as_str()).filter(|offline| offline.is_forgotten) {
                    Some(offline) => offline.is_forgotten = false,
                    None => drop(in_force.remove(instance.as_str())),
                }
            }
            Happening::Begun { instance } => {
                let offline = in_force.get_mut(instance.as_str());
                if let Some(offline) = offline.filter(|one| !one.is_begun_said && !one.may_heal(at_ms)) {
                    offline.is_begun_said = true;
                    let since_ms = at_ms - offline.since_ms;
                    let words =
                        format!("a request began at {instance} {since_ms} ms after its offline was acknowledged done");
                    found.push(Violation { rule: Rule::Offline, at_ms, words });
                }
            }
            Happening::Changed(change) if change.layer == Layer::Store => {
                let Some(offline) = in_force.get_mut(change.instance.as_str()) else { continue };
                let is_up = change.to.as_deref() == Some("UP");
                if !is_up && offline.heals.as_deref() == Some(change.node.as_str()) {
                    offline.heals = None;
                } else if is_up && offline.may_heal(at_ms) {
                    offline.heals = Some(change.node.clone());
                } else if is_up {
                    found.extend(offline.is_up_at(&change.node, &change.instance, at_ms));
                }
            }
            _ => {}
        }
    }
    found
}
