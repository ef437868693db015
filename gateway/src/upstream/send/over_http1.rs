//! One try over a connection of HTTP/1.1.

use std::pin::pin;

use http::response::Parts;
use http::{Response, StatusCode};

use super::in_time::in_time;
use super::{Answer, Outgoing, broke, failed, gone, too_long};
use crate::endpoint::{Endpoint, StartTicket};
use crate::error::{ErrorKind, RequestError, Retry};
use crate::upgrade::Protocols;
use crate::upstream::answer_head;
use crate::upstream::connection::Connection;
use crate::upstream::http1::{Head, Http1, Unanswered};
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
    let Some(request) = outgoing.take(endpoint, worker.config.limits.replay_bytes_max) else {
        return Err(gone(endpoint));
    };
    let upload = request.body().progress();
    connection.watch.arm(ticket);
    let method = request.method().clone();
    let (limit, idle) = (outgoing.response_limit(worker), outgoing.terms.time_outs.idle);
    let outcome = {
        let answer = pin!(connection.exchange(request));
        in_time(answer, upload.as_deref(), limit, &worker.config.limits, idle, outgoing.call.as_ref()).await
    };
    match outcome {
        Ok(Ok(Head { mut parts, is_kept, .. })) => {
            // What it says once it says each time.
            if !connection.is_reused {
                connection.idle_ms_max = keep_alive::idle_ms_max(&parts.headers);
            }
            let said = answer_head::judge(parts.status, &mut parts.headers)
                .map_err(|why| failed(endpoint, ErrorKind::BadAnswer, why, outgoing.elsewhere()))?;
            connection.is_spent |= said.is_spent || !is_kept;
            let switched_to = switched(&parts, outgoing.upgrade.as_ref())
                .map_err(|why| failed(endpoint, ErrorKind::BadAnswer, &why, Retry::No))?;
            outgoing.let_go();
            if switched_to.is_some() {
                connection.watch.switched();
            }
            let body = InstanceBody::Http1(connection.body(&method, parts.status, said));
            let (response, connection) = (Response::from_parts(parts, body), Connection::Http1(connection));
            Ok(Answer { response, connection, upload, switched_to, call: outgoing.call })
        }
        Ok(Err(Unanswered { why, unsent })) => {
            let is_unsent = unsent.is_some();
            if is_unsent {
                outgoing.request = unsent;
                outgoing.lent = None;
            }
            let is_callers = upload.as_deref().and_then(Progress::failure).is_some();
            let was_closed = connection.is_reused && !connection.watch.is_answered() && !is_callers;
            if was_closed {
                // The other ones have been idle for as long, or longer: they are likely to be dead too.
                worker.pool.forget(connection.endpoint);
            }
            let retry = match outgoing.elsewhere() {
                _ if is_unsent => Retry::Anywhere,
                Retry::Elsewhere if was_closed => Retry::Anywhere,
                retry => retry,
            };
            Err(broke(&outgoing.terms, endpoint, upload.as_deref(), &why.to_string(), retry))
        }
        Err(who) => Err(too_long(worker, endpoint, outgoing, &who)),
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
