//! What a harness's plan does to requests: before a change or a list, and before a change is answered.

use actix_web::HttpRequest;
use actix_web::http::{Method, StatusCode};
use eurus_service::Faults;
use eurus_service::faults::{Point, Way};

use super::refusal::Refusal;
use super::route::Route;
use crate::points;

/// Before anything is done.
pub(super) async fn before(
    faults: &Faults,
    request: &HttpRequest,
    body: &[u8],
    route: Option<&Route<'_>>,
) -> Result<(), Refusal> {
    let point = match route {
        Some(Route::Apps | Route::Delta | Route::App(_) | Route::Vip(..)) if is_read(request) => &points::READ,
        Some(route) if !is_read(request) && !route.is_management() => &points::CHANGE,
        _ => return Ok(()),
    };
    pass(faults, point, request, body).await
}

/// Before the answer to a change.
pub(super) async fn after(faults: &Faults, request: &HttpRequest, body: &[u8]) -> Result<(), Refusal> {
    if is_read(request) { Ok(()) } else { pass(faults, &points::CHANGED, request, body).await }
}

fn is_read(request: &HttpRequest) -> bool {
    !matches!(*request.method(), Method::POST | Method::PUT | Method::DELETE)
}

/// An instance's id stands in the path, or in the body of its registration.
async fn pass(faults: &Faults, point: &'static Point, request: &HttpRequest, body: &[u8]) -> Result<(), Refusal> {
    if !faults.is_planned() {
        return Ok(());
    }
    let about = format!("{} {}", request.path(), String::from_utf8_lossy(body));
    match faults.pass(point, &about).await {
        Way::On | Way::Skips => Ok(()),
        Way::Fails => Err(Refusal::Explained(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("made to fail by a fault plan, before {}", point.what),
        )),
    }
}
