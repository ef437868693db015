//! THE request path, in order:
//!
//! ```text
//! serve ─► judge ─► (health check: answer::health)
//!            └────► route ─► set headers ─►┬► pick ─► connect ─► start ─► send ─►┬► answer::pass ─► the caller (101: upgrade)
//!            │                    │   │         │         │        │    │
//!            │                    │   │         │         └ closed meanwhile: pick again
//!            │                    └───┼─────────┴──────────────────┴ safe to try again, and tries left
//!            └────────────────────────┴───────────────────► answer::error ─► the caller
//! ```
//!
//! `start` is the last step before the first byte and waits for nothing (but for a harness's plan): see [`Endpoint`](crate::endpoint::Endpoint)
//! for what it guards.

use std::pin::pin;
use std::rc::Rc;

use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode, Uri, Version};
use hyper::body::{Body as _, Incoming};

use crate::account::{Account, SeenBody};
use crate::answer::{self, AnswerBody};
use crate::caller::Caller;
use crate::config::EdgeConfig;
use crate::endpoint::Endpoint;
use crate::error::{ErrorKind, RequestError, Retry, Source};
use crate::grpc::Call;
use crate::headers::{self, Passing};
use crate::judgement::{judge, within_body_limit};
use crate::pick::{Choice, pick};
use crate::points;
use crate::product;
use crate::request_id::X_REQUEST_ID;
use crate::routes::{Routed, service_of};
use crate::time_limits::{TimeLimits, Whole, within};
use crate::tries::Tries;
use crate::upgrade::Protocols;
use crate::upgrade::extended_connect::as_upgrade;
use crate::upstream::connection::connection;
use crate::upstream::send::{Answer, Outgoing, send};
use crate::upstream::upload::Upload;
use crate::worker::Worker;

/// One request, from its head to the head of its answer; bodies stream behind.
pub(crate) async fn serve(worker: Rc<Worker>, caller: Caller, request: Request<Incoming>) -> Response<SeenBody> {
    let (head, body) = request.into_parts();
    let judged = judge(&worker.config.limits, caller.verdicts.as_deref(), &head, &body);
    if judged.is_ok() && product::is_health_check(&head.method, head.uri.path()) {
        let answer = answer::health(worker.directory.snapshot().received_ms.is_some() && !worker.leaving.has_begun());
        return answer.map(|body| SeenBody::new(body, None));
    }
    let mut account = Account::open(&worker, &caller, &head);
    let call = Call::of(&head);
    let (uri, request_id) = (head.uri.clone(), caller.request_id.clone());
    let asks_to_close = worker.leaving.has_begun() && head.version < Version::HTTP_2;
    let outcome = match judged {
        Ok(()) => forward(&worker, &caller, (head, call), body, &mut account).await,
        Err(error) => Err(error),
    };
    let mut answer = match outcome {
        Ok(answer) => answer::pass(&worker, answer, caller),
        Err(error) => {
            account.failed(&error);
            refuse(&worker, &caller, (&uri, call), error)
        }
    };
    answer.headers_mut().insert(X_REQUEST_ID, request_id);
    if asks_to_close && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    account.head_leaves(answer.status());
    answer.map(|body| SeenBody::new(body, Some(account)))
}

/// What a request that failed is answered.
fn refuse(
    worker: &Worker,
    caller: &Caller,
    (uri, call): (&Uri, Option<Call>),
    error: RequestError,
) -> Response<AnswerBody> {
    match error.kind.source() {
        Source::Upstream | Source::Internal => warn(worker, uri.path(), &error, &caller.request_id),
        Source::Downstream => {
            log::debug!("{}: {}: {error}", caller.peer, uri.path().escape_debug());
        }
    }
    if error.kind.ends_connection() {
        caller.activity.set_refused();
    }
    let error = error.for_callers(worker.config.error_details);
    match call {
        Some(_) => answer::error_of_call(&error),
        None => answer::error(&error, uri, &caller.request_id, worker.clock.now_ms()),
    }
}

/// An instance that fails does so for every request: one line a pause says it.
fn warn(worker: &Worker, path: &str, error: &RequestError, request_id: &HeaderValue) {
    let cause = error.instance.as_deref().or(error.service.as_deref()).unwrap_or_default();
    if let Some(unsaid) = worker.failures.note(cause, worker.clock.now_ms()) {
        // Checked, or made here: visible ASCII.
        let id = request_id.to_str().unwrap_or_default();
        log::warn!("{path}: {cause}: {error} (request {id}){unsaid}");
    }
}

