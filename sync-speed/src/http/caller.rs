//! Who calls, and how: looked at before anything else, for every path but the health check. Whatever is refused here has
//! not been read further than its head.
//!
//! Addresses decide. So they must be the callers' own: what comes through a proxy that is not configured (a gateway runs
//! on an allowed address) or from a page in a browser (which runs on an allowed machine) is not let in.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, ORIGIN};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};

use super::encrypted::CertificateNames;
use super::{Api, Problem, audit, gateway_caller, gateway_groups, gateways, health, refused};
use crate::access::forwarding::{Forwarding, is_sign_of_a_proxy};
use crate::access::{Admitted, Arrival, Denial, Right, Why};
use crate::tally::Class;

const X_FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

pub(super) async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if !is_change(request.method()) {
        return answer(request, next).await;
    }
    // On its own: a caller who hangs up cuts neither the answer nor the trail off.
    let answered = actix_web::rt::spawn(async move {
        let api = request.app_data::<web::Data<Api>>().cloned();
        let is_gateways = matches!(request.path(), gateways::PATH | refused::PATH);
        let response = answer(request, next).await?;
        // Announcements come all the time, and what a report leads to is in the journal.
        if let Some(api) = api.filter(|_| !is_gateways || !response.status().is_success()) {
            audit::write(&api, &response).await;
        }
        Ok(response)
    });
    answered.await.unwrap_or_else(|error| {
        log::error!("a request broke off: {error}");
        let message = "the request broke off; see the log, ask again";
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "broken-off", message).into())
    })
}

async fn answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let tally = request.app_data::<web::Data<Api>>().map(|api| Arc::clone(&api.downline.tally));
    let answered = checked(request, next).await;
    if let Some(tally) = tally {
        // An error has a response too, by the time it is sent.
        let status =
            answered.as_ref().map_or_else(|error| error.as_response_error().status_code(), ServiceResponse::status);
        tally.mine().answers.count((Class::of(status.as_u16()),));
    }
    answered
}

