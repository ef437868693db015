//! Says why a connection, or a request of HTTP/2, on which nothing moves is closed.

use std::net::SocketAddr;

use crate::activity::Stalled;
use crate::tally::Limit;
use crate::time_limits::{Cut, Why};
use crate::worker::Worker;

/// Once in a while for each cause.
pub(super) fn say_stalled(worker: &Worker, stalled: Stalled, peer: SocketAddr) {
    worker.tally.limit(Limit::StalledAnswer);
    let description = stalled.to_string();
    if let Some(unsaid) = worker.failures.note(&description, worker.clock.now_ms()) {
        let limit_ms = worker.config.stall_timeout_ms;
        log::warn!("{description}: not a byte in {limit_ms} ms; the connection of {peer} is closed{unsaid}");
    }
}

/// A caller that sends its head drop by drop, as one may do to hold connections.
pub(super) fn say_slow_head(worker: &Worker, peer: SocketAddr) {
    worker.tally.limit(Limit::SlowHeads);
    if let Some(unsaid) = worker.failures.note("slow heads", worker.clock.now_ms()) {
        let limit_ms = worker.config.head_read_timeout_ms;
        log::warn!(
            "{peer}: the head of a request was not there after {limit_ms} ms (eurus.gateway.head-read-timeout-ms); the connection is \
             closed{unsaid}"
        );
    }
}

/// Of an answer that took longer than its route allows.
pub(super) fn say_cut(worker: &Worker, cut: &Cut, peer: SocketAddr) {
    worker.tally.limit(match cut.why {
        Why::Whole(_) => Limit::WholeTimeout,
        Why::Idle(_) => Limit::StalledAnswer,
    });
    let description = cut.to_string();
    if let Some(unsaid) = worker.failures.note(&description, worker.clock.now_ms()) {
        log::warn!("{description}; it is cut off for {peer}{unsaid}");
    }
}
