//! One try over a connection of HTTP/1.1.

use std::pin::pin;

use http::{Response, StatusCode};
use hyper::body::Incoming;

use super::in_time::in_time;
use super::{Answer, Outgoing, broke, failed, gone, in_words, too_long};
use crate::endpoint::{Endpoint, StartTicket};
use crate::error::{ErrorKind, RequestError, Retry};
use crate::upgrade::Protocols;
use crate::upstream::answer_head;
use crate::upstream::connection::Connection;
use crate::upstream::http1::Http1;
use crate::upstream::instance_body::InstanceBody;
use crate::upstream::keep_alive;
use crate::upstream::upload::Progress;
use crate::worker::Worker;

pub(super) async fn send(
    worker: &Worker,
    endpoint: &Endpoint,
    mut connection: Http1,
    ticket: StartTicket,
    outgoing: &mut Outgoing,
) -> Result<Answer, RequestError> {
    let Some(request) = outgoing.take(endpoint, worker.config.limits.replay_bytes_max) else {
        return Err(gone(endpoint));
    };
    let upload = request.body().progress();
    connection.watch.arm(ticket);
    if outgoing.upgrade.is_some() {
        connection.watch.let_switch();
    }
    let answer = pin!(connection.sender.try_send_request(request));
    let (limit, idle) = (outgoing.response_limit(worker), outgoing.terms.time_outs.idle);
    match in_time(answer, upload.as_deref(), limit, &worker.config.limits, idle, outgoing.call.as_ref()).await {
        Ok(Ok(mut response)) => {
            connection.watch.head_came();
            // What it says once it says each time.
            if !connection.is_reused {
                connection.idle_ms_max = keep_alive::idle_ms_max(response.headers());
            }
            connection.is_spent |= answer_head::judge(&mut response)
                .map_err(|why| failed(endpoint, ErrorKind::BadAnswer, why, outgoing.elsewhere()))?;
            let switched_to = switched(&response, outgoing.upgrade.as_ref())
                .map_err(|why| failed(endpoint, ErrorKind::BadAnswer, &why, Retry::No))?;
            outgoing.let_go();
            if switched_to.is_some() {
                connection.watch.switched();
            }
            let (response, connection) = (response.map(InstanceBody::Http1), Connection::Http1(connection));
            Ok(Answer { response, connection, upload, switched_to, call: outgoing.call })
        }
        Ok(Err(mut error)) => {
            let unsent = error.take_message();
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
            Err(broke(&outgoing.terms, endpoint, upload.as_deref(), &in_words(error.error()), retry))
        }
        Err(who) => Err(too_long(worker, endpoint, outgoing, &who)),
    }
}

/// What an instance has switched to; or why its 101 is none that could be passed on.
fn switched(response: &Response<Incoming>, asked: Option<&Protocols>) -> Result<Option<Protocols>, String> {
    let status = response.status();
    if status != StatusCode::SWITCHING_PROTOCOLS {
        // To its caller that would be the tunnel itself.
        return match asked.is_some_and(Protocols::is_over_http2) && status.is_success() {
            true => Err(format!("it answered {status} to a WebSocket's handshake, instead of 101")),
            false => Ok(None),
        };
    }
    let asked = asked.ok_or("it switched protocols (101) without having been asked")?;
    asked.agreed(response.headers()).map(Some)
}
