//! `apps/{app}/{id}/status` and `…/metadata`: what others decide about an instance.

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use eurus_model::InstanceStatus;

use super::Call;
use super::instance;
use super::query::{Parameters, STATUSES};
use super::refusal::Refusal;
use crate::store::StatusChange;
use crate::tally::OverrideChange;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const REPRESENTATION: &str = "return=representation";

/// `PUT …/status?value=`: overrides the status.
pub(crate) fn set(call: &Call<'_>, app: &str, id: &str) -> Result<HttpResponse, Refusal> {
    let parameters = known_instance(call, app, id, OverrideChange::Set)?;
    let status = parameters.status("value")?;
    let status = status.ok_or_else(|| Refusal::BadValue(format!("value is missing: it must be {STATUSES}")))?;
    let change = change(call, &parameters, status)?;
    changed(call, app, id, call.registry.set_status(app, id, change, call.now_ms))
}

/// `DELETE …/status?value=`: takes the override back. Without a value the status is unknown until the instance
/// registers again.
pub(crate) fn remove_override(call: &Call<'_>, app: &str, id: &str) -> Result<HttpResponse, Refusal> {
    let parameters = known_instance(call, app, id, OverrideChange::Removed)?;
    let status = parameters.status("value")?.unwrap_or(InstanceStatus::Unknown);
    let change = change(call, &parameters, status)?;
    changed(call, app, id, call.registry.remove_override(app, id, change, call.now_ms))
}

/// `PUT …/metadata?key=value`: adds to the metadata.
pub(crate) fn put_metadata(call: &Call<'_>, app: &str, id: &str) -> Result<HttpResponse, Refusal> {
    call.negotiated()?;
    let entries = Parameters::of(call.request).into_pairs();
    found(call.registry.put_metadata(app, id, entries, call.now_ms).map_err(Refusal::NoRoom)?)
}

/// An unknown instance is told before a bad parameter.
fn known_instance<'a>(call: &Call<'a>, app: &str, id: &str, change: OverrideChange) -> Result<Parameters<'a>, Refusal> {
    call.negotiated()?;
    if call.registry.instance(app, id, call.now_ms).is_none() {
        call.registry.tally().nobody_to_override(change, call.origin());
        return Err(Refusal::NotFound);
    }
    Ok(Parameters::of(call.request))
}

fn change(call: &Call<'_>, parameters: &Parameters, status: InstanceStatus) -> Result<StatusChange, Refusal> {
    Ok(StatusChange { status, dirty_ms: parameters.dirty_ms()?, origin: call.origin(), peer: call.peer() })
}

/// Java's answer is empty. Who prefers a representation (RFC 7240) is shown the instance as it is now, and need not ask.
fn changed(call: &Call<'_>, app: &str, id: &str, is_known: bool) -> Result<HttpResponse, Refusal> {
    let prefers = call.request.headers().get_all(PREFER).filter_map(|value| value.to_str().ok());
    if !is_known || !prefers.flat_map(|value| value.split(',')).any(|one| one.trim() == REPRESENTATION) {
        return found(is_known);
    }
    let mut shown = instance::show(call, call.registry.instance(app, id, call.now_ms))?;
    shown.headers_mut().insert(PREFERENCE_APPLIED, HeaderValue::from_static(REPRESENTATION));
    Ok(shown)
}

fn found(found: bool) -> Result<HttpResponse, Refusal> {
    if found { Ok(HttpResponse::Ok().finish()) } else { Err(Refusal::NotFound) }
}
