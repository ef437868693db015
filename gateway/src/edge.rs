//! The data plane: one thread for each listener, each with its own runtime, connections and pool.
//!
//! ```text
//! start ─► accept ─► converse ─┬► opening ────┬► http1 ─┬► pipeline::serve, request by request
//!                              └► handshakes ─┴► http2 ─┘
//!                                                    └► upgrade::carry, when a connection, or a stream of HTTP/2, leaves HTTP
//! ```
//!
//! | module | what |
//! |---|---|
//! | `accept` | connections until the stop, their limit, and the requests under way after it |
//! | `linger` | the end of a connection whose caller may still be sending |
//! | `per_ip` | connections of one address |
//! | `converse` | one caller's connection: what is spoken on it |
//! | `door` | what one thread listens on |
//! | `handshakes` | how it becomes one under TLS |
//! | `opening`, `begun` | what its first bytes say; a stream of which they were read |
//! | `http1`, `http2` | serving what is spoken |
//! | `looks` | looking after a connection from time to time |
//! | `stalled` | says why a connection on which nothing moves is closed |

mod accept;
mod begun;
mod converse;
mod door;
mod handshakes;
mod http1;
mod http2;
mod linger;
mod looks;
mod opening;
mod per_ip;
mod stalled;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use eurus_service::{Clock, Faults, Shutdown};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::access_log::AccessLines;
use crate::config::{EdgeConfig, TlsConfig};
use crate::tcp_keep_alive::set_tcp_keep_alive;
use crate::worker::Shared;

use accept::accept;
pub(crate) use per_ip::PerIp;

/// What one thread is given.
pub(crate) struct Seat {
    pub(crate) name: String,
    /// Of plain HTTP.
    pub(crate) plain: Option<TcpListener>,
    pub(crate) tls: Option<(TcpListener, TlsConfig)>,
    pub(crate) shared: Shared,
    pub(crate) config: EdgeConfig,
    pub(crate) per_ip: Arc<PerIp>,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) stop: Shutdown,
    pub(crate) grace: Duration,
}

/// Starts a thread. The receiver is told how it ended; when the thread panics it is told nothing.
pub(crate) fn start(seat: Seat) -> io::Result<oneshot::Receiver<io::Result<()>>> {
    for listener in seat.plain.iter().chain(seat.tls.iter().map(|(listener, _)| listener)) {
        listener.set_nonblocking(true)?;
        set_tcp_keep_alive(listener)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Before the thread begins: a manual clock waits for the timers that exist.
    let timer = seat.clock.timer("gateway idle connections");
    let lines_timer = AccessLines::timer(seat.shared.access_log.as_ref(), &seat.clock);
    let (ended, outcome) = oneshot::channel();
    std::thread::Builder::new().name(seat.name.clone()).spawn(move || {
        let local = LocalSet::new();
        // The receiver is gone only when nobody waits any more.
        let _ = ended.send(local.block_on(&runtime, accept(seat, timer, lines_timer)));
    })?;
    Ok(outcome)
}
