//! What was acknowledged by a registry is there.

use std::collections::BTreeMap;

use super::super::history::{Happening, History};
use super::{Rule, Violation};

/// Registrations that a registry forgot before their time.
pub(super) fn violations(history: &History) -> Vec<Violation> {
    // By registry and instance: the last time that the registry said yes.
    let mut acknowledged: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let mut found = Vec::new();
    for event in &history.events {
        let at_ms = event.at_ms;
        match &event.what {
            Happening::Registered { registry, instance, .. } | Happening::Renewed { registry, instance } => {
                acknowledged.insert((registry, instance), at_ms);
            }
            Happening::Cancelled { registry, instance } => {
                acknowledged.remove(&(registry.as_str(), instance.as_str()));
            }
            // Nothing is kept across a restart yet.
            Happening::Emptied { registry } => acknowledged.retain(|(of, _), _| of != registry),
            Happening::Unknown { registry, instance, lease_ms } => {
                let last_ms = acknowledged.remove(&(registry.as_str(), instance.as_str()));
                if let Some(since_ms) = last_ms.map(|last_ms| at_ms - last_ms).filter(|since_ms| since_ms <= lease_ms) {
                    let words = format!(
                        "{registry} does not know {instance} {since_ms} ms after it acknowledged it, and the lease is for \
                         {lease_ms} ms"
                    );
                    found.push(Violation { rule: Rule::Registered, at_ms, words });
                }
            }
            _ => {}
        }
    }
    found
}
