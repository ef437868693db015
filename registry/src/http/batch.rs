//! `POST peerreplication/batch`: what other registries were told, item by item.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use eurus_model::replication::{ReplicationAction as Action, ReplicationItem as Item, decode_batch};
use eurus_model::{Detail, InstanceStatus, json};

use super::Call;
use super::instance::{Heartbeat, renew_lease};
use super::refusal::Refusal;
use super::register::body_format;
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

/// The answer to one item; the other registry looks at nothing else.
struct Outcome {
    status: u16,
    /// Our instance as JSON, where ours is the newer one.
    entity: Option<Vec<u8>>,
}

const OK: Outcome = Outcome { status: 200, entity: None };
const NOT_FOUND: Outcome = Outcome { status: 404, entity: None };
const FAILED: Outcome = Outcome { status: 500, entity: None };

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
    let items = decode_batch(&call.body).map_err(|error| {
        Refusal::Unparsable(
            format,
            format!("the replication batch is unreadable: {}", error.to_string().escape_debug()),
        )
    })?;
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
        Format::Json => write_json(&outcomes),
        Format::Xml => write_xml(&outcomes).into_bytes(),
    };
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, negotiated.content_type)).body(body))
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
            let peer = peer_name(call.peer());
            log::warn!("from {peer}: a replicated registration for {app:?} is unreadable: {}", error.escape_debug());
            return FAILED;
        }
        None => return FAILED,
    };
    match draft.into_instance(app, call.now_ms) {
        // A registry without room has said so in its log; the other one must not send it again for ever.
        Ok(instance) => {
            let _ = call.registry.register(instance, Origin::Replica, call.now_ms);
        }
        // Answered as done, as in Java: the other registry would send it again for ever.
        Err(error) => {
            let (peer, reason) = (peer_name(call.peer()), error.to_string());
            log::warn!("from {peer}: a replicated registration for {app:?} is refused: {}", reason.escape_debug());
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
        Ok(Renewal::ReplicaIsOlder(held)) => {
            let mut entity = Vec::new();
            json::write_instance(&mut entity, &held.shown(), Detail::Full);
            Outcome { status: 409, entity: Some(entity) }
        }
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

fn write_json(outcomes: &[Outcome]) -> Vec<u8> {
    let mut body = br#"{"responseList":["#.to_vec();
    for (place, outcome) in outcomes.iter().enumerate() {
        if place > 0 {
            body.push(b',');
        }
        body.extend_from_slice(format!(r#"{{"statusCode":{}"#, outcome.status).as_bytes());
        if let Some(entity) = &outcome.entity {
            body.extend_from_slice(br#","responseEntity":"#);
            body.extend_from_slice(entity);
        }
        body.push(b'}');
    }
    body.extend_from_slice(b"]}");
    body
}

/// Status codes only: whoever wants our newer instance speaks JSON.
fn write_xml(outcomes: &[Outcome]) -> String {
    const PACKAGE: &str = "com.netflix.eureka.cluster.protocol";
    let items: String = outcomes
        .iter()
        .map(|outcome| {
            format!(
                "    <{PACKAGE}.ReplicationInstanceResponse>\n      <statusCode>{}</statusCode>\n    \
                 </{PACKAGE}.ReplicationInstanceResponse>\n",
                outcome.status
            )
        })
        .collect();
    let list = if items.is_empty() {
        "<responseList/>".to_owned()
    } else {
        format!("<responseList>\n{items}  </responseList>")
    };
    format!("<{PACKAGE}.ReplicationListResponse>\n  {list}\n</{PACKAGE}.ReplicationListResponse>")
}
