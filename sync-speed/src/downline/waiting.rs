//! Waiting for entries that others carry out, and what they have come to.

use eurus_service::Timer;
use tokio::sync::{broadcast, oneshot};

use super::Downline;
use crate::entry::{Entry, EntryState};
use crate::error::Refusal;
use crate::notify::Outcome;
use crate::request::Request;

/// How often an entry is looked at that another node may be working on: its changes are not heard here.
const LOOK_EVERY_MS: i64 = 100;

impl Downline {
    /// The entry of the same request, if it was sent before.
    pub(crate) async fn sent_before(&self, request: &Request) -> Result<Option<Entry>, Refusal> {
        let Some(key) = &request.idempotency_key else { return Ok(None) };
        match self.store.entry_by_key(key, self.clock.now_ms()).await? {
            Some(entry) if entry.kind == request.kind && entry.request == request.body => Ok(Some(entry)),
            Some(entry) => Err(Refusal::KeyReused { entry: entry.id }),
            None => Ok(None),
        }
    }

    /// Waits for an entry that somebody else carries out, for as long as an answer may take.
    pub(super) async fn until_told(&self, entry: Entry, timer: &mut Timer) -> Entry {
        let until_ms = self.clock.now_ms().saturating_add(self.answer_within_ms);
        self.until(entry, timer, until_ms, Entry::is_final).await
    }

    /// Waits until an entry is so far, at most until a moment.
    pub(crate) async fn until(
        &self,
        entry: Entry,
        timer: &mut Timer,
        until_ms: i64,
        is_so_far: fn(&Entry) -> bool,
    ) -> Entry {
        let mut changes = self.store.changes();
        loop {
            let entry = self.now(entry.clone()).await;
            if is_so_far(&entry) || entry.is_uncertain() {
                return entry;
            }
            let now_ms = self.clock.now_ms();
            if now_ms >= until_ms {
                return entry;
            }
            let look_ms = match self.store.is_shared() {
                true => until_ms.min(now_ms.saturating_add(LOOK_EVERY_MS)),
                false => until_ms,
            };
            tokio::select! {
                () = changed(&mut changes, &entry) => {}
                () = timer.sleep_until_ms(look_ms) => {}
            }
        }
    }

    /// The entry with the gateways' answers, which are answered.
    pub(super) async fn as_it_stands(&self, entry: Entry, outcome: Option<Outcome>) -> Entry {
        let entry = match outcome {
            Some(outcome) => outcome.of(entry),
            None => self.now(entry).await,
        };
        log::info!("{}: answered {}", entry.id, entry.state_in_words());
        entry
    }

    pub(super) async fn now(&self, entry: Entry) -> Entry {
        match self.store.entry(&entry.id).await {
            Ok(Some(entry)) => entry,
            Ok(None) => entry,
            Err(error) => {
                // The registry and the gateways have it: an error would say that it was not done.
                log::error!("{}: the gateways' answers cannot be read back: {error}", entry.id);
                entry
            }
        }
    }
}

/// Until it may have changed: of a whole its shares too, which have numbers of their own.
async fn changed(changes: &mut broadcast::Receiver<i64>, entry: &Entry) {
    while let Ok(number) = changes.recv().await {
        if number == entry.number || entry.plan.is_some() {
            return;
        }
    }
}

/// What a repeated request hears: the same as the first.
pub(super) fn as_answered(entry: Entry) -> Result<Entry, Refusal> {
    let why = || entry.note.clone().unwrap_or_else(|| "see its entry".to_owned());
    if entry.is_uncertain() {
        let why = why();
        return Err(Refusal::Unknown { entry: Box::new(entry), why });
    }
    match entry.state {
        EntryState::Failed => {
            let why = why();
            Err(Refusal::Registry { entry: Some(Box::new(entry)), why })
        }
        _ => Ok(entry),
    }
}

/// Whoever asked may have left.
pub(super) fn tell(recorded: Option<oneshot::Sender<Entry>>, entry: &Entry) {
    if let Some(recorded) = recorded {
        let _ = recorded.send(entry.clone());
    }
}