async fn checked(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let admitted = match request.path() {
        health::PATH => Ok(()),
        gateways::PATH | refused::PATH => gateway_caller::admit(&request).and_then(|()| check_content_type(&request)),
        _ => admit(&request),
    };
    if let Err(problem) = admitted {
        return Ok(request.error_response(problem));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Who was let in, for a resource.
pub(super) fn admitted(request: &HttpRequest) -> Result<Admitted, Problem> {
    let admitted = request.extensions().get::<Admitted>().cloned();
    admitted.ok_or_else(|| Problem::new(StatusCode::FORBIDDEN, "caller-not-allowed", "nobody looked who calls"))
}

/// Who was let in, if that caller may do this.
pub(super) fn with_right(request: &HttpRequest, right: Right) -> Result<Admitted, Problem> {
    let admitted = admitted(request)?;
    if admitted.who.has(right) {
        return Ok(admitted);
    }
    let message =
        format!("{} has no right to this: it needs '{right}' among its rights; nothing was done", admitted.who);
    Err(Problem::new(StatusCode::FORBIDDEN, "no-right", message))
}

fn admit(request: &ServiceRequest) -> Result<(), Problem> {
    let outside =
        |why: &str| Problem::new(StatusCode::FORBIDDEN, "caller-not-allowed", format!("{why}; nothing was done"));
    let api = request.app_data::<web::Data<Api>>().ok_or_else(|| outside("the service is not set up"))?;
    let peer = request.peer_addr().ok_or_else(|| outside("the caller's address is not known"))?.ip();
    let arrival = Arrival {
        peer,
        forwarding: forwarding(request),
        is_from_page: request.headers().contains_key(ORIGIN),
        authorization: authorization(request),
        certificate_names: request.conn_data::<CertificateNames>().map_or(&[], |names| names.0.as_slice()),
        is_change: is_change(request.method()),
    };
    let admitted = api.door.admit(&arrival, api.clock.now_us()).map_err(|denial| {
        let problem = denied(&denial.why);
        say(request, &denial, &problem, api);
        request.extensions_mut().insert(denial);
        problem
    })?;
    request.extensions_mut().insert(admitted);
    if !is_plain(request.path()) {
        return Err(super::problem::no_such(request.method(), request.path()));
    }
    check_content_type(request)
}

/// Of what changes nothing there is no record; of the rest the record says it, but why.
fn say(request: &ServiceRequest, denial: &Denial, problem: &Problem, api: &Api) {
    if is_change(request.method()) {
        log::debug!("{} from {}: {problem}", request.method(), denial.address);
    } else if let Some(more) = api.trail.room_for_refused(denial.address) {
        let path = api.door.rules().redacted(request.path()).escape_debug().to_string();
        let through = denial.proxy.map(|proxy| format!(" (through {proxy})")).unwrap_or_default();
        let (method, address, more) = (request.method(), denial.address, unsaid(more));
        log::warn!("refused {method} {path} from {address}{through}: {problem}{more}");
    }
}

/// How many lines before this one were left out.
pub(super) fn unsaid(count: i64) -> String {
    if count == 0 { String::new() } else { format!(" ({count} before it were not logged)") }
}

/// Reading changes nothing.
pub(super) fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// As an answer.
pub(super) fn denied(why: &Why) -> Problem {
    match why {
        Why::Outside(why) => {
            Problem::new(StatusCode::FORBIDDEN, "caller-not-allowed", format!("{why}; nothing was done"))
        }
        Why::Credentials(why) => {
            let message = format!("{why}: send 'Authorization: Bearer <token>'; nothing was done");
            Problem::new(StatusCode::UNAUTHORIZED, "token", message)
        }
        Why::TooManyWrong(wait) => {
            let message = format!(
                "too many wrong credentials from this address: nothing is compared for {} s; nothing was done",
                wait.seconds
            );
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-attempts", message).retry_after(wait.seconds)
        }
        Why::TooFast(wait) => {
            let message = format!(
                "more requests in a minute than this caller may send (rate-per-minute, its own or eurus.sync-speed's); the next is let in after {} s; \
                 nothing was done",
                wait.seconds
            );
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-fast", message).retry_after(wait.seconds)
        }
    }
}

fn forwarding(request: &ServiceRequest) -> Forwarding<'_> {
    let values = |name| request.headers().get_all(name).map(|value| value.to_str().ok()).collect();
    Forwarding {
        x_forwarded_for: values(X_FORWARDED_FOR),
        forwarded: values(FORWARDED),
        sign: request.headers().keys().map(HeaderName::as_str).find(|name| is_sign_of_a_proxy(name)),
    }
}

/// One header of text; of two, nobody can say which one counts.
fn authorization(request: &ServiceRequest) -> Option<&str> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let first = values.next()?;
    Some(if values.next().is_some() { "" } else { first.to_str().unwrap_or_default() })
}

/// As our own paths are written: nothing encoded, nothing doubled, nothing left open.
fn is_plain(path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\' | b';'))
        && segments.all(|segment| !matches!(segment, "" | "." | ".."))
}

/// A page in a browser can send other types without asking first.
fn check_content_type(request: &ServiceRequest) -> Result<(), Problem> {
    let has_body = match *request.method() {
        Method::POST => true,
        // Elsewhere the answer is 405: nothing is done there, whatever the body.
        Method::PUT => request.path().starts_with(gateway_groups::PREFIX),
        _ => false,
    };
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !has_body || content_type.is_some_and(is_json) {
        return Ok(());
    }
    let message = format!(
        "{} {} takes JSON only, and the body's type (Content-Type) is {}: allowed is 'Content-Type: application/json', with curl \
         -H 'Content-Type: application/json'; nothing was done",
        request.method(),
        request.path(),
        content_type.map_or("not given".to_owned(), |given| format!("'{}'", given.escape_debug()))
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
    fn paths() {
        for (path, expected) in [
            ("/offline", true),
            ("/offline/offline-1", true),
            ("/gateway-groups/A.b_c-1", true),
            ("/offline/", false),
            ("//offline", false),
            ("/%6fffline", false),
            ("/offline%2F", false),
            ("/./offline", false),
            ("/x/../offline", false),
            ("/offline;x", false),
            ("/offline\\", false),
            ("/", false),
            ("", true),
        ] {
            assert_eq!(is_plain(path), expected, "{path}");
        }
    }

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
