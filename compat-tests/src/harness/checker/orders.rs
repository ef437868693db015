//! What was acknowledged by sync-speed holds.

use std::collections::BTreeMap;

use super::super::history::{Happening, History, OrderKind};
use super::super::layer::Layer;
use super::{Rule, Violation};

/// An acknowledged offline that is in force.
struct Offline {
    since_ms: i64,
    /// A registry has lost its memory since: the next registration there continues the same life.
    is_forgotten: bool,
    /// Each violation is said once.
    is_begun_said: bool,
    is_up_said: bool,
}

/// Broken promises of `done`.
pub(super) fn violations(history: &History) -> Vec<Violation> {
    let mut in_force: BTreeMap<&str, Offline> = BTreeMap::new();
    let mut found = Vec::new();
    for event in &history.events {
        let at_ms = event.at_ms;
        match &event.what {
            Happening::Ordered { kind: OrderKind::Offline, instance, state } if state == "done" => {
                in_force.insert(
                    instance,
                    Offline { since_ms: at_ms, is_forgotten: false, is_begun_said: false, is_up_said: false },
                );
            }
            // Also one that was refused may have been begun: nothing is promised any more.
            Happening::Ordered { kind: OrderKind::Online, instance, .. } | Happening::StatusSet { instance } => {
                in_force.remove(instance.as_str());
            }
            Happening::Emptied { .. } => in_force.values_mut().for_each(|offline| offline.is_forgotten = true),
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
                if let Some(offline) = in_force.get_mut(instance.as_str()).filter(|offline| !offline.is_begun_said) {
                    offline.is_begun_said = true;
                    let since_ms = at_ms - offline.since_ms;
                    let words =
                        format!("a request began at {instance} {since_ms} ms after its offline was acknowledged done");
                    found.push(Violation { rule: Rule::Offline, at_ms, words });
                }
            }
            Happening::Changed(change) if change.layer == Layer::Store && change.to.as_deref() == Some("UP") => {
                if let Some(offline) = in_force.get_mut(change.instance.as_str()).filter(|one| !one.is_up_said) {
                    offline.is_up_said = true;
                    let words = format!(
                        "{} shows {} as UP {} ms after its offline was acknowledged done, and nobody asked for it",
                        change.node,
                        change.instance,
                        at_ms - offline.since_ms
                    );
                    found.push(Violation { rule: Rule::Kept, at_ms, words });
                }
            }
            _ => {}
        }
    }
    found
}
