//! One try over a connection of HTTP/1.1.

use std::mem;
use std::pin::pin;

use http::response::Parts;
use http::{Response, StatusCode};

use super::in_time::in_time;
use super::{Answer, Outgoing, broke, failed, gone, too_long};
use crate::endpoint::{Endpoint, StartTicket};
use crate::error::{ErrorKind, RequestError, Retry};
use crate::headers;
use crate::upgrade::Protocols;
use crate::upstream::answer_head;
use crate::upstream::connection::Connection;
use crate::upstream::http1::{Head, Http1};
use crate::upstream::instance_body::InstanceBody;
use crate::upstream::keep_alive;
use crate::upstream::upload::Progress;
use crate::worker::Worker;

pub(super) async fn send(
    worker: &Worker,
    endpoint: &Endpoint,
    mut connection: Box<Http1>,
    ticket: StartTicket,
    outgoing: &mut Outgoing,
) -> Result<Answer, RequestError> {
    let Some(mut body) = outgoing.body.take() else { return Err(gone(endpoint)) };
    headers::set_host(&mut outgoing.head.headers, endpoint.destination().authority.clone());
    if outgoing.is_repeatable {
        body.keep(worker.config.limits.replay_bytes_max);
    }
    let upload = body.progress();
    connection.watch.arm(ticket);
    let mut sending = match connection.begin(&outgoing.head, body) {
        Ok(sending) => sending,
        Err(untouched) => {
            outgoing.body = Some(untouched);
            let why = "connection closed before the request was sent";
            return Err(failed(endpoint, ErrorKind::BadAnswer, why, Retry::Anywhere));
        }
    };
    let (limit, idle) = (outgoing.response_limit(worker), outgoing.terms.time_outs.idle);
    let outcome = {
        let answer = pin!(connection.answer(&mut sending));
        in_time(answer, upload.as_deref(), limit, &worker.config.limits, idle, outgoing.call.as_ref()).await
    };
    match outcome {
        Ok(Ok(Head { mut parts, is_kept, .. })) => {
            // What it says once it says each time.
            if !connection.is_reused {
                connection.idle_ms_max = keep_alive::idle_ms_max(&parts.headers);
            }
            let said = match answer_head::judge(parts.status, &mut parts.headers) {
                Ok(said) => said,
                Err(why) => {
                    outgoing.comes_back(Some(sending.into_body()));
                    return Err(failed(endpoint, ErrorKind::BadAnswer, why, outgoing.elsewhere()));
                }
            };
            connection.is_spent |= said.is_spent || !is_kept;
            let switched_to = switched(&parts, outgoing.upgrade.as_ref())
                .map_err(|why| failed(endpoint, ErrorKind::BadAnswer, &why, Retry::No))?;
            connection.goes_on(sending, mem::take(&mut outgoing.head.headers));
            if switched_to.is_some() {
                connection.watch.switched();
            }
            let body = InstanceBody::Http1(connection.body(&outgoing.head.method, parts.status, said));
            let (response, connection) = (Response::from_parts(parts, body), Connection::Http1(connection));
            Ok(Answer { response, connection, upload, switched_to, call: outgoing.call })
        }
        Ok(Err(why)) => {
            outgoing.comes_back(Some(sending.into_body()));
            let is_callers = upload.as_deref().and_then(Progress::failure).is_some();
            let was_closed = connection.is_reused && !connection.watch.is_answered() && !is_callers;
            if was_closed {
                // The other ones have been idle for as long, or longer: they are likely to be dead too.
                worker.pool.forget(connection.endpoint);
            }
            let retry = match outgoing.elsewhere() {
                Retry::Elsewhere if was_closed => Retry::Anywhere,
                retry => retry,
            };
            Err(broke(&outgoing.terms, endpoint, upload.as_deref(), &why.to_string(), retry))
        }
        Err(who) => {
            outgoing.comes_back(Some(sending.into_body()));
            Err(too_long(worker, endpoint, outgoing, &who))
        }
    }
}

/// What an instance has switched to; or why its 101 is none that could be passed on.
fn switched(answer: &Parts, asked: Option<&Protocols>) -> Result<Option<Protocols>, String> {
    let status = answer.status;
    if status != StatusCode::SWITCHING_PROTOCOLS {
        // To its caller that would be the tunnel itself.
        return match asked.is_some_and(Protocols::is_over_http2) && status.is_success() {
            true => Err(format!("it answered {status} to a WebSocket's handshake, instead of 101")),
            false => Ok(None),
        };
    }
    let asked = asked.ok_or("it switched protocols (101) without having been asked")?;
    asked.agreed(&answer.headers).map(Some)
}
