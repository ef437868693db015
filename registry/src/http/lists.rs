//! `apps`, `apps/delta`, `apps/{app}`, `vips/{address}`, `svips/{address}`: from the response caches.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder, web};

use super::accept::{Negotiated, takes_gzip};
use super::outbox::{HandedOver, Outbox};
use super::refusal::Refusal;
use super::slices::Slices;
use super::{Call, header};
use crate::content::Content;
use crate::form::Form;
use crate::payload::Payload;
use crate::response_cache::Entity;

/// Smaller bodies go through the server framework: a copy of them costs less than the way around it.
const HANDED_OVER_BYTES_MIN: usize = 16 << 10;

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
    respond(call, &payload, &negotiated)
}

fn respond(call: &Call<'_>, payload: &Payload, negotiated: &Negotiated) -> Result<HttpResponse, Refusal> {
    let tag = format!("W/\"{:x}-{:x}\"", call.registry.started_ms(), payload.number);
    let known = header(call.request, IF_NONE_MATCH).unwrap_or_default();
    let is_known = known.split(',').any(|one| one.trim() == tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((VARY, "Accept, Accept-Encoding, X-Eureka-Accept"));
    response.insert_header((ETAG, tag));
    if is_known {
        return Ok(response.finish());
    }
    let gzip = payload.gzip.as_ref().filter(|_| takes_gzip(header(call.request, ACCEPT_ENCODING)));
    // Java echoes parameters of the media type only where it does not compress.
    if gzip.is_some() {
        response.insert_header((CONTENT_ENCODING, "gzip"));
        response.insert_header((CONTENT_TYPE, negotiated.bare_label()));
    } else {
        response.insert_header((CONTENT_TYPE, negotiated.label()));
    }
    send(call, response, gzip.unwrap_or(&payload.plain))
}

/// A body that is made for this answer alone.
pub(super) fn send_bytes(
    call: &Call<'_>,
    mut response: HttpResponseBuilder,
    body: Vec<u8>,
) -> Result<HttpResponse, Refusal> {
    if body.len() < HANDED_OVER_BYTES_MIN {
        return Ok(response.body(body));
    }
    send(call, response, &Arc::new(body.into()))
}

/// A large body is the connection's to send, unless it is encrypted or only its length is asked for.
fn send(call: &Call<'_>, mut response: HttpResponseBuilder, content: &Arc<Content>) -> Result<HttpResponse, Refusal> {
    let outbox = call.request.conn_data::<Rc<Outbox>>();
    let outbox = outbox.filter(|_| content.len() >= HANDED_OVER_BYTES_MIN && *call.request.method() != Method::HEAD);
    let Some(outbox) = outbox else {
        return Ok(response.body(Slices::of(content.bytes().clone())));
    };
    let Some(held) = call.context.watch.answers.hold(content, call.now_ms) else {
        let why = "callers are slow to take other large lists; try again";
        return Err(Refusal::Explained(StatusCode::SERVICE_UNAVAILABLE, why.to_owned()));
    };
    if content.note_sent() {
        let (content, registry, now_ms) = (Arc::clone(content), Arc::clone(&call.registry), call.now_ms);
        // It takes a while, and what is sent meanwhile is sent from ordinary memory: nobody waits for it.
        drop(web::block(move || content.make_file(registry.cache().memory_files(), now_ms)));
    }
    let bytes = content.len() as u64;
    call.noted.handed_over_bytes.set(bytes);
    Ok(response.no_chunking(bytes).body(HandedOver::new(Rc::clone(outbox), Arc::clone(content), held)))
}
