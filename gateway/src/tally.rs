//! What has happened to requests since the start, counted. Whoever shows it reads it from here; nothing is decided by it.
//!
//! Each data-plane thread adds to numbers of its own ([`Sharded`]): no lock, and no cache line that another one writes to.
//! They are added up when somebody reads the metrics.
//!
//! | module | what |
//! |---|---|
//! | `book` | the services and instances that are counted apart, how many of them, and how long those that are gone are shown |
//! | `service`, `instance` | what is counted of one |

mod book;
mod instance;
mod service;

use std::sync::Arc;

use eurus_service::counting::{Grid, Label as _, Sharded};
use eurus_service::label;
use http::StatusCode;

use crate::error::ErrorKind;
pub use book::BookLimits;
pub(crate) use book::{Book, Shown};
pub(crate) use instance::{InstanceTally, InstanceTotals};
pub(crate) use service::ServiceTally;

label! {
    /// Of an answer's status.
    pub(crate) enum Class as "class" {
        Informational = "1xx",
        Success = "2xx",
        Redirection = "3xx",
        CallerError = "4xx",
        ServerError = "5xx",
    }
}

label! {
    /// What happened to a request that an instance did not answer, or to one try of it.
    pub(crate) enum Failure as "kind" {
        NoRoute = "no_route",
        NotReady = "not_ready",
        UnknownService = "unknown_service",
        NothingInRotation = "nothing_in_rotation",
        ConnectFailed = "connect_failed",
        ConnectTimeout = "connect_timeout",
        BadAnswer = "bad_answer",
        ResponseTimeout = "response_timeout",
        CallerBroke = "caller_broke",
        CallerTimeout = "caller_timeout",
        BadRequest = "bad_request",
        UnknownProtocol = "unknown_protocol",
        TooManyHeaders = "too_many_headers",
        UriTooLong = "uri_too_long",
        BodyTooLong = "body_too_long",
        Busy = "busy",
        /// The caller went before it was answered.
        CallerLeft = "caller_left",
    }
}

label! {
    /// A limit of the request path that was reached.
    pub(crate) enum Limit as "limit" {
        /// No further caller is accepted until one goes: `connections-max`.
        Connections = "connections",
        /// A connection was closed as it came, of an address that has too many: `connections-per-ip-max`.
        ConnectionsPerIp = "connections_per_ip",
        /// A request failed after its last try: `tries-max`.
        Tries = "tries",
        /// A connection was closed because as many were idle: `idle-per-address-max`, `idle-max`.
        IdleConnections = "idle_connections",
        /// A connection was closed whose request's head did not end: `head-read-timeout-ms`.
        SlowHeads = "slow_heads",
        /// An answer was cut that stood still: `idle-timeout-ms`, or a route's `idle-timeout`.
        StalledAnswer = "stalled_answer",
        /// An answer was cut that took too long in all: a route's `whole-timeout`.
        WholeTimeout = "whole_timeout",
        /// As many requests waited for the connections of one instance: `instances.http2.pending-max`.
        PendingRequests = "pending_requests",
        /// A handshake waited for others: `ssl.handshakes-max`.
        Handshakes = "handshakes",
    }
}

label! {
    /// How a TLS handshake came out.
    pub(crate) enum Handshake as "outcome" {
        Full = "full",
        /// An earlier session was taken up again.
        Resumed = "resumed",
        Failed = "failed",
        /// `ssl.handshake-timeout-ms`.
        TimedOut = "timed_out",
        PlainHttp = "plain_http",
        CallerLeft = "caller_left",
    }
}

label! {
    /// Whom certificates are for.
    pub(crate) enum Side as "side" {
        /// `ssl.*`.
        Callers = "callers",
        /// `instances.tls.*`.
        Instances = "instances",
    }
}

label! {
    /// How it came out that files of certificates were read again.
    pub(crate) enum Renewal as "outcome" {
        Done = "done",
        /// What was in force stays in force.
        Failed = "failed",
    }
}

