//! Entries that a sync-speed has acknowledged: at the end each must still be in its journal, and none that was `done` may
//! be anything else.

use super::super::checker::Rule;
use super::super::history::Happening;
use super::Engine;
use crate::Failure;

/// One of them.
pub(super) struct Acknowledged {
    pub(super) sync_speed: String,
    pub(super) id: String,
    pub(super) state: String,
}

impl Engine {
    /// Asks for all of them; where that is not possible it is said once.
    pub(in crate::harness) async fn look_into_journals(&mut self) -> Result<(), Failure> {
        for Acknowledged { sync_speed, id, state } in std::mem::take(&mut self.acknowledged) {
            let found = match self.state_of(&sync_speed, &id).await? {
                Ok(found) => found,
                Err(why) => {
                    self.not_checked(Rule::Journal, why);
                    continue;
                }
            };
            let is_kept = found.as_ref().is_some_and(|found| state != "done" || found == "done");
            if !is_kept {
                self.note(Happening::EntryLost { sync_speed, id, state, found });
            }
        }
        Ok(())
    }

    /// A rule that nobody can say anything about at the end, and why.
    pub(in crate::harness) fn not_checked(&mut self, rule: Rule, why: String) {
        let what = Happening::NotChecked { rule, why };
        if !self.history.events.iter().any(|event| event.what == what) {
            self.note(what);
        }
    }
}
