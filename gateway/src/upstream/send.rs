//! One try of one request over one connection.
//!
//! | module | what |
//! |---|---|
//! | `over_http1`, `over_http2` | it, as each of the two does it |
//! | `in_time` | waiting for the head of an answer, and for the caller's body |

mod in_time;
mod over_http1;
mod over_http2;

use std::rc::Rc;
use std::time::Duration;

use http::Response;
use http::request::Parts;

use super::Connection;
use super::connection::{Kept, Needs};
use super::instance_body::InstanceBody;
use super::upload::{Failure, Progress, Slow, Upload};
use crate::endpoint::{Endpoint, StartTicket};
use crate::error::{ErrorKind, RequestError, Retry};
use crate::grpc::Call;
use crate::judgement;
use crate::limits::Limits;
use crate::terms::Terms;
use crate::upgrade::Protocols;
use crate::worker::Worker;
use in_time::TooLong;

/// A request to instances. A connection borrows its head, and has its body until it gives that back.
pub(crate) struct Outgoing {
    /// As HTTP/1.1 knows it. Empty of headers once the request is answered.
    head: Parts,
    /// `None`: it is on its way, or too much of it is gone to send it again.
    body: Option<Upload>,
    /// Idempotent: it may be sent again as long as nothing of an answer was passed on, and all of its body is at hand.
    is_repeatable: bool,
    /// What the caller would rather speak.
    upgrade: Option<Protocols>,
    /// `None`: it is none of gRPC.
    call: Option<Call>,
    terms: Terms,
}

/// The head of an answer, its body still on the connection.
pub(crate) struct Answer {
    pub(crate) response: Response<InstanceBody>,
    pub(crate) connection: Connection,
    /// Where the request's body stands: an instance may answer before it has read it all.
    pub(crate) upload: Option<Rc<Progress>>,
    /// What the instance has switched to, with an answer 101.
    pub(crate) switched_to: Option<Protocols>,
    /// `None`: it is none of gRPC.
    pub(crate) call: Option<Call>,
}

impl Outgoing {
    /// A request whose head is ready but for its `Host`.
    pub(crate) fn new(
        head: Parts,
        body: Upload,
        (upgrade, call): (Option<Protocols>, Option<Call>),
        terms: Terms,
    ) -> Self {
        let is_repeatable = head.method.is_idempotent();
        Self { head, body: Some(body), is_repeatable, upgrade, call, terms }
    }

    /// What it needs of a connection.
    pub(crate) fn needs(&self) -> Needs {
        match () {
            () if self.call.is_some() => Needs::Grpc,
            () if self.upgrade.is_some() => Needs::Upgrade,
            () => Needs::Any,
        }
    }

    /// Whether a connection that was kept will do for it, when otherwise this would.
    pub(crate) fn kept(&self, otherwise: Kept) -> Kept {
        if otherwise == Kept::Welcome && !self.is_repeatable { Kept::Checked } else { otherwise }
    }

    /// How long an instance may say nothing once it has the request: a call of gRPC for as long as streams may, unless its
    /// route says otherwise.
    fn response_limit(&self, worker: &Worker) -> Duration {
        let limit = self.terms.time_outs.response;
        let is_of_route = limit != Duration::from_millis(worker.config.response_timeout_ms);
        match self.call {
            Some(_) if !is_of_route => Duration::from_millis(worker.config.grpc_idle_timeout_ms),
            _ => limit,
        }
    }

    /// What a connection has given back of its body.
    fn comes_back(&mut self, body: Option<Upload>) {
        self.body = body.and_then(|mut body| body.rewind().then_some(body));
    }

    /// Whether it may go to another instance, when one has broken off or answered what is no answer.
    fn elsewhere(&self) -> Retry {
        if self.is_repeatable && self.body.is_some() { Retry::Elsewhere } else { Retry::No }
    }
}

/// Sends the request and waits for the head of its answer.
pub(crate) async fn send(
    worker: &Worker,
    endpoint: &Endpoint,
    connection: Connection,
    ticket: StartTicket,
    outgoing: &mut Outgoing,
) -> Result<Answer, RequestError> {
    match connection {
        Connection::Http1(connection) => over_http1::send(worker, endpoint, connection, ticket, outgoing).await,
        Connection::Http2(place) => Box::pin(over_http2::send(worker, endpoint, place, ticket, outgoing)).await,
    }
}

/// The request was taken before, and did not come back.
fn gone(endpoint: &Endpoint) -> RequestError {
    failed(endpoint, ErrorKind::BadAnswer, "the request is no longer at hand", Retry::No)
}

/// A request that broke: by its caller's body, or else by the instance.
fn broke(terms: &Terms, endpoint: &Endpoint, upload: Option<&Progress>, why: &str, retry: Retry) -> RequestError {
    match upload.and_then(Progress::failure) {
        Some(Failure::TooLong) => judgement::too_long(terms.body_bytes_max),
        Some(Failure::Malformed(fault)) => failed(endpoint, ErrorKind::BadRequest, &fault.to_string(), Retry::No),
        Some(Failure::Broke) => failed(endpoint, ErrorKind::CallerBroke, why, retry),
        None => failed(endpoint, ErrorKind::BadAnswer, why, retry),
    }
}

fn too_long(worker: &Worker, endpoint: &Endpoint, outgoing: &Outgoing, who: &TooLong) -> RequestError {
    let Limits { body_read_timeout_ms, body_rate_min, .. } = worker.config.limits;
    let idle_ms = outgoing.terms.time_outs.idle.map_or(0, |idle| idle.as_millis());
    let (kind, why) = match who {
        TooLong::Caller(Slow::Pause) => (
            ErrorKind::CallerTimeout,
            format!(
                "no more of the caller's body after {body_read_timeout_ms} ms (eurus.gateway.body-read-timeout-ms)"
            ),
        ),
        TooLong::Caller(Slow::Rate) => (
            ErrorKind::CallerTimeout,
            format!("the caller's body came at less than {body_rate_min} bytes/s (eurus.gateway.body-rate-min)"),
        ),
        TooLong::Caller(Slow::Idle) => (
            ErrorKind::CallerTimeout,
            format!("no more of the caller's body after {idle_ms} ms (its route's idle-timeout)"),
        ),
        TooLong::Upload => (
            ErrorKind::ResponseTimeout,
            format!("the instance took no more of the request's body for {idle_ms} ms (its route's idle-timeout)"),
        ),
        TooLong::Instance => {
            let limit_ms = outgoing.response_limit(worker).as_millis();
            (ErrorKind::ResponseTimeout, format!("no answer after {limit_ms} ms"))
        }
        TooLong::Call => (ErrorKind::ResponseTimeout, outgoing.call.as_ref().map(Call::over).unwrap_or_default()),
    };
    let retry = if matches!(who, TooLong::Instance) { outgoing.elsewhere() } else { Retry::No };
    failed(endpoint, kind, &why, retry)
}

fn failed(endpoint: &Endpoint, kind: ErrorKind, why: &str, retry: Retry) -> RequestError {
    RequestError {
        kind,
        retry,
        message: why.to_owned(),
        service: Some(endpoint.application().to_owned()),
        instance: Some(endpoint.to_string()),
    }
}
