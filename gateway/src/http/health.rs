//! `GET /actuator/health`: Spring's form. UP once a copy was fetched: a gateway without one can serve nobody.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;

use super::Admin;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

#[derive(Serialize)]
struct Details {
    registry: &'static str,
}

pub(super) async fn health(admin: Data<Admin>) -> HttpResponse {
    match admin.directory.snapshot().received_ms {
        Some(_) => HttpResponse::Ok().json(Health { status: "UP", details: None }),
        None => {
            let registry = "nothing was fetched from a registry yet: no service is known";
            HttpResponse::ServiceUnavailable().json(Health { status: "DOWN", details: Some(Details { registry }) })
        }
    }
}