/// Counters of the data plane, one set per thread.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Sharded<Counts>,
}

/// See the metrics of the same names. Where there is a pair of begun and ended, what is open is the difference.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) answers: Grid<(Class,)>,
    pub(crate) errors: Grid<(Failure,)>,
    pub(crate) failed_tries: Grid<(Failure,)>,
    pub(crate) retries: Grid<()>,
    pub(crate) limits: Grid<(Limit,)>,
    pub(crate) connections_begun: Grid<()>,
    pub(crate) connections_ended: Grid<()>,
    pub(crate) handshakes: Grid<(Handshake,)>,
    pub(crate) renewals: Grid<(Side, Renewal)>,
    pub(crate) upgrades_begun: Grid<()>,
    pub(crate) upgrades_ended: Grid<()>,
    /// Connections to instances that became idle, and that ceased to be.
    pub(crate) idle_begun: Grid<()>,
    pub(crate) idle_ended: Grid<()>,
}

impl Tally {
    /// Of this thread.
    pub(crate) fn mine(&self) -> &Counts {
        self.counts.mine()
    }

    pub(crate) fn counts(&self) -> &Sharded<Counts> {
        &self.counts
    }

    /// A caller's connection, open until this is dropped.
    pub(crate) fn connection(self: &Arc<Self>) -> Open {
        self.mine().connections_begun.count(());
        Open { tally: Arc::clone(self), ended: |counts| &counts.connections_ended }
    }

    /// One that has left HTTP, likewise.
    pub(crate) fn upgrade(self: &Arc<Self>) -> Open {
        self.mine().upgrades_begun.count(());
        Open { tally: Arc::clone(self), ended: |counts| &counts.upgrades_ended }
    }

    /// A limit was reached.
    pub(crate) fn limit(&self, limit: Limit) {
        self.mine().limits.count((limit,));
    }
}

/// Counted as open.
pub(crate) struct Open {
    tally: Arc<Tally>,
    ended: fn(&Counts) -> &Grid<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        (self.ended)(self.tally.mine()).count(());
    }
}

impl From<StatusCode> for Class {
    fn from(status: StatusCode) -> Self {
        // hyper takes no other first digit.
        Self::ALL.get(usize::from(status.as_u16() / 100).saturating_sub(1)).copied().unwrap_or(Self::ServerError)
    }
}

impl From<ErrorKind> for Failure {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NoRoute => Self::NoRoute,
            ErrorKind::NotReady => Self::NotReady,
            ErrorKind::UnknownService => Self::UnknownService,
            ErrorKind::NothingInRotation => Self::NothingInRotation,
            ErrorKind::ConnectFailed => Self::ConnectFailed,
            ErrorKind::ConnectTimeout => Self::ConnectTimeout,
            ErrorKind::BadAnswer => Self::BadAnswer,
            ErrorKind::ResponseTimeout => Self::ResponseTimeout,
            ErrorKind::CallerBroke => Self::CallerBroke,
            ErrorKind::CallerTimeout => Self::CallerTimeout,
            ErrorKind::BadRequest => Self::BadRequest,
            ErrorKind::UnknownProtocol => Self::UnknownProtocol,
            ErrorKind::TooManyHeaders => Self::TooManyHeaders,
            ErrorKind::UriTooLong => Self::UriTooLong,
            ErrorKind::BodyTooLong => Self::BodyTooLong,
            ErrorKind::Busy => Self::Busy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_the_first_digit() {
        let table = [(101, Class::Informational), (204, Class::Success), (304, Class::Redirection)];
        let more = [(499, Class::CallerError), (500, Class::ServerError), (999, Class::ServerError)];
        for (status, class) in table.into_iter().chain(more) {
            assert_eq!(Class::from(StatusCode::from_u16(status).unwrap()), class, "{status}");
        }
    }
}
