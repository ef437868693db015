//! Says why a connection, or a request of HTTP/2, on which nothing moves is closed.

use std::net::SocketAddr;

use crate::activity::Stalled;
use crate::tally::Limit;
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
