//! Carries a connection that has left HTTP until it ends, and says why it was closed where that was the gateway's doing.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use super::handover::Switched;
use super::tunnel::{End, Limits, tunnel};
use crate::worker::Worker;

/// How long a caller may say nothing to an instance that has ended. Most callers end right after it.
const LINGER_MAX: Duration = Duration::from_secs(5);

/// The caller's side is what was read beyond its last request, and its stream.
pub(crate) async fn carry<C>(worker: &Worker, caller: (Bytes, C), switched: Switched, peer: SocketAddr)
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    // Held to the end: with it goes that the request is under way.
    let Switched { mut connection, protocol } = switched;
    let address = connection.address();
    let Some(instance) = connection.take_stream() else {
        return log::debug!("{protocol} of {peer}: the instance at {address} was gone before it was spoken to");
    };
    worker.upgraded.set(worker.upgraded.get() + 1);
    let open = worker.tally.upgrade();
    let stall = Duration::from_millis(worker.config.stall_timeout_ms);
    let idle = Duration::from_millis(worker.config.upgrade_idle_timeout_ms);
    let limits = Limits { idle, stall, linger: stall.min(LINGER_MAX) };
    let end = tunnel(caller, instance, limits).await;
    worker.upgraded.set(worker.upgraded.get() - 1);
    drop(open);
    match end {
        End::Ended => log::debug!("{protocol} of {peer}: ended with the instance at {address}"),
        End::Broke(error) => log::debug!("{protocol} of {peer}: broke with the instance at {address}: {error}"),
        End::Still(still, limit) => {
            let cause = format!("upgraded connection to the instance at {address}: {still}");
            if let Some(unsaid) = worker.failures.note(&cause, worker.clock.now_ms()) {
                let limit_ms = limit.as_millis();
                log::warn!("{cause}: not a byte in {limit_ms} ms; {protocol} of {peer} is closed{unsaid}");
            }
        }
    }
}
