//! `GET /actuator/health`: 200 `{"status":"UP"}`, or 503 with why. Open to every caller, and it says nothing else, but
//! how old the copy of the registry is when that is long: such a copy still serves, so the status stays UP.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::Api;

pub(super) const PATH: &str = "/actuator/health";

pub(super) async fn get(api: web::Data<Api>) -> HttpResponse {
    match api.downline.store.ping().await {
        Ok(()) => HttpResponse::Ok().json(match api.downline.stale_copy() {
            None => json!({"status": "UP"}),
            Some(words) => json!({"status": "UP", "details": {"registry": words}}),
        }),
        Err(error) => {
            log::error!("health: {error}");
            HttpResponse::ServiceUnavailable()
                .json(json!({"status": "DOWN", "details": {"store": "the database does not answer; see the log"}}))
        }
    }
}
