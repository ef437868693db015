//! One try over a connection of HTTP/2.

use std::pin::pin;

use h2::{Reason, RecvStream};
use http::Response;

use super::in_time::in_time;
use super::{Answer, Outgoing, broke, failed, gone, too_long};
use crate::endpoint::{Endpoint, StartTicket};
use crate::error::{ErrorKind, RequestError, Retry};
use crate::headers;
use crate::upstream::answer_head;
use crate::upstream::connection::Connection;
use crate::upstream::http2::received::Received;
use crate::upstream::http2::{Exchange, Place};
use crate::upstream::instance_body::InstanceBody;
use crate::worker::Worker;

pub(super) async fn send(
    worker: &Worker,
    endpoint: &Endpoint,
    mut place: Place,
    ticket: StartTicket,
    outgoing: &mut Outgoing,
) -> Result<Answer, RequestError> {
    let Some(mut body) = outgoing.body.take() else { return Err(gone(endpoint)) };
    let (destination, _) = outgoing.needs().at(endpoint);
    let addressed = match headers::http2_head(&outgoing.head, destination) {
        Ok(addressed) => addressed,
        Err(why) => return Err(failed(endpoint, ErrorKind::BadRequest, &why.to_string(), Retry::No)),
    };
    body.keep(worker.config.limits.replay_bytes_max);
    let upload = body.progress();
    let Exchange { answer, body } = match place.begin(addressed, body, ticket) {
        Ok(exchange) => exchange,
        Err(unbegun) => {
            outgoing.body = Some(unbegun.body);
            return Err(failed(endpoint, ErrorKind::BadAnswer, &unbegun.error.to_string(), Retry::Anywhere));
        }
    };
    let (limit, idle) = (outgoing.response_limit(worker), outgoing.terms.time_outs.idle);
    match in_time(pin!(answer), upload.as_deref(), limit, &worker.config.limits, idle, outgoing.call.as_ref()).await {
        Ok(Ok(mut response)) => {
            if let Err(why) = judge(worker, &mut response) {
                outgoing.comes_back(body.take());
                return Err(failed(endpoint, ErrorKind::BadAnswer, &why, outgoing.elsewhere()));
            }
            if let Some(body) = &mut *body.borrow_mut() {
                body.let_go();
            }
            let (head, stream) = response.into_parts();
            let received = Received::new(stream, &head.headers, upload.clone());
            let response = Response::from_parts(head, InstanceBody::Http2(received));
            Ok(Answer {
                response,
                connection: Connection::Http2(place),
                upload,
                switched_to: None,
                call: outgoing.call,
            })
        }
        Ok(Err(error)) => {
            let is_unbegun = is_unprocessed(&error) || (is_final(&error) && place.is_unsent());
            let was_closed = place.is_reused() && !error.is_reset();
            // The pump finds it taken, and ends.
            outgoing.comes_back(body.take());
            let retry = match outgoing.elsewhere() {
                _ if is_unbegun && outgoing.body.is_some() => Retry::Anywhere,
                Retry::Elsewhere if was_closed => Retry::Anywhere,
                retry => retry,
            };
            Err(broke(&outgoing.terms, endpoint, upload.as_deref(), &error.to_string(), retry))
        }
        Err(who) => {
            outgoing.comes_back(body.take());
            Err(too_long(worker, endpoint, outgoing, &who))
        }
    }
}

/// The instance says that it has not begun with the request: it refused the stream, or is going away and named an earlier one as
/// the last that it has seen.
fn is_unprocessed(error: &h2::Error) -> bool {
    let is_refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    error.is_remote() && (is_refused || error.is_go_away())
}

/// Whether nothing of the stream leaves any more. Our own reset goes behind what has been begun.
fn is_final(error: &h2::Error) -> bool {
    error.is_remote() || error.is_io() || error.is_go_away()
}

fn judge(worker: &Worker, response: &mut Response<RecvStream>) -> Result<(), String> {
    let (count, max) = (response.headers().len(), worker.config.limits.headers_max);
    if count > max {
        return Err(format!("its answer has {count} headers; {max} are allowed (eurus.gateway.headers-max)"));
    }
    if response.status() == http::StatusCode::SWITCHING_PROTOCOLS {
        return Err("it switched protocols (101), which HTTP/2 does not know".to_owned());
    }
    answer_head::judge(response.status(), response.headers_mut())?;
    Ok(())
}
