//! One request at both, and whether the answers are the same.

use super::{Differing, Replay, Seen};
use crate::Failure;
use crate::differential::compare::{Comparison, Mismatch};
use crate::differential::differences::Difference;
use crate::differential::pair::Setup;
use crate::differential::request::Request;
use crate::differential::step::{APPS, Operation};
use crate::differential::timeline::Timelines;
use crate::differential::visits::plain_visit;
use crate::differential::wire::Answer;

/// Lists of a read-only cache are compared until they agree, this long: it is refreshed every 50 ms.
const AGREED_WITHIN_MS: i64 = 1_000;
/// So often both are made to forget their lists. Once is not enough: the Java server's timer may build a list amid the very
/// changes that make it forget the last one, and it keeps that, too.
const NUDGES_MAX: usize = 5;
const PAUSE_MS: i64 = 10;

impl Replay<'_> {
    /// Asks both, and compares; lists of a read-only cache until they agree.
    pub(super) async fn compared(&mut self, operation: &Operation) -> Result<Seen, Failure> {
        let request = operation.request.named(&self.name);
        let is_awaited = operation.list.is_some() && self.pair.setup == Setup::Cached;
        let mut until_ms = self.java_clock.now_ms() + if is_awaited { AGREED_WITHIN_MS } else { 0 };
        let (mut nudges, mut stale) = (0, None);
        // Of the first answers: that a list had to be waited for excuses nothing.
        let mut was_late = None;
        *self.requests += 1;
        let names_regions = operation.list.is_some() && request.path != request.route();
        if names_regions {
            // The Java server keeps such a list beside the one without: both are to be built at one moment.
            self.nudge().await?;
        }
        loop {
            let (java, ours) = self.pair.ask(&request, &self.java_clock, &mut self.timelines).await?;
            let is_late = *was_late.get_or_insert_with(|| self.beat.is_late());
            let (mut meant, left) = self.judged(operation, &request, &java, &ours).await?;
            if !left.is_empty() && is_awaited {
                if self.java_clock.now_ms() < until_ms {
                    self.timer.sleep_ms(PAUSE_MS).await;
                    continue;
                }
                if nudges < NUDGES_MAX {
                    nudges += 1;
                    stale.get_or_insert(ours);
                    self.nudge().await?;
                    until_ms = self.java_clock.now_ms() + AGREED_WITHIN_MS;
                    continue;
                }
            }
            self.asked.push((request.clone(), java.status, ours.status));
            if !left.is_empty() {
                return Ok(Some(Box::new(Differing { mismatches: left, java, ours, is_late })));
            }
            if let Some(before) = stale {
                // Ours must have been right before the first nudge, too: only the Java server's list is excused.
                let mismatches = self.between(operation, &before, &ours);
                if !mismatches.is_empty() {
                    // Unless leases ended while it was waited for.
                    let is_late = is_late || self.beat.is_late();
                    return Ok(Some(Box::new(Differing { mismatches, java: before, ours, is_late })));
                }
                meant.insert(Difference::ListOfTheMoment);
            }
            let is_mislabelled = meant.contains(&Difference::Label);
            if is_mislabelled {
                self.load_both_formats(&request).await?;
            }
            if names_regions {
                let without = Request { path: request.route().to_owned(), ..request };
                match is_mislabelled {
                    true => self.load_both_formats(&without).await?,
                    false => drop(self.pair.look(&without).await?),
                }
            }
            for difference in meant {
                self.count(difference);
            }
            return Ok(None);
        }
    }

    fn between(&self, operation: &Operation, before: &Answer, after: &Answer) -> Vec<Mismatch> {
        // Both are ours: with our moments on both sides.
        let timelines = Timelines { java: self.timelines.ours.clone(), ours: self.timelines.ours.clone() };
        let name = self.name.to_uppercase();
        Comparison { timelines: &timelines, loosely: true, name: &name }.answers(operation, before, after).1
    }

    /// Makes both forget their lists.
    pub(super) async fn nudge(&mut self) -> Result<(), Failure> {
        for app in APPS {
            for request in plain_visit(app, "~t~-nudge") {
                self.pair.ask(&request.named(&self.name), &self.java_clock, &mut self.timelines).await?;
            }
        }
        Ok(())
    }

    /// One server has answered from its JSON and the other from its XML, and each keeps that: now both have both.
    async fn load_both_formats(&mut self, request: &Request) -> Result<(), Failure> {
        for accept in ["application/json", "application/xml"] {
            let mut other = request.clone();
            other.headers.retain(|(name, _)| *name != "accept");
            self.pair.look(&other.header("accept", accept)).await?;
        }
        Ok(())
    }
}
