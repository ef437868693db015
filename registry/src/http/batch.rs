//! `POST peerreplication/batch`: what other registries were told, item by item.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use eurus_model::InstanceStatus;
use eurus_model::replication::{ReplicationAction as Action, ReplicationItem as Item, decode_batch};

use super::batch_answer::{self, ENTITY_BYTES_MAX, Outcome};
use super::instance::{Heartbeat, renew_lease};
use super::refusal::Refusal;
use super::register::body_format;
use super::{Call, lists};
use crate::form::Format;
use crate::peer_pauses::peer_name;
use crate::store::{Origin, Renewal, StatusChange};
use crate::tally::OverrideChange;
use crate::traffic::ItemAction;

impl From<Option<Action>> for ItemAction {
    fn from(action: Option<Action>) -> Self {
        match action {
            Some(Action::Register) => Self::Register,
            Some(Action::Heartbeat) => Self::Heartbeat,
            Some(Action::Cancel) => Self::Cancel,
            Some(Action::StatusUpdate) => Self::StatusUpdate,
            Some(Action::DeleteStatusOverride) => Self::DeleteStatusOverride,
            None => Self::None,
        }
    }
}

const OK: Outcome = Outcome { status: 200, newer: None };
const NOT_FOUND: Outcome = Outcome { status: 404, newer: None };
const FAILED: Outcome = Outcome { status: 500, newer: None };

fn found(found: bool) -> Outcome {
    if found { OK } else { NOT_FOUND }
}

/// Applies a batch. Every item gets its own answer; a bad one does not stop the others.
pub(crate) fn replicate(call: &Call<'_>) -> Result<HttpResponse, Refusal> {
    let format = body_format(call).ok_or(Refusal::UnsupportedMediaType)?;
    let negotiated = call.negotiated()?;
    if format == Format::Xml {
        // Peers speak JSON; Java has no XML reader for batches either.
        return Err(Refusal::Unparsable(format, "replication batches are read as application/json only".to_owned()));
    }
    let items = decode_batch(call.body)
        .map_err(|error| Refusal::Unparsable(format, format!("the replication batch is unreadable: {error}")))?;
    let items = items.ok_or_else(|| Refusal::BadValue("replicationList is missing".to_owned()))?;
    let outcomes: Vec<Outcome> = items
        .into_iter()
        .map(|item| {
            let action = item.action.into();
            let outcome = apply(call, item);
            call.context.traffic.batch_item(action, outcome.status);
            outcome
        })
        .collect();
    let body = match negotiated.format {
        Format::Json => batch_answer::json(&outcomes, ENTITY_BYTES_MAX),
        Format::Xml => batch_answer::xml(&outcomes),
    };
    if body.left_out > 0 {
        say_left_out(call, body.left_out);
    }
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, negotiated.label()));
    lists::send_bytes(call, response, body.bytes)
}

fn say_left_out(call: &Call<'_>, left_out: usize) {
    if let Some(untold) = call.context.traffic.batch_answers_cut().hit(call.now_ms) {
        let peer = peer_name(call.peer());
        log::warn!(
            "a batch from {peer} brings old states of large instances: {left_out} of the newer ones are left out of an \
             answer of {ENTITY_BYTES_MAX} bytes; large metadata is better kept elsewhere{untold}"
        );
    }
}

fn apply(call: &Call<'_>, item: Item) -> Outcome {
    let (Some(action), Some(app), Some(id)) = (item.action, &item.app_name, &item.id) else {
        return FAILED;
    };
    let (app, id) = (app.to_uppercase(), id.clone());
    match action {
        Action::Register => register(call, &app, item),
        Action::Heartbeat => heartbeat(call, &app, &id, &item),
        Action::Cancel => found(call.registry.cancel(&app, &id, Origin::Replica, call.now_ms)),
        Action::StatusUpdate | Action::DeleteStatusOverride => status(call, &app, &id, &item, action),
    }
}

fn register(call: &Call<'_>, app: &str, item: Item) -> Outcome {
    let draft = match item.instance_info {
        Some(Ok(draft)) => draft,
        Some(Err(error)) => {
            call.context.complaints.note_item(call.peer(), app, "is unreadable", &error, call.now_ms);
            return FAILED;
        }
        None => return FAILED,
    };
    let unknown_status = draft.unknown_status().map(ToOwned::to_owned);
    match draft.into_instance(app, call.now_ms) {
        // A registry without room has said so in its log; the other one must not send it again for ever.
        Ok(instance) => {
            if let Some(word) = unknown_status {
                call.context.complaints.note_unknown_status(call.peer(), &instance, &word, call.now_ms);
            }
            let _ = call.registry.register(instance, Origin::Replica, call.now_ms);
        }
        // Answered as done, as in Java: the other registry would send it again for ever.
        Err(error) => {
            call.context.complaints.note_item(call.peer(), app, "is refused", &error.to_string(), call.now_ms);
        }
    }
    OK
}

fn heartbeat(call: &Call<'_>, app: &str, id: &str, item: &Item) -> Outcome {
    let heartbeat = Heartbeat {
        dirty_ms: item.last_dirty_timestamp,
        overridden: item.overridden_status.as_deref(),
        origin: Origin::Replica,
    };
    match renew_lease(call, app, id, &heartbeat) {
        Ok(Renewal::Renewed) => OK,
        Ok(Renewal::Unknown | Renewal::StatusUnknown | Renewal::ClientIsNewer) => NOT_FOUND,
        Ok(Renewal::ReplicaIsOlder(held)) => Outcome { status: 409, newer: Some(held) },
        Err(_) => FAILED,
    }
}

fn status(call: &Call<'_>, app: &str, id: &str, item: &Item, action: Action) -> Outcome {
    if matches!(action, Action::DeleteStatusOverride) && item.last_dirty_timestamp.is_none() {
        // Whoever it is about: Java needs the time before it looks.
        return FAILED;
    }
    if call.registry.instance(app, id, call.now_ms).is_none() {
        let change = match action {
            Action::DeleteStatusOverride => OverrideChange::Removed,
            _ => OverrideChange::Set,
        };
        call.registry.tally().nobody_to_override(change, Origin::Replica);
        return NOT_FOUND;
    }
    let Ok(status) = item.status.as_deref().map(str::parse::<InstanceStatus>).transpose() else {
        return FAILED;
    };
    let dirty_ms = item.last_dirty_timestamp;
    let change = |status| StatusChange { status, dirty_ms, origin: Origin::Replica, peer: call.peer() };
    match (action, status) {
        (Action::StatusUpdate, Some(status)) => found(call.registry.set_status(app, id, change(status), call.now_ms)),
        (Action::DeleteStatusOverride, status) => {
            let change = change(status.unwrap_or(InstanceStatus::Unknown));
            found(call.registry.remove_override(app, id, change, call.now_ms))
        }
        _ => FAILED,
    }
}
