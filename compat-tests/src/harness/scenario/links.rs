//! The links that a scenario's nodes have between them.

use super::parts::NodePart;

/// Their names: from each client to each of its registries; from sync-speed, whichever, to each gateway's admin API.
pub fn between(gateways: &[NodePart], sync_speeds: &[NodePart]) -> Vec<String> {
    let to_registries = |part: &NodePart| {
        let name = part.name.clone();
        part.registries.iter().map(move |registry| format!("{name} -> {registry}")).collect::<Vec<_>>()
    };
    let mut links: Vec<String> = gateways.iter().chain(sync_speeds).flat_map(to_registries).collect();
    if !sync_speeds.is_empty() {
        links.extend(gateways.iter().map(|gateway| format!("sync-speed -> {}", gateway.name)));
    }
    links.sort();
    links.dedup();
    links
}
