//! The journal is told what calls came to; who waits for an entry hears of it once it is written.

use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use super::NotifyLoop;
use super::outcome::{Outcome, Told};
use crate::entry::EntryState;
use crate::points;
use crate::store::{NodeUpdate, Store, StoreError};

/// The timer of one who goes on.
const ANSWER: &str = "answer to a request";

/// Somebody who waits for the answer to a request.
pub(super) struct Waiting {
    pub(super) answer_by_ms: i64,
    pub(super) told: oneshot::Sender<Told>,
    /// What is known of its entry. Nothing where another process may know better.
    pub(super) outcome: Option<Outcome>,
}

impl NotifyLoop {
    pub(super) async fn record(&mut self, updates: &[NodeUpdate]) {
        let finished = self.book.take_finished();
        if !(updates.is_empty() && finished.is_empty()) {
            self.unwritten.gather_no_longer();
        }
        self.remember(updates, &finished);
        self.unwritten.add(updates, finished);
        if self.unwritten.is_due(self.clock.now_ms()) {
            if self.unwritten.calls() > 0 {
                self.faults.pass(&points::ACKNOWLEDGEMENT_RECORD, "").await;
            }
            self.write().await;
        }
        // What waits to be written is accepted as little without an end as calls are.
        self.open_calls.store(self.book.open_calls() + self.unwritten.calls(), Ordering::Relaxed);
        let (book, unwritten) = (&self.book, &self.unwritten);
        let is_told = |number: i64| book.is_told(number) && !unwritten.is_about(number);
        // One that is not finished has no end that was written, and with it what the registry did.
        if self.waiting.keys().any(|number| is_told(*number) && book.is_open(*number)) {
            bring_to_disk(&self.store).await;
        }
        for (_, waiting) in self.waiting.extract_if(.., |number, _| is_told(*number)) {
            // The one who waited may have left.
            let _ = waiting.told.send(Told { outcome: waiting.outcome, timer: self.clock.timer(ANSWER) });
        }
    }

    /// For those who wait.
    pub(super) fn remember(&mut self, updates: &[NodeUpdate], finished: &[(i64, EntryState)]) {
        for update in updates {
            if let Some(outcome) = self.outcome_of(update.number) {
                outcome.answered(update);
            }
        }
        for (number, state) in finished {
            if let Some(outcome) = self.outcome_of(*number) {
                outcome.finished(*state);
            }
        }
    }

    /// Of an entry that somebody waits for.
    pub(super) fn outcome_of(&mut self, number: i64) -> Option<&mut Outcome> {
        self.waiting.get_mut(&number)?.outcome.as_mut()
    }

    /// What gateways have done is done: they are not told again.
    pub(super) async fn write(&mut self) {
        match self.try_write().await {
            Ok(()) => {
                if self.unwritten.is_written() {
                    log::info!("the journal has the answers of all gateways again");
                }
            }
            Err(error) => {
                let pause_ms = self.unwritten.failed(self.clock.now_ms());
                let (calls, entries) = (self.unwritten.calls(), self.unwritten.finished().len());
                log::error!(
                    "what {calls} gateway calls came to, and the end of {entries} entries, is not in the journal; written \
                     again in {pause_ms} ms: {error}"
                );
            }
        }
    }

    async fn try_write(&mut self) -> Result<(), StoreError> {
        let (came, updates, finished) = (self.unwritten.nodes(), self.unwritten.updates(), self.unwritten.finished());
        if !came.is_empty() {
            self.store.nodes_came(&came, self.clock.now_ms()).await?;
        }
        if !(updates.is_empty() && finished.is_empty()) {
            self.store.nodes_answered(&updates, &finished, self.clock.now_ms()).await?;
        }
        Ok(())
    }

    pub(super) async fn release_who_waited_long_enough(&mut self) {
        let now_ms = self.clock.now_ms();
        if !self.waiting.values().any(|waiting| waiting.answer_by_ms <= now_ms) {
            return;
        }
        // What is answered is read from the journal.
        self.unwritten.gather_no_longer();
        self.record(&[]).await;
        bring_to_disk(&self.store).await;
        for (_, waiting) in self.waiting.extract_if(.., |_, waiting| waiting.answer_by_ms <= now_ms) {
            // The one who waited may have left.
            let _ = waiting.told.send(Told { outcome: None, timer: self.clock.timer(ANSWER) });
        }
    }
}

/// What the registry did may not be on the disk yet.
async fn bring_to_disk(store: &Store) {
    if let Err(error) = store.checkpoint().await {
        log::error!("an answer is given that a power cut could take back: {error}");
    }
}
