//! Does what the plan of a round says, at its moments.

use eurus_service::{Clock, Timer};

use super::cluster::Cluster;
use super::plan::{Death, Plan};
use super::standstill::{Standstill, Wakes};
use crate::Failure;
use crate::harness::node::NodeKind;

/// What one who goes on after a standstill had begun before is done or refused by then.
const AWAKE_MS: i64 = 1_500;

#[derive(Clone, Copy)]
enum Deed {
    Kill(NodeKind, usize),
    Start(NodeKind, usize),
    StandStill(usize),
    Wake(usize),
}

/// From the moment at which the request is sent; returns when everybody who comes back by the clock is back.
pub(super) async fn carry_out(cluster: &mut Cluster, plan: &Plan, clock: &Clock) -> Result<(), Failure> {
    let began_ms = clock.now_ms();
    let mut timer = clock.timer("killer");
    for (at_ms, deed) in deeds(plan) {
        timer.sleep_until_ms(began_ms + at_ms).await;
        match deed {
            Deed::Kill(kind, place) => cluster.kill(kind, place)?,
            Deed::Start(kind, place) => cluster.start(kind, place)?,
            Deed::StandStill(place) => cluster.stand_still(place, true)?,
            Deed::Wake(place) => wake(cluster, place, &mut timer).await?,
        }
    }
    Ok(())
}

/// Wakes who is to wake on the way back, which is being asked for now.
pub(super) async fn wake_on_the_way_back(cluster: &mut Cluster, plan: &Plan, clock: &Clock) -> Result<(), Failure> {
    let Some(Standstill { place, wakes: Wakes::OnTheWayBack(at_ms), .. }) = plan.standstill else { return Ok(()) };
    let mut timer = clock.timer("killer");
    timer.sleep_ms(at_ms).await;
    wake(cluster, place, &mut timer).await
}

async fn wake(cluster: &mut Cluster, place: usize, timer: &mut Timer) -> Result<(), Failure> {
    cluster.stand_still(place, false)?;
    timer.sleep_ms(AWAKE_MS).await;
    Ok(())
}

fn deeds(plan: &Plan) -> Vec<(i64, Deed)> {
    let mut deeds: Vec<(i64, Deed)> = Vec::new();
    for Death { kind, place, at_ms, back_after_ms } in &plan.deaths {
        deeds.push((*at_ms, Deed::Kill(*kind, *place)));
        deeds.extend(back_after_ms.map(|after_ms| (at_ms + after_ms, Deed::Start(*kind, *place))));
    }
    if let Some(Standstill { place, at_ms, wakes }) = plan.standstill {
        deeds.push((at_ms, Deed::StandStill(place)));
        if let Wakes::After(after_ms) = wakes {
            deeds.push((at_ms + after_ms, Deed::Wake(place)));
        }
    }
    // Stable: who comes back at once is killed first.
    deeds.sort_by_key(|(at_ms, _)| *at_ms);
    deeds
}
