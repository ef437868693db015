//! One request on its way to the registry and back, and what goes wrong with it.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;

use super::again::with_headers;
use super::bodies::{broken, rewritten, with_wrong_hash};
use super::{Fault, State, reset};
use crate::Failure;

pub(super) async fn forward(request: HttpRequest, body: Bytes, state: web::Data<State>) -> HttpResponse {
    state.seen.lock().push(format!("{} {}", request.method(), request.path()));
    let fault = state.fault_of(request.path());
    if matches!(fault, Fault::Cut | Fault::Reset) {
        if matches!(fault, Fault::Reset) && !reset::arm(&request) {
            log::warn!("a connection could not be made to end with a reset: it ends");
        }
        return broken();
    }
    if matches!(fault, Fault::Twice) {
        // Whatever comes of the first: it got lost on its way back.
        drop(ask_registry(&request, body.clone(), &state).await);
    }
    match ask_registry(&request, body, &state).await {
        Ok((status, content_type, body)) => {
            let body = match fault {
                Fault::None | Fault::Twice => body,
                Fault::Cut | Fault::Reset => return broken(),
                Fault::Slow(bytes_per_second) => {
                    return state.slow(&request, status, content_type, body, bytes_per_second);
                }
                Fault::Delayed(delay_ms) => {
                    state.delay(&request, delay_ms).await;
                    body
                }
                Fault::WrongHash => with_wrong_hash(&body),
                Fault::Replaced(other) => other,
                Fault::Held => {
                    state.hold(&request).await;
                    body
                }
            };
            let mut answer = HttpResponse::build(status);
            if let Some(content_type) = content_type {
                answer.insert_header((header::CONTENT_TYPE, content_type));
            }
            answer.body(body)
        }
        Err(error) => HttpResponse::BadGateway().body(error.to_string()),
    }
}

type Answer = (StatusCode, Option<String>, Bytes);

async fn ask_registry(request: &HttpRequest, body: Bytes, state: &State) -> Result<Answer, Failure> {
    let query = if request.query_string().is_empty() { String::new() } else { format!("?{}", request.query_string()) };
    let url = format!("{}{}{query}", state.registry_origin, request.path());
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
        .map_err(|error| Failure::new(error.to_string()))?;
    let body = rewritten(body, &state.rewritten.lock());
    let forwarded = with_headers(state.http.request(method, url), request, body).build()?;
    state.sent.note(request, forwarded.try_clone());
    let answer = state.http.execute(forwarded).await?;
    let status = StatusCode::from_u16(answer.status().as_u16()).map_err(|error| Failure::new(error.to_string()))?;
    let content_type =
        answer.headers().get("content-type").and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    Ok((status, content_type, answer.bytes().await?))
}
