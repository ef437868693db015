//! Entries that a sync-speed has acknowledged: at the end each must still be in its journal, and none that was `done` may
//! be anything else.

use super::super::history::Happening;
use super::super::world::SyncSpeed;
use super::Engine;
use crate::Failure;

/// One of them.
pub(super) struct Acknowledged {
    pub(super) sync_speed: String,
    pub(super) id: String,
    pub(super) state: String,
}

impl Engine {
    /// Asks for all of them, where sync-speed runs.
    pub(in crate::harness) async fn look_into_journals(&mut self) -> Result<(), Failure> {
        for Acknowledged { sync_speed, id, state } in std::mem::take(&mut self.acknowledged) {
            let runs = |one: &SyncSpeed| one.part.name == sync_speed && one.running.is_up();
            if !self.world.sync_speeds.iter().any(runs) {
                continue;
            }
            let found = self.state_of(&sync_speed, &id).await?;
            let is_kept = found.as_ref().is_some_and(|found| state != "done" || found == "done");
            if !is_kept {
                self.note(Happening::EntryLost { sync_speed, id, state, found });
            }
        }
        Ok(())
    }
}
