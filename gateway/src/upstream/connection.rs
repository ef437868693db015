//! A connection for a request: one of its own (HTTP/1.1), or a place on one that others use too (HTTP/2).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::dial::{DialError, Dialed};
use super::http1::Http1;
use super::http2::Place;
use super::links::Which;
use super::stream::Stream;
use crate::destination::{Destination, Spoken};
use crate::endpoint::Endpoint;
use crate::error::{ErrorKind, RequestError, Retry};
use crate::worker::Worker;

/// See the module.
pub(crate) enum Connection {
    Http1(Box<Http1>),
    Http2(Place),
}

/// What a request needs of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: whatever the instance speaks.
    Any,
    /// To leave HTTP, as only HTTP/1.1 can.
    Upgrade,
    /// HTTP/2, where the instance serves gRPC.
    Grpc,
}

impl Connection {
    /// Where it leads.
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Http1(connection) => connection.address(),
            Self::Http2(place) => place.address(),
        }
    }

    /// The answer of its request has ended.
    pub(crate) fn request_ended(&self) {
        match self {
            Self::Http1(connection) => connection.request_ended(),
            Self::Http2(place) => place.request_ended(),
        }
    }

    /// After an answer 101: what was read beyond it, and the stream.
    pub(crate) fn take_stream(&mut self) -> Option<(Bytes, Stream)> {
        match self {
            Self::Http1(connection) => connection.take_stream(),
            Self::Http2(_) => None,
        }
    }
}

impl Needs {
    /// Where a request is sent that needs this, and what is spoken there.
    pub(super) fn at(self, endpoint: &Endpoint) -> (&Destination, Spoken) {
        match self {
            Self::Any => (endpoint.destination(), endpoint.destination().spoken),
            Self::Upgrade => (endpoint.destination(), Spoken::Http1),
            Self::Grpc => (endpoint.grpc_destination(), Spoken::Http2),
        }
    }
}

/// Whether a connection that was kept will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It will.
    Welcome,
    /// It will if it was alive a moment ago: the request cannot be sent again.
    Checked,
    /// Of HTTP/1.1 it is to be a new one: what is kept has died under this request once. Of HTTP/2 a dead one is known by then.
    No,
}

/// A connection to the endpoint: of HTTP/1.1 the one that became idle last, or a new one; of HTTP/2 a place on one.
pub(crate) async fn connection(
    worker: &Worker,
    endpoint: &Arc<Endpoint>,
    needs: Needs,
    kept: Kept,
    connect_limit: Duration,
) -> Result<Connection, RequestError> {
    let (destination, spoken) = needs.at(endpoint);
    let was_known = endpoint.has_refused();
    let found = match spoken {
        Spoken::Http1 => http1(worker, endpoint, destination, kept, connect_limit).await.map(Connection::Http1),
        Spoken::Http2 | Spoken::Negotiated => {
            Box::pin(shared(worker, endpoint, (destination, spoken), kept, connect_limit)).await
        }
    };
    match found {
        Ok(connection) => {
            accepted(endpoint);
            Ok(connection)
        }
        Err(error) => {
            // An instance whose connections are full is none that is gone.
            if error.kind != ErrorKind::Busy {
                pass_over(worker, endpoint, &error.why, error.is_refused);
            }
            Err(RequestError {
                kind: error.kind,
                retry: if error.is_refused && !was_known { Retry::Uncounted } else { Retry::Elsewhere },
                message: error.why,
                service: Some(endpoint.application().to_owned()),
                instance: Some(endpoint.to_string()),
            })
        }
    }
}

async fn http1(
    worker: &Worker,
    endpoint: &Endpoint,
    destination: &Destination,
    kept: Kept,
    limit: Duration,
) -> Result<Box<Http1>, DialError> {
    if let Some(connection) = worker.pool.take_ready(endpoint.number(), &worker.clock, kept).await {
        return Ok(connection);
    }
    // Apart: opening a connection is seldom, and needs ten times as much room as all else that waits in a request.
    match Box::pin(worker.dialer.dial(destination, Spoken::Http1, limit)).await? {
        Dialed::Http1(mut connection) => {
            connection.endpoint = endpoint.number();
            Ok(connection)
        }
        // Nobody offered it.
        Dialed::Http2(_) => Err(DialError {
            kind: ErrorKind::ConnectFailed,
            why: "it insists on HTTP/2, which was not offered".to_owned(),
            is_refused: false,
        }),
    }
}

async fn shared(
    worker: &Worker,
    endpoint: &Endpoint,
    (destination, spoken): (&Destination, Spoken),
    kept: Kept,
    limit: Duration,
) -> Result<Connection, DialError> {
    // What was agreed upon before may have been HTTP/1.1.
    if spoken == Spoken::Negotiated
        && let Some(connection) = worker.pool.take_ready(endpoint.number(), &worker.clock, kept).await
    {
        return Ok(Connection::Http1(connection));
    }
    let which = Which { endpoint: endpoint.number(), port: destination.address.port(), spoken };
    match worker.pool.links(which).place(&worker.dialer, destination, which, limit).await? {
        Some(connection) => Ok(connection),
        None => http1(worker, endpoint, destination, kept, limit).await.map(Connection::Http1),
    }
}

fn accepted(endpoint: &Endpoint) {
    if endpoint.set_connected() {
        log::info!("{endpoint}: accepts connections again");
    }
}

/// Said once, however many requests meet it and however often it is tried again.
fn pass_over(worker: &Worker, endpoint: &Arc<Endpoint>, why: &str, is_refused: bool) {
    let (now_ms, pause_ms) = (worker.clock.now_ms(), worker.config.refused_pause_ms);
    if !endpoint.has_refused() {
        log::warn!(
            "{endpoint}: {why}; others are preferred, and one request tries it again every {pause_ms} ms. \
             Is the instance gone?"
        );
    }
    endpoint.set_refused_until(now_ms.saturating_add(pause_ms));
    if is_refused && let Some(refusals) = endpoint.refused_in_new_pause(now_ms, pause_ms) {
        worker.refusals.note(endpoint, refusals);
    }
}
