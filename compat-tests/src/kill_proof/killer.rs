//! Does what the plan of a round says, at its moments.

use eurus_service::Clock;

use super::cluster::Cluster;
use super::plan::{Death, Plan};
use crate::Failure;
use crate::harness::node::NodeKind;

struct Deed {
    at_ms: i64,
    is_start: bool,
    kind: NodeKind,
    place: usize,
}

/// From the moment at which the request is sent; returns when everybody who comes back by the clock is started.
pub(super) async fn carry_out(cluster: &mut Cluster, plan: &Plan, clock: &Clock) -> Result<(), Failure> {
    let began_ms = clock.now_ms();
    let mut timer = clock.timer("killer");
    for Deed { at_ms, is_start, kind, place } in deeds(&plan.deaths) {
        timer.sleep_until_ms(began_ms + at_ms).await;
        match is_start {
            true => cluster.start(kind, place)?,
            false => cluster.kill(kind, place)?,
        }
    }
    Ok(())
}

fn deeds(deaths: &[Death]) -> Vec<Deed> {
    let mut deeds: Vec<Deed> = Vec::new();
    for Death { kind, place, at_ms, back_after_ms } in deaths {
        let deed = |at_ms, is_start| Deed { at_ms, is_start, kind: *kind, place: *place };
        deeds.push(deed(*at_ms, false));
        deeds.extend(back_after_ms.map(|after_ms| deed(at_ms + after_ms, true)));
    }
    // Stable: who comes back at once is killed first.
    deeds.sort_by_key(|deed| deed.at_ms);
    deeds
}
