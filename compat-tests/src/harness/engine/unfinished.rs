//! Offlines that were answered `partial`: sync-speed goes on trying, and says in the entry when all is done. From then on
//! the promise of `done` holds as if it had been answered.

use serde_json::Value;

use super::super::history::{Happening, OrderKind};
use super::super::scenario::Program;
use super::Engine;
use crate::Failure;

/// One of them.
pub(super) struct Unfinished {
    pub(super) instance: String,
    pub(super) sync_speed: String,
    /// The entry's.
    pub(super) id: String,
}

impl Engine {
    /// What a later event makes of them: somebody wants something else of the instance, or it begins another life.
    pub(super) fn forget_overtaken(&mut self, what: &Happening) {
        match what {
            Happening::Ordered { kind: OrderKind::Offline, state, .. } if state != "done" && state != "partial" => {}
            Happening::Ordered { instance, .. }
            | Happening::StatusSet { instance }
            | Happening::Cancelled { instance, .. }
            | Happening::Registered { instance, is_new: true, .. } => {
                self.unfinished.retain(|one| one.instance != *instance);
            }
            _ => {}
        }
    }

    /// Asks how they stand.
    pub(super) async fn look_at_unfinished(&mut self) -> Result<(), Failure> {
        for place in (0..self.unfinished.len()).rev() {
            let Unfinished { sync_speed, id, .. } = &self.unfinished[place];
            // One that does not run or answer now is asked at the next look.
            let Ok(state) = self.state_of(sync_speed, id).await? else { continue };
            if state.as_deref() == Some("done") {
                let Unfinished { instance, .. } = self.unfinished.remove(place);
                self.fence(&instance).await?;
                self.note_begun();
                self.note(Happening::Ordered { kind: OrderKind::Offline, instance, state: "done".to_owned() });
            }
        }
        Ok(())
    }

    /// An entry's state, as its sync-speed says: `None`, it does not know the entry; or why that cannot be asked now.
    ///
    /// # Errors
    /// When one in this process does not answer as it should.
    pub(super) async fn state_of(&self, sync_speed: &str, id: &str) -> Result<Result<Option<String>, String>, Failure> {
        let mut going = self.world.sync_speeds.iter().filter(|one| one.running.is_up_and_going());
        let Some(sync_speed) = going.find(|one| one.part.name == sync_speed) else {
            return Ok(Err(format!("{sync_speed} does not run")));
        };
        let is_inside = sync_speed.part.program == Program::Inside;
        match self.entry_at(&format!("{}/offline/{id}", sync_speed.url())).await {
            Ok(entry) => Ok(Ok(entry.and_then(|entry| entry["state"].as_str().map(ToOwned::to_owned)))),
            Err(failure) if is_inside => Err(failure),
            // A process of its own is busy, or gone.
            Err(failure) => Ok(Err(format!("{} does not answer: {failure}", sync_speed.part.name))),
        }
    }

    async fn entry_at(&self, url: &str) -> Result<Option<Value>, Failure> {
        let answer = self.world.stack.http.get(url).send().await?;
        if answer.status() == 404 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&answer.error_for_status()?.bytes().await?)?))
    }
}
