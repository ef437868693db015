//! One try of one request over one connection.

use std::error::Error as _;
use std::rc::Rc;
use std::time::Duration;

use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, timeout_at};

use super::Connection;
use super::answer_head;
use super::upload::{Failure, Progress, Slow, Upload};
use crate::endpoint::{Endpoint, StartTicket};
use crate::error::{ErrorKind, RequestError};
use crate::headers;
use crate::judgement;
use crate::limits::Limits;
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
    pub(crate) fn new(head: Parts, body: Upload, upgrade: Option<Protocols>) -> Self {
        let is_repeatable = head.method.is_idempotent() && body.is_end_stream();
        Self { request: Some(Request::from_parts(head, body)), is_repeatable, upgrade }
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
    match in_time(answer, upload.as_deref(), limit, &worker.config.limits).await {
        Ok(Ok(mut response)) => {
            connection.watch.head_came();
            connection.is_spent |=
                answer_head::judge(&mut response).map_err(|why| failed(endpoint, ErrorKind::BadAnswer, why, false))?;
            let switched_to = switched(&response, outgoing.upgrade.as_ref())
                .map_err(|why| failed(endpoint, ErrorKind::BadAnswer, &why, false))?;
            if switched_to.is_some() {
                connection.watch.switched();
            }
            Ok(Answer { response, connection, upload, switched_to })
        }
        Ok(Err(mut error)) => {
            let unsent = error.take_message();
            let is_unsent = unsent.is_some();
            outgoing.request = unsent.or_else(|| outgoing.request.take());
            // Idle connections to this address have died since; the others are likely to be dead too.
            worker.pool.forget(connection.address());
            let is_safe = is_unsent || (outgoing.request.is_some() && !connection.watch.is_answered());
            match upload.and_then(|upload| upload.failure()) {
                Some(Failure::TooLong) => Err(judgement::too_long(worker.config.limits.body_bytes_max)),
                Some(Failure::Malformed(fault)) => {
                    Err(failed(endpoint, ErrorKind::BadRequest, &fault.to_string(), false))
                }
                Some(Failure::Broke) => {
                    Err(failed(endpoint, ErrorKind::CallerBroke, &in_words(error.error()), is_safe))
                }
                None => Err(failed(endpoint, ErrorKind::BadAnswer, &in_words(error.error()), is_safe)),
            }
        }
        Err(TooLong::Caller(slow)) => {
            let Limits { body_read_timeout_ms, body_rate_min, .. } = worker.config.limits;
            let why = match slow {
                Slow::Pause => format!(
                    "no more of the caller's body after {body_read_timeout_ms} ms (eurus.gateway.body-read-timeout-ms)"
                ),
                Slow::Rate => {
                    format!("the caller's body came at less than {body_rate_min} bytes/s (eurus.gateway.body-rate-min)")
                }
            };
            Err(failed(endpoint, ErrorKind::CallerTimeout, &why, false))
        }
        Err(TooLong::Instance) => {
            let why = format!("no answer after {} ms", limit.as_millis());
            Err(failed(endpoint, ErrorKind::ResponseTimeout, &why, false))
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

/// Who is waited for, when a time-out is over.
enum TooLong {
    Caller(Slow),
    Instance,
}

/// Waits for the head of an answer: `limit` after the last byte of the request's body that moved, and as long as the caller
/// may take for its body.
async fn in_time<T>(
    answer: impl Future<Output = T>,
    upload: Option<&Progress>,
    limit: Duration,
    limits: &Limits,
) -> Result<T, TooLong> {
    tokio::pin!(answer);
    let began = Instant::now();
    let deadline = || match upload.and_then(|upload| upload.caller_deadline(limits)) {
        Some((deadline, slow)) => (deadline, TooLong::Caller(slow)),
        None => (upload.map_or(began, Progress::moved) + limit, TooLong::Instance),
    };
    loop {
        let now = Instant::now();
        let (until, why) = deadline();
        if until <= now {
            return Err(why);
        }
        // Who is waited for may change meanwhile, to a shorter deadline.
        let look = match upload {
            Some(upload) if !upload.has_ended() => until.min(now + limits.body_pause_max()),
            _ => until,
        };
        if let Ok(outcome) = timeout_at(look, answer.as_mut()).await {
            return Ok(outcome);
        }
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
