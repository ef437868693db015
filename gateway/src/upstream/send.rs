//! One try of one request over one connection.

use std::error::Error as _;
use std::rc::Rc;
use std::time::Duration;

use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, timeout_at};

use super::Connection;
use super::upload::{Progress, Upload};
use crate::endpoint::{Endpoint, StartTicket};
use crate::error::{ErrorKind, RequestError};
use crate::headers;
use crate::upgrade::Protocols;
use crate::worker::Worker;

/// A request to instances, as far as it is still ours: once it is on its way nothing remains, unless it may be repeated.
pub(crate) struct Outgoing {
    request: Option<Request<Upload>>,
    /// Idempotent and without a body: it may be sent again when a connection died without a byte of an answer.
    is_repeatable: bool,
    /// What the caller would rather speak.
    upgrade: Option<Protocols>,
}

/// The head of an answer, its body still on the connection.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    pub(crate) connection: Connection,
    /// Where the request's body stands: an instance may answer before it has read it all.
    pub(crate) upload: Option<Rc<Progress>>,
    /// What the instance has switched to, with an answer 101.
    pub(crate) switched_to: Option<Protocols>,
}

impl Outgoing {
    /// A request whose head is ready but for its `Host`.
    pub(crate) fn new(head: Parts, body: Incoming, upgrade: Option<Protocols>) -> Self {
        let is_repeatable = head.method.is_idempotent() && body.is_end_stream();
        Self { request: Some(Request::from_parts(head, Upload::new(body))), is_repeatable, upgrade }
    }

    /// The request, addressed; a copy stays when the connection may turn out to be dead.
    fn take(&mut self, endpoint: &Endpoint, may_be_dead: bool) -> Option<Request<Upload>> {
        let mut request = self.request.take()?;
        headers::set_host(request.headers_mut(), endpoint.authority());
        if self.is_repeatable && may_be_dead {
            let (head, body) = request.into_parts();
            self.request = Some(Request::from_parts(head.clone(), Upload::none()));
            request = Request::from_parts(head, body);
        }
        Some(request)
    }
}

/// Sends the request and waits for the head of its answer.
pub(crate) async fn send(
    worker: &Worker,
    endpoint: &Endpoint,
    mut connection: Connection,
    ticket: StartTicket,
    outgoing: &mut Outgoing,
) -> Result<Answer, RequestError> {
    let Some(request) = outgoing.take(endpoint, connection.is_reused) else {
        return Err(failed(endpoint, ErrorKind::BadAnswer, "the request is no longer at hand", false));
    };
    let upload = request.body().progress();
    connection.watch.arm(ticket);
    if outgoing.upgrade.is_some() {
        connection.watch.let_switch();
    }
    let answer = connection.sender.try_send_request(request);
    let limit = Duration::from_millis(worker.config.response_timeout_ms);
    match in_time(answer, upload.as_deref(), limit).await {
        Some(Ok(response)) => {
            let switched_to = switched(&response, outgoing.upgrade.as_ref())
                .map_err(|why| failed(endpoint, ErrorKind::BadAnswer, &why, false))?;
            if switched_to.is_some() {
                connection.watch.switched();
            }
            Ok(Answer { response, connection, upload, switched_to })
        }
        Some(Err(mut error)) => {
            let unsent = error.take_message();
            let is_unsent = unsent.is_some();
            outgoing.request = unsent.or_else(|| outgoing.request.take());
            // Idle connections to this address have died since; the others are likely to be dead too.
            worker.pool.forget(connection.address());
            let is_safe = is_unsent || (outgoing.request.is_some() && !connection.watch.is_answered());
            let is_callers = upload.is_some_and(|upload| upload.has_failed());
            let kind = if is_callers { ErrorKind::CallerBroke } else { ErrorKind::BadAnswer };
            Err(failed(endpoint, kind, &in_words(error.error()), is_safe))
        }
        None => {
            let is_callers = upload.is_some_and(|upload| upload.waits_for_caller());
            let kind = if is_callers { ErrorKind::CallerTimeout } else { ErrorKind::ResponseTimeout };
            let whose = if is_callers { "more of the caller's body" } else { "answer" };
            Err(failed(endpoint, kind, &format!("no {whose} after {} ms", limit.as_millis()), false))
        }
    }
}

/// What an instance has switched to; or why its 101 is none that could be passed on.
fn switched(response: &Response<Incoming>, asked: Option<&Protocols>) -> Result<Option<Protocols>, String> {
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(None);
    }
    let asked = asked.ok_or("it switched protocols (101) without having been asked")?;
    asked.agreed(response.headers()).map(Some)
}

/// Waits for the head of an answer: `limit` after the last byte of the request's body that moved.
async fn in_time<T>(answer: impl Future<Output = T>, upload: Option<&Progress>, limit: Duration) -> Option<T> {
    tokio::pin!(answer);
    let mut deadline = Instant::now() + limit;
    loop {
        if let Ok(outcome) = timeout_at(deadline, answer.as_mut()).await {
            return Some(outcome);
        }
        let moved_deadline = upload.map(|upload| upload.moved() + limit).filter(|moved| *moved > deadline);
        deadline = moved_deadline?;
    }
}

fn failed(endpoint: &Endpoint, kind: ErrorKind, why: &str, retry_is_safe: bool) -> RequestError {
    RequestError {
        kind,
        retry_is_safe,
        message: why.to_owned(),
        service: Some(endpoint.application().to_owned()),
        instance: Some(endpoint.to_string()),
    }
}

fn in_words(error: &hyper::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
