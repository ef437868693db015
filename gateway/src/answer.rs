//! What the caller gets: an instance's answer as it streams in, or an error in Spring's form.

mod call_end;

use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode, Uri, Version};
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use serde::Serialize;

use crate::activity::Activity;
use crate::caller::Caller;
use crate::error::RequestError;
use crate::grpc;
use crate::headers;
use crate::time_limits::TimeLimits;
use crate::timestamp::Timestamp;
use crate::trailers;
use crate::upgrade::handover::Switched;
use crate::upstream::Connection;
use crate::upstream::instance_body::{BodyError, InstanceBody};
use crate::upstream::send::Answer;
use crate::worker::Worker;
use call_end::CallEnd;

/// The body of an answer.
pub(crate) enum AnswerBody {
    /// From an instance.
    Passed(Passed),
    /// The gateway's own.
    Own(Full<Bytes>),
}

/// An instance's body. Its connection goes back to the pool with the last of it, and is closed when it is dropped before.
/// Until then its request is under way at the instance.
pub(crate) struct Passed {
    body: InstanceBody,
    lent: Option<Lent>,
    activity: Rc<Activity>,
    /// `None`: it is none of gRPC.
    call: Option<Box<CallEnd>>,
    /// What broke it off, until what came before is on its way: a caller that is not sent even the head takes its connection for
    /// one that had died before.
    broken: Option<BodyError>,
}

struct Lent {
    connection: Connection,
    worker: Rc<Worker>,
    /// Whether it can carry another request then.
    is_free: bool,
}

/// Passes an instance's answer on.
pub(crate) fn pass(worker: &Rc<Worker>, answer: Answer, caller: Caller) -> Response<AnswerBody> {
    let Answer { response, connection, upload, switched_to, call } = answer;
    let (mut head, body) = response.into_parts();
    // What an instance speaks is not what the caller speaks: hyper says it as the caller needs it.
    head.version = Version::HTTP_11;
    headers::strip_hop_by_hop(&mut head.headers);
    let Caller { activity, handover, .. } = caller;
    if let Some(protocol) = switched_to {
        match protocol.is_over_http2() {
            true => {
                // HTTP/2 knows neither: the stream is the tunnel.
                head.status = StatusCode::OK;
                head.headers.remove(header::SEC_WEBSOCKET_ACCEPT);
            }
            false => headers::set_upgrade(&mut head.headers, &protocol),
        }
        // What follows it is no HTTP: the edge takes over when it has left.
        handover.put(Switched { connection, protocol });
        return Response::from_parts(head, AnswerBody::Own(Full::default()));
    }
    // After an answer that came before the request's end the connection is still busy with the rest: not kept.
    let is_free = upload.is_none_or(|upload| upload.has_ended());
    activity.set_answering(Some(connection.address()));
    let lent = Some(Lent { connection, worker: Rc::clone(worker), is_free });
    if call.is_some() {
        let [silence, limit] = [worker.config.grpc_idle_timeout_ms, worker.config.stall_timeout_ms];
        activity.set_patience(Duration::from_millis(silence), Duration::from_millis(limit));
    }
    if let Some(silence) = activity.limited(TimeLimits::idle) {
        // The route's own look comes first, and says by which limit.
        activity.set_patience(silence * 2, Duration::from_millis(worker.config.stall_timeout_ms));
    }
    let call = call.map(|call| Box::new(CallEnd::new(call, activity.limited(TimeLimits::whole))));
    let mut passed = Passed { body, lent, activity, call, broken: None };
    if passed.body.is_end_stream() {
        passed.give_back();
    }
    Response::from_parts(head, AnswerBody::Passed(passed))
}

impl Passed {
    /// Whether the gateway has ended it.
    fn is_over(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.is_over())
    }

    /// The body has ended.
    fn give_back(&mut self) {
        if let Some(Lent { connection, worker, is_free: true }) = self.lent.take() {
            connection.request_ended();
            worker.pool.put(connection, worker.clock.now_ms());
        }
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        self.activity.set_answering(None);
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Passed(passed) => {
                if passed.is_over() {
                    return Poll::Ready(None);
                }
                if let Some(error) = passed.broken.take() {
                    return Poll::Ready(Some(Err(error)));
                }
                let mut frame = Pin::new(&mut passed.body).poll_frame(cx);
                if let Some(call) = &mut passed.call {
                    frame = call.pass(cx, frame);
                    if call.is_over() {
                        // With its place goes the request.
                        passed.lent = None;
                    }
                }
                if frame.is_ready() {
                    passed.activity.moved();
                }
                if let Poll::Ready(Some(Err(error))) = frame {
                    passed.broken = Some(error);
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                // A body without a declared length does not know of its end before it is asked once more.
                if matches!(frame, Poll::Ready(None)) || passed.body.is_end_stream() {
                    passed.give_back();
                }
                frame.map_ok(trailers::pass)
            }
            Self::Own(body) => Pin::new(body).poll_frame(cx).map_err(|never: Infallible| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Passed(passed) => passed.is_over() || (passed.broken.is_none() && passed.body.is_end_stream()),
            Self::Own(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Passed(passed) => passed.body.size_hint(),
            Self::Own(body) => body.size_hint(),
        }
    }
}

/// The fields of Spring's error body, and three of ours.
#[derive(Serialize)]
struct ErrorBody<'a> {
    timestamp: String,
    status: u16,
    error: &'a str,
    path: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    /// As in `X-Request-Id`.
    #[serde(rename = "requestId")]
    request_id: &'a str,
}

/// The health check of the traffic port, for load balancers in front: whether routes are known. Details are the admin
/// API's.
pub(crate) fn health(is_up: bool) -> Response<AnswerBody> {
    let (status, body) = match is_up {
        true => (StatusCode::OK, r#"{"status":"UP"}"#),
        false => (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"DOWN"}"#),
    };
    json(status, Bytes::from_static(body.as_bytes()))
}

/// Answers a request that failed. The one place where errors become responses.
pub(crate) fn error(error: &RequestError, uri: &Uri, request_id: &HeaderValue, now_ms: i64) -> Response<AnswerBody> {
    let status = error.kind.status();
    let body = ErrorBody {
        timestamp: Timestamp(now_ms).to_string(),
        status: status.as_u16(),
        error: status.canonical_reason().unwrap_or_default(),
        path: uri.path(),
        message: &error.message,
        service: error.service.as_deref(),
        instance: error.instance.as_deref(),
        // Checked, or made here: visible ASCII.
        request_id: request_id.to_str().unwrap_or_default(),
    };
    let body = serde_json::to_vec(&body).unwrap_or_else(|error| {
        log::error!("an error body could not be written as JSON: {error}");
        Vec::new()
    });
    let mut response = json(status, Bytes::from(body));
    if error.kind.ends_connection() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The same for a call of gRPC, whose caller reads no other form.
pub(crate) fn error_of_call(error: &RequestError) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Own(Full::default()));
    *response.headers_mut() = grpc::head_of_end(error.kind.into(), &error.message);
    response
}

fn json(status: StatusCode, body: Bytes) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Own(Full::new(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
