//! `POST apps/{app}`: registering.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use eurus_model::{InstanceStatus, json, xml};

use super::refusal::Refusal;
use super::{Call, guard, header};
use crate::access::Role;
use crate::form::Format;
use crate::store::Origin;

/// Registers what the body describes.
pub(crate) fn register(call: &Call<'_>, app: &str) -> Result<HttpResponse, Refusal> {
    let format = body_format(call).ok_or(Refusal::UnsupportedMediaType)?;
    let negotiated = call.negotiated()?;
    if call.body.as_ref() == b"null" && format == Format::Json {
        // JSON's null is readable, and no instance: Java trips over it.
        return Err(Refusal::BadValue("the registration is null, where an instance is expected".to_owned()));
    }
    let draft = match format {
        Format::Json => json::decode_registration(call.body),
        Format::Xml => xml::decode_registration(call.body),
    };
    let draft =
        draft.map_err(|error| Refusal::Unparsable(format, format!("the registration is unreadable: {error}")))?;
    let unknown_status = draft.unknown_status().map(ToOwned::to_owned);
    let mut instance = draft.into_instance(app, call.now_ms).map_err(|error| Refusal::Invalid(error, negotiated))?;
    if let Some(word) = unknown_status {
        call.context.complaints.note_unknown_status(call.peer(), &instance, &word, call.now_ms);
    }
    if call.origin() == Origin::Client && !guard::may(call.request, Role::Operate, call.context) {
        // Who may not override a status by asking for it may not do so by a registration either.
        instance.overridden_status = InstanceStatus::Unknown;
    }
    call.registry.register(instance, call.origin(), call.now_ms).map_err(Refusal::NoRoom)?;
    Ok(HttpResponse::NoContent().finish())
}

/// The format that `Content-Type` names, if it is one that is read here.
pub(crate) fn body_format(call: &Call<'_>) -> Option<Format> {
    let content_type = header(call.request, CONTENT_TYPE)?;
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    match kind.to_ascii_lowercase().as_str() {
        "application/json" => Some(Format::Json),
        "application/xml" => Some(Format::Xml),
        _ => None,
    }
}
