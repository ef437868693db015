//! An entry that failed at the registry, or of which nobody knows.

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use super::Downline;
use crate::entry::{Entry, EntryState, Step};
use crate::error::Refusal;
use crate::notify::Told;
use crate::recovery::{LEFT_MAX, Left};
use crate::store::{RegistryAnswer, StoreError};

impl Downline {
    /// Nothing has changed: that is written down, and said.
    pub(crate) async fn fail(&self, entry: Entry, why: String) -> Result<(Entry, oneshot::Receiver<Told>), Refusal> {
        log::error!("{}: failed at the registry, no gateway was told: {why}", entry.id);
        let entry = self.write_failed(entry, why.clone()).await;
        Err(Refusal::Registry { entry: Some(Box::new(entry)), why })
    }

    /// The journal fails before the registry is asked: nothing changes later either.
    pub(super) async fn fail_unasked(
        &self,
        entry: Entry,
        error: StoreError,
    ) -> Result<(Entry, oneshot::Receiver<Told>), Refusal> {
        log::error!("{}: failed, the registry was not asked: {error}", entry.id);
        self.write_failed(entry, format!("the registry was not asked: {error}")).await;
        Err(Refusal::Store(error))
    }

    async fn write_failed(&self, mut entry: Entry, why: String) -> Entry {
        entry.state = EntryState::Failed;
        entry.note = Some(why);
        // None of it comes any more: who asks later must not find it dealt with.
        for instance in entry.instances.iter_mut().filter(|instance| instance.step == Step::Pending) {
            instance.step = Step::Refused;
        }
        if let Err(error) = self.write_answer(&entry).await {
            log::error!("{}: that it failed is not in the journal: {error}", entry.id);
            self.leave_unwritten(&entry, &error);
        }
        entry
    }

    /// The registry has done its part, and the journal does not know: it is written, and the gateways are told, as soon as
    /// the database works again.
    pub(super) fn leave_unfinished(
        &self,
        entry: Entry,
        error: StoreError,
    ) -> Result<(Entry, oneshot::Receiver<Told>), Refusal> {
        log::error!("{}: the registry has done its part, the journal fails: {error}", entry.id);
        // As it was recorded, but for what the registry did.
        let entry = Entry { state: EntryState::Recorded, nodes: Vec::new(), ..entry };
        self.leave_unwritten(&entry, &error);
        Err(Refusal::Unfinished { entry: Box::new(entry), error })
    }

    /// It counts as failed, and stays open in the journal until what the registry did is undone.
    pub(super) async fn leave_unsettled(
        &self,
        mut entry: Entry,
        why: String,
    ) -> Result<(Entry, oneshot::Receiver<Told>), Refusal> {
        log::error!("{}: {why}; no gateway was told, it is undone as soon as the registry answers", entry.id);
        entry.add_note(&why);
        match self.write_answer(&entry).await {
            Ok(()) => self.leave_to_recovery(Left::Open(entry.clone())),
            Err(error) => {
                log::error!("{}: that its outcome is unknown is not in the journal: {error}", entry.id);
                self.leave_unwritten(&entry, &error);
            }
        }
        Err(Refusal::Unknown { entry: Box::new(entry), why })
    }

    fn leave_unwritten(&self, entry: &Entry, error: &StoreError) {
        // Another node has it: then that one finds out what became of it.
        if !matches!(error, StoreError::TakenOver(_)) {
            self.leave_to_recovery(Left::Unwritten(entry.clone()));
        }
    }

    /// Somebody goes on with it beside requests.
    pub(crate) fn leave_to_recovery(&self, left: Left) {
        if let Err(error) = self.leave.try_send(left) {
            let (TrySendError::Full(left) | TrySendError::Closed(left)) = error;
            log::error!("{}: {LEFT_MAX} entries wait to be finished; this one is after the next start", left.id());
        }
    }

    pub(crate) async fn write_answer(&self, entry: &Entry) -> Result<(), StoreError> {
        self.store
            .registry_answered(RegistryAnswer {
                number: entry.number,
                instances: &entry.instances,
                nodes: &entry.nodes,
                state: entry.state,
                note: entry.note.as_deref(),
                now_ms: self.clock.now_ms(),
            })
            .await
    }
}
