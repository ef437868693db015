//! Waiting for a service to answer, and letting time pass where the answer waits for time.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::super::fault_hand::FaultHand;
use super::super::pace::LOOK_EVERY_MS;
use super::Engine;
use crate::Failure;

/// Real time that an answer may take that nothing keeps from coming.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Real time that an answer may take on its way, once everybody waits for time to go on.
const UNDER_WAY: Duration = Duration::from_millis(40);
/// What a registry answers that cannot serve now, also because a fault plan says so.
const UNAVAILABLE: u16 = 503;
/// Virtual time after which an answer is given up.
const GIVEN_UP_AFTER_MS: i64 = 120_000;

impl Engine {
    /// What a registry answers a single call: its status; `None`: it does not answer, or that it cannot serve now.
    pub(super) async fn call(
        &mut self,
        registry: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<Option<u16>, Failure> {
        let waits_for = WaitsFor::Points(self.world.faults_of(registry)?.clone());
        let asked = tokio::spawn(async move { request.send().await.ok().map(|answer| answer.status().as_u16()) });
        let answered = self.answer_of(asked, waits_for).await?;
        Ok(answered.filter(|status| *status != UNAVAILABLE))
    }

    /// What a task comes to that asks a service: as soon as it is there, else after as much time as it takes.
    pub(super) async fn answer_of<T: Send + 'static>(
        &mut self,
        mut asked: JoinHandle<T>,
        waits_for: WaitsFor,
    ) -> Result<T, Failure> {
        let began_ms = self.world.now_ms();
        loop {
            let mut ended = tokio::select! {
                biased;
                ended = tokio::time::timeout(ANSWER_WITHIN, &mut asked) => {
                    let ended = ended.map_err(|_| {
                        Failure::new(format!("there was no answer within {} s of real time", ANSWER_WITHIN.as_secs()))
                    });
                    Some(ended?)
                }
                () = self.until_time_is_needed(&waits_for) => None,
                // Real time goes on by itself, and the layers are looked at meanwhile.
                Ok(()) = self.world.pace.advance_ms(LOOK_EVERY_MS), if self.world.pace.is_real() => None,
            };
            if ended.is_none() {
                ended = tokio::time::timeout(UNDER_WAY, &mut asked).await.ok();
            }
            self.note_faults().await?;
            if let Some(ended) = ended {
                return ended.map_err(|error| Failure::new(error.to_string()));
            }
            let now_ms = self.world.now_ms();
            Failure::unless(now_ms - began_ms < GIVEN_UP_AFTER_MS, || {
                format!("there was no answer after {GIVEN_UP_AFTER_MS} ms of virtual time")
            })?;
            if !self.world.pace.is_real() {
                let next_ms = self.world.pace.next_deadline_ms().map_or(now_ms, |at_ms| at_ms - self.world.began_ms);
                self.world.pace.advance_ms((next_ms - now_ms).max(1)).await?;
            }
            self.note_faults().await?;
            self.look().await?;
        }
    }

    /// Returns when the answer cannot be there before time goes on; never where it needs no time.
    async fn until_time_is_needed(&self, waits_for: &WaitsFor) {
        if self.world.pace.is_real() {
            return std::future::pending().await;
        }
        if let WaitsFor::SyncSpeed { faults, selected } = waits_for {
            // Before it has come, nobody is busy with it.
            faults.wait_for_more(&eurus_sync_speed::points::SELECT, *selected).await;
            if let Err(not_settled) = self.world.pace.settle().await {
                log::warn!("{not_settled}");
            }
            // With others that nobody waits for: somebody is busy.
            let (selected, answered) = counts(faults);
            if answered < selected {
                return;
            }
        }
        match waits_for {
            WaitsFor::SyncSpeed { faults, .. } | WaitsFor::Points(faults) => faults.wait_until_held().await,
            WaitsFor::AnyPoint => self.world.wait_until_held().await,
            WaitsFor::Nothing => std::future::pending().await,
        }
    }
}

/// What may keep an answer from coming.
#[derive(Clone)]
pub(super) enum WaitsFor {
    /// A sync-speed that waits for time itself. It has a timer while it does not.
    SyncSpeed {
        faults: FaultHand,
        /// How often it had passed its first point before it was asked.
        selected: u64,
    },
    /// Nothing but a fault point of this node that holds it up.
    Points(FaultHand),
    /// Nothing but a fault point of some node.
    AnyPoint,
    /// Nothing.
    Nothing,
}

impl WaitsFor {
    /// An order to a sync-speed that is about to be sent.
    pub(super) fn sync_speed(faults: &FaultHand) -> Self {
        Self::SyncSpeed { faults: faults.clone(), selected: counts(faults).0 }
    }
}

/// How many requests came to a sync-speed, and how many it answered.
fn counts(faults: &FaultHand) -> (u64, u64) {
    (faults.passed(&eurus_sync_speed::points::SELECT), faults.passed(&eurus_sync_speed::points::ANSWER))
}
