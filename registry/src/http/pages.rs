//! `/`, `/lastn`, `/actuator` and `/actuator/health`: for people, and for whoever watches the process. Plain pages without scripts.

mod dashboard;
mod endpoints;
mod frame;
mod last_leases;
mod preservation;

pub(crate) use dashboard::dashboard;
pub(crate) use endpoints::endpoints;
pub(crate) use last_leases::last_leases;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;

/// A process that answers can serve: the registry depends on nothing else.
pub(crate) fn health() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(r#"{"status":"UP"}"#)
}
