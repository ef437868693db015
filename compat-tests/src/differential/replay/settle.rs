//! Waiting, bounded, until both servers have evicted what is over.
//!
//! Between two beats leases end. Each server evicts on a timer of its own, a few leases a run, chosen at random: for a while the
//! two may rightly differ in who is there. A heartbeat into that while is answered 404 by one and 200 by the other, which
//! shows nothing but the timers. So a beat's requests start when both have arrived: neither lists anybody whose lease is
//! over. What is no matter of timers stays to be found: a lease of another length at one of the two is over seconds
//! apart, not ticks, and whoever is still there after the wait is compared as ever.

use std::collections::BTreeSet;

use super::Replay;
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

/// Applications and ids.
type Names = BTreeSet<(String, String)>;

impl Replay<'_> {
    /// Waits until the lists of both name exactly those whose leases are not over; not longer than that may take.
    pub(super) async fn settle(&mut self) -> Result<(), Failure> {
        let from_ms = self.java_clock.now_ms();
        let mut nudged_ms = from_ms;
        while !self.is_settled().await? {
            let now_ms = self.java_clock.now_ms();
            if now_ms - from_ms > SETTLED_WITHIN_MS {
                break;
            }
            if now_ms - nudged_ms > LISTED_WITHIN_MS {
                self.nudge().await?;
                nudged_ms = self.java_clock.now_ms();
            }
            self.timer.sleep_ms(PAUSE_MS).await;
        }
        Ok(())
    }

    async fn is_settled(&mut self) -> Result<bool, Failure> {
        let request = Request::new("GET", "/eureka/apps").header("accept", "application/json");
        let (java, ours) = self.pair.look(&request).await?;
        let (java_listed, our_listed) = (self.listed(&java)?, self.listed(&ours)?);
        // Of one instance a server says 404 as soon as its lease is over, evicted or not.
        let (mut java_alive, mut our_alive) = (Names::new(), Names::new());
        for place in self.touched.clone() {
            let (java, ours) = self.instances(place).await?;
            let name = (filled(place.app(), &self.name), filled(&place.id(), &self.name));
            java_alive.extend(java.map(|_| name.clone()));
            our_alive.extend(ours.map(|_| name));
        }
        Ok(java_listed == java_alive && our_listed == our_alive)
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
