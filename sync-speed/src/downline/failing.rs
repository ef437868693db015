//! An entry that failed at the registry, or of which nobody knows.

use eurus_service::Timer;
use tokio::sync::oneshot;

use super::Downline;
use crate::entry::{Entry, EntryState, Step};
use crate::error::Refusal;
use crate::store::{RegistryAnswer, StoreError};

impl Downline {
    /// Nothing has changed: that is written down, and said.
    pub(crate) async fn fail(
        &self,
        mut entry: Entry,
        why: String,
    ) -> Result<(Entry, oneshot::Receiver<Timer>), Refusal> {
        log::error!("{}: failed at the registry, no gateway was told: {why}", entry.id);
        entry.state = EntryState::Failed;
        entry.note = Some(why.clone());
        // None of it comes any more: who asks later must not find it dealt with.
        for instance in entry.instances.iter_mut().filter(|instance| instance.step == Step::Pending) {
            instance.step = Step::Refused;
        }
        if let Err(error) = self.write_answer(&entry).await {
            // The entry stays `recorded`: after a restart the registry is asked again, unless it was overtaken.
            log::error!("{}: that it failed is not in the journal: {error}", entry.id);
        }
        Err(Refusal::Registry { entry: Some(Box::new(entry)), why })
    }

    /// It counts as failed, and stays open in the journal until what the registry did is undone.
    pub(super) async fn leave_unsettled(
        &self,
        mut entry: Entry,
        why: String,
    ) -> Result<(Entry, oneshot::Receiver<Timer>), Refusal> {
        log::error!("{}: {why}; no gateway was told, it is undone as soon as the registry answers", entry.id);
        entry.add_note(&why);
        if let Err(error) = self.write_answer(&entry).await {
            log::error!("{}: that its outcome is unknown is not in the journal: {error}", entry.id);
        }
        if self.leave.try_send(entry.clone()).is_err() {
            log::error!("{}: too many entries are being undone; this one is after the next start", entry.id);
        }
        Err(Refusal::Unknown { entry: Box::new(entry), why })
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
