//! Waiting, bounded, until both servers have evicted what is over.
//!
//! Between two beats leases end. Each server evicts on a timer of its own, a few leases a run, chosen at random: for a while the
//! two may rightly differ in who is there. A heartbeat into that while is answered 404 by one and 200 by the other, which
//! shows nothing but the timers. So a beat's requests start when both have arrived: neither lists anybody whose lease is
//! over. What is no matter of timers stays to be found: a lease of another length at one of the two is over seconds
//! apart, not ticks, and whoever was amiss all through the wait is a difference at once: by then the next beat is late,
//! and no answer in it would mean anything.

use super::amiss::{Amiss, Looks, Names};
use super::{Differing, Replay, Seen};
use crate::Failure;
use crate::differential::compare::show_ids;
use crate::differential::request::{Request, filled};
use crate::differential::tree::{list, tree};
use crate::differential::wire::Answer;

/// Some forty runs of the eviction, below the shortest lease.
const SETTLED_WITHIN_MS: i64 = 2_000;
/// So long a list may name somebody who is gone; then the Java server has built it while it evicted, and keeps it.
const LISTED_WITHIN_MS: i64 = 300;
const PAUSE_MS: i64 = 10;

impl Replay<'_> {
    /// Waits until the lists of both name exactly those whose leases are not over; not longer than that may take. Who
    /// is amiss at one of them all the time is a difference.
    pub(super) async fn settle(&mut self) -> Result<Seen, Failure> {
        let from_ms = self.java_clock.now_ms();
        let mut nudged_ms = from_ms;
        let mut looks = Looks::default();
        loop {
            let request = Request::new("GET", "/eureka/apps").header("accept", "application/json");
            let (java, ours) = self.pair.look(&request).await?;
            let (java_alive, our_alive) = self.alive().await?;
            let java_amiss = Amiss::of(&self.listed(&java)?, &java_alive);
            let our_amiss = Amiss::of(&self.listed(&ours)?, &our_alive);
            if looks.are_settled_by(java_amiss, our_amiss) {
                return Ok(None);
            }
            let now_ms = self.java_clock.now_ms();
            if now_ms - from_ms > SETTLED_WITHIN_MS {
                let mismatches = looks.mismatches();
                let is_found = !mismatches.is_empty();
                return Ok(is_found.then(|| Box::new(Differing { mismatches, java, ours, is_late: false })));
            }
            if now_ms - nudged_ms > LISTED_WITHIN_MS {
                self.nudge().await?;
                nudged_ms = self.java_clock.now_ms();
            }
            self.timer.sleep_ms(PAUSE_MS).await;
        }
    }

    /// Whose lease is not over: of one instance a server says 404 as soon as it is, evicted or not.
    async fn alive(&mut self) -> Result<(Names, Names), Failure> {
        let (mut java_alive, mut our_alive) = (Names::new(), Names::new());
        for place in self.touched.clone() {
            let (java, ours) = self.instances(place).await?;
            let name = (filled(place.app(), &self.name), filled(&place.id(), &self.name));
            java_alive.extend(java.map(|_| name.clone()));
            our_alive.extend(ours.map(|_| name));
        }
        Ok((java_alive, our_alive))
    }

    /// Who of this sequence is in a list.
    fn listed(&self, answer: &Answer) -> Result<Names, Failure> {
        let of_sequence = format!("{}-", self.name.to_uppercase());
        let mut tree = tree(&answer.body);
        tree.as_mut().map(show_ids);
        let list =
            tree.as_ref().and_then(list).ok_or_else(|| Failure::new(format!("GET apps: {}", answer.summary())))?;
        Ok(list.instances.into_keys().filter(|(app, _)| app.starts_with(&of_sequence)).collect())
    }
}
