//! Heartbeats, statuses, metadata, ends.

use super::{Dice, REPLICATION, STATUSES};
use crate::differential::request::{Request, encoded};
use crate::differential::step::{Effect, Operation, Place};

const METADATA_QUERIES: [&str; 7] =
    ["zone=z9", "zone=z8&note=b%20c", "k1=", "k1", "a=1&a=2", "note=%3Cb%3E%26%C3%BC", ""];

impl Dice<'_> {
    pub(super) fn heartbeat(&mut self) -> Operation {
        let place = self.place();
        let mut query: Vec<String> = Vec::new();
        if self.once_in(3) {
            query.push(format!("status={}", self.one_of(&STATUSES)));
        }
        let dirty_ms = if self.once_in(3) { None } else { Some(self.dirty_ms()) };
        match dirty_ms {
            Some(dirty_ms) => query.push(format!("lastDirtyTimestamp={dirty_ms}")),
            None if self.once_in(10) => query.push("lastDirtyTimestamp=abc".to_owned()),
            None => {}
        }
        let is_replica = self.once_in(3);
        let mut brought = None;
        if self.once_in(6) {
            let status = self.one_of(&["UP", "DOWN", "OUT_OF_SERVICE", "UNKNOWN", "BOGUS"]).to_owned();
            query.push(format!("overriddenstatus={status}"));
            brought = is_replica.then_some(status);
        }
        let request = self.about("PUT", place, "", &query, is_replica);
        Operation::about(request, place, Effect::Heartbeat { brought, dirty_ms })
    }

    pub(super) fn status_change(&mut self) -> Operation {
        let place = self.place();
        let value = match self.rng.u32(0..14) {
            0 => None,
            1 => Some("out_of_service".to_owned()),
            2 => Some("BOGUS".to_owned()),
            _ => Some(self.one_of(&STATUSES).to_owned()),
        };
        let mut query: Vec<String> = value.iter().map(|value| format!("value={value}")).collect();
        let (dirty, bad_dirty) = self.dirty_parameter();
        query.extend(dirty);
        let is_replica = self.once_in(4);
        let request = self.about("PUT", place, "/status", &query, is_replica);
        Operation::about(request, place, Effect::SetStatus { value, bad_dirty })
    }

    pub(super) fn override_removal(&mut self) -> Operation {
        let place = self.place();
        let mut query = Vec::new();
        if self.once_in(2) {
            query.push(format!("value={}", self.one_of(&STATUSES)));
        } else if self.once_in(8) {
            query.push("value=nonsense".to_owned());
        }
        let (dirty, bad_dirty) = self.dirty_parameter();
        query.extend(dirty);
        let is_replica = self.once_in(4);
        let request = self.about("DELETE", place, "/status", &query, is_replica);
        Operation::about(request, place, Effect::DeleteOverride { bad_dirty })
    }

    pub(super) fn metadata_change(&mut self) -> Operation {
        let place = self.place();
        let query = [self.one_of(&METADATA_QUERIES).to_owned()];
        Operation::about(self.about("PUT", place, "/metadata", &query, false), place, Effect::Metadata)
    }

    pub(super) fn cancellation(&mut self) -> Operation {
        let place = self.place();
        let is_replica = self.once_in(4);
        Operation::about(self.about("DELETE", place, "", &[], is_replica), place, Effect::Cancel)
    }

    fn dirty_parameter(&mut self) -> (Option<String>, bool) {
        match self.rng.u32(0..12) {
            0..5 => (Some(format!("lastDirtyTimestamp={}", self.dirty_ms())), false),
            5 => (Some("lastDirtyTimestamp=12x".to_owned()), true),
            _ => (None, false),
        }
    }

    fn about(&mut self, method: &'static str, place: Place, what: &str, query: &[String], is_replica: bool) -> Request {
        let app = if self.once_in(12) { place.app().to_lowercase() } else { place.app().to_owned() };
        let slash = if self.once_in(15) { "/" } else { "" };
        let mark = if query.is_empty() { "" } else { "?" };
        let (id, query) = (self.segment(&place.id()), query.join("&"));
        let mut request = Request::new(method, format!("/eureka/apps/{app}/{id}{what}{slash}{mark}{query}"));
        if is_replica {
            request = request.header(REPLICATION, "true");
        }
        if !self.once_in(4) {
            request = request.header("accept", self.accept());
        }
        request
    }

    /// An id in a path: with its colon as it is, or encoded.
    pub(super) fn segment(&mut self, id: &str) -> String {
        if self.once_in(2) { encoded(id).replace("%3A", ":") } else { encoded(id) }
    }
}
