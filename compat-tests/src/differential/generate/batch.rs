//! Replication batches: several items, each about another id, so that what one does is not undone by the next.

use serde_json::{Value, json};

use super::{Dice, STATUSES};
use crate::differential::request::Request;
use crate::differential::step::{Effect, IDS, Operation, Place};

const ACTIONS: [&str; 5] = ["Register", "Heartbeat", "Cancel", "StatusUpdate", "DeleteStatusOverride"];

impl Dice<'_> {
    pub(super) fn batch(&mut self) -> Operation {
        let (mut items, mut effects) = (Vec::new(), Vec::new());
        let mut ids: Vec<usize> = (0..IDS.len()).collect();
        self.rng.shuffle(&mut ids);
        for id in ids.into_iter().take(self.rng.usize(1..IDS.len())) {
            let place = Place { id, ..self.place() };
            let (item, effect) = self.item(place);
            items.push(item);
            effects.push((place, effect));
        }
        let slash = self.one_of(&["", "/"]);
        let mut request = Request::new("POST", format!("/eureka/peerreplication/batch{slash}"));
        if !self.once_in(10) {
            request = request.header("accept", self.accept());
        }
        let body = json!({ "replicationList": items }).to_string();
        Operation { request: request.body("application/json", body), effects, list: None }
    }

    fn item(&mut self, place: Place) -> (Value, Effect) {
        let action = self.one_of(&ACTIONS);
        let status = if self.once_in(12) { "BOGUS" } else { self.one_of(&STATUSES) };
        let mut dirty_ms = if self.once_in(10) { None } else { Some(self.dirty_ms()) };
        let mut item = json!({
            "appName": place.app(),
            "id": place.id(),
            "overriddenStatus": null,
            "status": status,
            "instanceInfo": null,
            "action": action,
        });
        let effect = match action {
            "Register" => {
                let body = self.registration_body(place);
                dirty_ms = body.dirty_ms();
                item["instanceInfo"] = body.json();
                body.effect()
            }
            "Heartbeat" => {
                let brought = self.once_in(3).then(|| self.one_of(&["UP", "OUT_OF_SERVICE", "UNKNOWN"]).to_owned());
                item["overriddenStatus"] = json!(brought);
                Effect::Heartbeat { brought, dirty_ms }
            }
            "StatusUpdate" => Effect::SetStatus { value: Some(status.to_owned()), bad_dirty: false },
            "DeleteStatusOverride" => Effect::DeleteOverride { bad_dirty: false },
            _ => Effect::Cancel,
        };
        item["lastDirtyTimestamp"] = json!(dirty_ms);
        (item, effect)
    }
}