async fn forward(
    worker: &Worker,
    caller: &Caller,
    (mut head, call): (Parts, Option<Call>),
    body: Incoming,
    account: &mut Account,
) -> Result<Answer, RequestError> {
    let upgrade = as_upgrade(&mut head).or_else(|| Protocols::wanted(&head, !body.is_end_stream()));
    let Routed { route, prefix, target, terms, tally } = worker.routes.route(&head)?;
    let service = service_of(route.as_ref(), &prefix);
    account.takes(route.as_ref(), tally);
    let whole = Whole::begin(&terms.time_outs);
    within_body_limit(terms.body_bytes_max, &body)?;
    // As judged: where there is no `Host`, the target's authority is one.
    let authority = head.uri.authority().and_then(|authority| authority.as_str().parse().ok());
    head.uri = target.into();
    head.version = Version::HTTP_11;
    let (way, size) = (&*caller.way, body.size_hint());
    let passing = Passing { way, authority, prefix: &prefix, upgrade: upgrade.as_ref(), size };
    headers::prepare_request(&mut head.headers, passing);
    head.headers.insert(X_REQUEST_ID, caller.request_id.clone());
    let upload = Upload::new(body, terms.body_bytes_max, caller.verdicts.clone());
    let mut outgoing = Outgoing::new(head, upload, (upgrade, call), terms);
    let mut tries = Tries::new(terms.tries_max);
    loop {
        // Each time from the newest snapshot, which is not held across a wait.
        let picked = pick(&worker.directory.snapshot(), service, choice(worker, &tries))?;
        let Some(endpoint) = picked else { return Err(tries.into_error()) };
        account.tries();
        let connected = {
            let (needs, limit) = (outgoing.needs(), terms.time_outs.connect);
            let connecting = pin!(connection(worker, &endpoint, needs, outgoing.kept(tries.kept()), limit));
            within(whole, &endpoint, connecting).await
        };
        let connection = match connected {
            Ok(connection) => connection,
            Err(error) => {
                account.try_failed(&endpoint, &error);
                tries.note(error, endpoint, &worker.tally)?;
                continue;
            }
        };
        worker.faults.pass(&points::REQUEST_PICKED, endpoint.instance_id()).await;
        let Some(ticket) = endpoint.start() else {
            account.try_withdrawn();
            // Taken out of rotation meanwhile: the connection is as good as before, and the snapshot is a newer one.
            worker.pool.put(connection, worker.clock.now_ms());
            continue;
        };
        worker.faults.pass(&points::REQUEST_STARTED, endpoint.instance_id()).await;
        let sent = {
            let sending = pin!(send(worker, &endpoint, connection, ticket, &mut outgoing));
            within(whole, &endpoint, sending).await
        };
        match sent {
            Ok(answer) => {
                // An upgraded connection has limits of its own.
                if answer.switched_to.is_none() {
                    let limits = TimeLimits::of_answer(route.as_ref(), whole, &endpoint, answer.upload.as_ref());
                    caller.activity.limit(limits);
                }
                if endpoint.answered() {
                    log::info!("{endpoint}: answers again");
                }
                account.answered(endpoint, answer.response.status(), answer.upload.as_ref());
                return Ok(answer);
            }
            Err(error) => {
                account.try_failed(&endpoint, &error);
                if is_instances(&error, call) {
                    pass_over(worker, &endpoint, &error);
                }
                tries.note(error, endpoint, &worker.tally)?;
            }
        }
    }
}

fn choice<'a>(worker: &Worker, tries: &'a Tries) -> Choice<'a> {
    Choice {
        failed: tries.failed(),
        only_where_answered: tries.only_where_answered(),
        requests_max: worker.config.limits.requests_per_instance_max,
        now_ms: worker.clock.now_ms(),
        pause_ms: worker.config.refused_pause_ms,
        failing_pause_ms: worker.config.failing_pause_ms,
    }
}

/// Whether it is the instance that did not answer. A kept connection that had ended says nothing of it, and how long a call of gRPC
/// may take is said by its caller.
fn is_instances(error: &RequestError, call: Option<Call>) -> bool {
    match error.kind {
        ErrorKind::BadAnswer => error.retry != Retry::Anywhere,
        ErrorKind::ResponseTimeout => call.is_none(),
        _ => false,
    }
}

/// Said once, however many requests meet it.
fn pass_over(worker: &Worker, endpoint: &Endpoint, error: &RequestError) {
    let EdgeConfig { failures_in_a_row_max, failing_pause_ms, .. } = worker.config;
    let until_ms = worker.clock.now_ms().saturating_add(failing_pause_ms);
    if let Some(failures) = endpoint.unanswered(failures_in_a_row_max, until_ms) {
        log::warn!(
            "{endpoint}: {failures} requests in a row got no answer, the last one because of: {}; others are preferred, and one request \
             tries it again every {failing_pause_ms} ms. Does the instance hang?",
            error.message
        );
    }
}
