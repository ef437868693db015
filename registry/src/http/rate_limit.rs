//! The rate limiter at the edge: which requests are fetches, and who fetches.

use actix_web::http::Method;
use actix_web::http::header::HeaderName;

use super::refusal::Refusal;
use super::route::Route;
use super::{Call, header};
use crate::rate_limiter::Fetch;

/// How a client calls itself; Eureka's own say `DefaultClient`.
const CLIENT_NAME_HEADER: HeaderName = HeaderName::from_static("discoveryidentity-name");

/// Refuses a fetch that is over the limits. Heartbeats and changes are never limited.
pub(super) fn check(call: &Call<'_>, route: &Route<'_>) -> Result<(), Refusal> {
    let fetch = match route {
        Route::Apps => Fetch::Full,
        Route::Delta => Fetch::Delta,
        Route::App(_) => Fetch::Application,
        _ => return Ok(()),
    };
    let is_fetch = matches!(*call.request.method(), Method::GET | Method::HEAD);
    let client = header(call.request, CLIENT_NAME_HEADER);
    if !is_fetch || call.registry.rate_limiter().admits(fetch, client, call.now_ms) {
        Ok(())
    } else {
        Err(Refusal::RateLimited)
    }
}
