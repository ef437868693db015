//! Which gateways can be compared with which registries at the end.

use super::super::checker::{Following, Rule};
use super::super::scenario::Program;
use super::Engine;

/// Beside its intervals, how far a gateway may be behind: answers take time, and timers are not placed by the millisecond.
const MARGIN_MS: i64 = 5_000;

impl Engine {
    /// Gateways and registries that run and do not stand still; of others it is said that nothing is checked.
    pub(in crate::harness) fn following(&mut self) -> Vec<Following> {
        let mut following = Vec::new();
        let mut away = Vec::new();
        for gateway in &self.world.gateways {
            let part = &gateway.part;
            // What a Java client's caller routes to is its balancer's list.
            if part.program == Program::Java {
                continue;
            }
            if !gateway.running.is_up_and_going() {
                away.push(part.name.clone());
                continue;
            }
            let fetch_ms = part.interval_ms("registry-fetch-interval-seconds", 30).saturating_mul(1_000);
            for registry in self.world.registries.iter().filter(|one| part.registries.contains(&one.part.name)) {
                if !registry.running.is_up_and_going() {
                    // Its clients rightly keep what they know.
                    away.push(registry.part.name.clone());
                    continue;
                }
                let tick_ms = registry.part.interval_ms("response-cache-update-interval-ms", 30_000);
                following.push(Following {
                    gateway: part.name.clone(),
                    registry: registry.part.name.clone(),
                    behind_ms: tick_ms.saturating_add(fetch_ms).saturating_add(MARGIN_MS),
                });
            }
        }
        for name in away {
            self.not_checked(Rule::Converged, format!("{name} does not run"));
        }
        following
    }
}
