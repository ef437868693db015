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
    /// When it ends by itself.
    pub(super) until_ms: Option<i64>,
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
            let Unfinished { sync_speed, id, instance, .. } = &self.unfinished[place];
            // One that does not run or answer now is asked at the next look.
            let Ok(Some(entry)) = self.entry_of(sync_speed, id).await? else { continue };
            let mut named = entry["instances"].as_array().into_iter().flatten();
            let instance_id = self.world.id_of(instance);
            // An entry that is done may have found one of them in another life.
            let is_out =
                named.any(|one| one["instanceId"].as_str() == instance_id.as_deref() && one["outcome"] == "done");
            if entry["state"] == "done" {
                let Unfinished { instance, until_ms, .. } = self.unfinished.remove(place);
                if !is_out {
                    continue;
                }
                self.fence(&instance).await?;
                self.note_begun();
                self.expires(&instance, until_ms);
                self.note(Happening::Ordered { kind: OrderKind::Offline, instance, state: "done".to_owned() });
                // It may have ended before everybody had it.
                self.look_at_expiring();
            }
        }
        Ok(())
    }

    /// From now on that is out, until that moment.
    pub(super) fn expires(&mut self, instance: &str, until_ms: Option<i64>) {
        self.expiring.retain(|(_, other)| other != instance);
        self.expiring.extend(until_ms.map(|until_ms| (until_ms, instance.to_owned())));
    }

    /// Where the time is over nothing is promised any more.
    pub(super) fn look_at_expiring(&mut self) {
        let now_ms = self.world.now_ms();
        let (over, left) =
            std::mem::take(&mut self.expiring).into_iter().partition(|(until_ms, _)| *until_ms <= now_ms);
        self.expiring = left;
        for (_, instance) in over {
            self.note(Happening::Ordered { kind: OrderKind::Online, instance, state: "asked".to_owned() });
        }
    }

    /// An entry's state, as its sync-speed says: `None`, it does not know the entry; or why that cannot be asked now.
    ///
    /// # Errors
    /// When one in this process does not answer as it should.
    pub(super) async fn state_of(&self, sync_speed: &str, id: &str) -> Result<Result<Option<String>, String>, Failure> {
        let entry = self.entry_of(sync_speed, id).await?;
        Ok(entry.map(|entry| entry.and_then(|entry| entry["state"].as_str().map(ToOwned::to_owned))))
    }

    async fn entry_of(&self, sync_speed: &str, id: &str) -> Result<Result<Option<Value>, String>, Failure> {
        let mut going = self.world.sync_speeds.iter().filter(|one| one.running.is_up_and_going());
        let Some(sync_speed) = going.find(|one| one.part.name == sync_speed) else {
            return Ok(Err(format!("{sync_speed} does not run")));
        };
        let is_inside = sync_speed.part.program == Program::Inside;
        match self.entry_at(&format!("{}/offline/{id}", sync_speed.url())).await {
            Ok(entry) => Ok(Ok(entry)),
            Err(failure) if is_inside && !sync_speed.faults.is_killed() => Err(failure),
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
