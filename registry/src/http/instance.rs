//! `apps/{app}/{id}` and `instances/{id}`: one instance as it is this moment; its heartbeat and its end.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, HttpResponseBuilder};
use eurus_model::{Detail, InstanceStatus, json, xml};

use super::accept::Negotiated;
use super::query::{self, Parameters};
use super::refusal::Refusal;
use super::{Call, lists};
use crate::form::{Form, Format};
use crate::registered::Registered;
use crate::store::{Origin, Renewal};

/// The bytes that lists are made of serve a single instance too.
const FULL_JSON: Form = Form { format: Format::Json, detail: Detail::Full };

/// Shows an instance. It is not cached: a change shows at once.
pub(crate) fn show(call: &Call<'_>, found: Option<Arc<Registered>>) -> Result<HttpResponse, Refusal> {
    let negotiated = call.negotiated()?;
    let instance = found.ok_or(Refusal::NotFound)?;
    write(call, HttpResponse::Ok(), &instance, &negotiated)
}

/// The heartbeat.
pub(crate) fn renew(call: &Call<'_>, app: &str, id: &str) -> Result<HttpResponse, Refusal> {
    let negotiated = call.negotiated()?;
    let parameters = Parameters::of(call.request);
    let dirty_ms = parameters.dirty_ms();
    let heartbeat = Heartbeat {
        dirty_ms: dirty_ms.as_ref().ok().copied().flatten(),
        overridden: parameters.get("overriddenstatus"),
        origin: call.origin(),
    };
    let renewal = renew_lease(call, app, id, &heartbeat)?;
    if !matches!(renewal, Renewal::Unknown | Renewal::StatusUnknown) {
        // An unreadable timestamp is told only to who has a lease, as in Java.
        dirty_ms?;
    }
    match renewal {
        Renewal::Renewed => Ok(HttpResponse::Ok().finish()),
        Renewal::Unknown | Renewal::StatusUnknown | Renewal::ClientIsNewer => Err(Refusal::HeartbeatNotFound),
        Renewal::ReplicaIsOlder(held) => write(call, HttpResponse::Conflict(), &held, &negotiated),
    }
}

/// What a heartbeat says.
pub(crate) struct Heartbeat<'a> {
    pub(crate) dirty_ms: Option<i64>,
    /// The override that another registry knows.
    pub(crate) overridden: Option<&'a str>,
    pub(crate) origin: Origin,
}

/// Renews a lease, and takes over the override that a better informed registry brings.
pub(crate) fn renew_lease(call: &Call<'_>, app: &str, id: &str, heartbeat: &Heartbeat<'_>) -> Result<Renewal, Refusal> {
    let renewal = call.registry.renew(app, id, heartbeat.dirty_ms, heartbeat.origin, call.now_ms);
    if heartbeat.origin == Origin::Replica && matches!(renewal, Renewal::ClientIsNewer) {
        let brought: Option<InstanceStatus> =
            heartbeat.overridden.map(|text| query::status("overriddenstatus", text)).transpose()?;
        if let Some(status) = brought.filter(|status| *status != InstanceStatus::Unknown) {
            call.registry.adopt_override(app, id, status, call.now_ms);
        }
    }
    Ok(renewal)
}

/// The instance says goodbye.
pub(crate) fn cancel(call: &Call<'_>, app: &str, id: &str) -> Result<HttpResponse, Refusal> {
    call.negotiated()?;
    if call.registry.cancel(app, id, call.origin(), call.now_ms) {
        Ok(HttpResponse::new(StatusCode::OK))
    } else {
        Err(Refusal::NotFound)
    }
}

fn write(
    call: &Call<'_>,
    mut response: HttpResponseBuilder,
    instance: &Registered,
    negotiated: &Negotiated,
) -> Result<HttpResponse, Refusal> {
    let body = match negotiated.format {
        Format::Json => json::wrap_instance(&instance.fragment(FULL_JSON)),
        Format::Xml => {
            let mut shown = instance.shown();
            shown.status = status_in_single_xml(shown.status);
            xml::encode_instance(&shown, Detail::Full)
        }
    };
    response.insert_header((CONTENT_TYPE, negotiated.label()));
    lists::send_bytes(call, response, body)
}

/// Java takes a single instance in XML for the first version of its protocol, which knows three statuses; recorded
/// so. Lists and JSON show the real one.
fn status_in_single_xml(status: InstanceStatus) -> InstanceStatus {
    match status {
        InstanceStatus::OutOfService | InstanceStatus::Unknown => InstanceStatus::Down,
        InstanceStatus::Up | InstanceStatus::Down | InstanceStatus::Starting => status,
    }
}
