//! Who calls: looked at before anything else, for every path but the health check.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web;

use super::{Api, Problem, health};

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
