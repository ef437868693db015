//! Who calls, and how: looked at before anything else, for every path but the health check.
//!
//! The address of the connection decides. So it must be the caller's own: what comes through a proxy (a gateway runs on
//! an allowed address) or from a page in a browser (which runs on an allowed machine) is not let in.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web;

use super::{Api, Problem, health};

/// What a proxy adds; our own gateway sends the first two.
const PROXY_HEADERS: [&str; 5] = ["x-forwarded-for", "forwarded", "x-forwarded-host", "x-forwarded-proto", "via"];

pub(super) async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if request.path() != health::PATH {
        admit(&request)?;
    }
    next.call(request).await
}

fn admit(request: &ServiceRequest) -> Result<(), Problem> {
    let refused = |why: &str| {
        log::warn!("refused {} {}: {why}; nothing was done", request.method(), request.path());
        Problem::new(StatusCode::FORBIDDEN, "caller-not-allowed", format!("{why}; nothing was done"))
    };
    let api = request.app_data::<web::Data<Api>>().ok_or_else(|| refused("the service is not set up"))?;
    // The address of the connection; a forwarding header could be written by anybody.
    let address = request.peer_addr().ok_or_else(|| refused("the caller's address is not known"))?.ip();
    api.callers.check(address).map_err(|outside| refused(&outside.to_string()))?;
    if let Some(header) = PROXY_HEADERS.into_iter().find(|header| request.headers().contains_key(*header)) {
        return Err(refused(&format!("sync-speed is called directly, not through a proxy (header {header})")));
    }
    if request.headers().contains_key(ORIGIN) {
        return Err(refused("sync-speed is not called from pages in a browser (header origin)"));
    }
    check_content_type(request)?;
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match &api.token {
        Some(token) if !token.is_in(header) => {
            let what = if header.is_some() { "the token is not the right one" } else { "no token" };
            log::warn!("refused {} {} from {address}: {what}; nothing was done", request.method(), request.path());
            let message = format!("{what}: send 'Authorization: Bearer <token>'; nothing was done");
            Err(Problem::new(StatusCode::UNAUTHORIZED, "token", message))
        }
        _ => Ok(()),
    }
}

/// A page in a browser can send other types without asking first.
fn check_content_type(request: &ServiceRequest) -> Result<(), Problem> {
    let has_body = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !has_body || content_type.is_some_and(is_json) {
        return Ok(());
    }
    let message = format!(
        "the body's type is {}: send 'Content-Type: application/json'; nothing was done",
        content_type.map_or("not given".to_owned(), |given| format!("'{given}'"))
    );
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", message))
}

/// With parameters, such as a charset.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        for (content_type, accepted) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/json;", true),
            ("text/plain", false),
            ("text/plain; application/json", false),
            ("application/jsonp", false),
            ("", false),
        ] {
            assert_eq!(is_json(content_type), accepted, "{content_type}");
        }
    }
}
