//! `apps`, `apps/delta`, `apps/{app}`, `vips/{address}`, `svips/{address}`: from the response caches.

use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use actix_web::{HttpResponse, web};

use super::accept::takes_gzip;
use super::refusal::Refusal;
use super::slices::Slices;
use super::{Call, header};
use crate::form::Form;
use crate::payload::Payload;
use crate::response_cache::Entity;

/// The delta, unless it is switched off.
pub(crate) async fn delta(call: &Call<'_>) -> Result<HttpResponse, Refusal> {
    if call.registry.config().disable_delta {
        return Err(Refusal::DeltaDisabled);
    }
    list(call, Entity::Delta).await
}

/// A list, ready-made if it is cached.
pub(crate) async fn list(call: &Call<'_>, entity: Entity) -> Result<HttpResponse, Refusal> {
    let negotiated = call.negotiated()?;
    let form = Form { format: negotiated.format, detail: call.detail() };
    let answer = match call.registry.cached(&entity, form, call.now_ms) {
        Some(answer) => answer,
        None => {
            let (registry, now_ms) = (call.registry.clone(), call.now_ms);
            // Building takes as long as there are instances: not on the thread that serves the others.
            web::block(move || registry.load(&entity, form, now_ms)).await.map_err(|error| {
                log::error!("building a list was cut short: {error}");
                Refusal::Failed
            })?
        }
    };
    let payload = answer.ok_or(Refusal::NotFound)?;
    Ok(respond(call, &payload, &negotiated.content_type))
}

fn respond(call: &Call<'_>, payload: &Payload, content_type: &str) -> HttpResponse {
    let tag = format!("W/\"{:x}-{:x}\"", call.registry.started_ms(), payload.number);
    let known = header(call.request, IF_NONE_MATCH).unwrap_or_default();
    let is_known = known.split(',').any(|one| one.trim() == tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((VARY, "Accept, Accept-Encoding, X-Eureka-Accept"));
    response.insert_header((ETAG, tag));
    if is_known {
        return response.finish();
    }
    let gzip = payload.gzip.as_ref().filter(|_| takes_gzip(header(call.request, ACCEPT_ENCODING)));
    // Java echoes parameters of the media type only where it does not compress.
    let mut content_type = content_type;
    if gzip.is_some() {
        response.insert_header((CONTENT_ENCODING, "gzip"));
        content_type = content_type.split(';').next().unwrap_or_default();
    }
    response.insert_header((CONTENT_TYPE, content_type)).body(Slices::of(gzip.unwrap_or(&payload.plain).clone()))
}
