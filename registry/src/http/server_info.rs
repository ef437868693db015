//! `serverinfo/statusoverrides`: which overrides are in force.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;

use super::Call;
use super::refusal::Refusal;

/// All overrides as one JSON object, status by instance id. JSON whatever is asked for, as in Netflix's server.
pub(crate) fn status_overrides(call: &Call<'_>) -> Result<HttpResponse, Refusal> {
    let overrides = call.registry.store().overrides(call.now_ms);
    let by_id: serde_json::Map<String, serde_json::Value> =
        overrides.into_iter().map(|(id, status)| (id, status.as_str().into())).collect();
    let body = serde_json::Value::Object(by_id).to_string();
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(body))
}
