//! The data plane: one thread for each listener, each with its own runtime, connections and pool.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use eurus_service::{Clock, Faults, Shutdown, Timer};
use hyper::server::conn::http1::{self, Parts};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::LocalSet;
use tokio::time::timeout;

use crate::activity::{Activity, Stalled};
use crate::config::EdgeConfig;
use crate::directory::Directory;
use crate::observed_stream::ObservedStream;
use crate::pipeline::{self, Caller};
use crate::sync_speed::Refusals;
use crate::upgrade::{Handover, carry};
use crate::worker::Worker;

/// Bytes of a message's head at most, both ways. A caller who exceeds it gets 431, an instance 502.
pub(crate) const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Headers of a message at most, both ways.
pub(crate) const HEADERS_MAX: usize = 128;

/// After the operating system refused to accept a connection (out of file descriptors, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What one thread is given.
pub(crate) struct Seat {
    pub(crate) name: String,
    pub(crate) listener: std::net::TcpListener,
    pub(crate) directory: Arc<Directory>,
    pub(crate) refusals: Refusals,
    pub(crate) config: EdgeConfig,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) stop: Shutdown,
    pub(crate) grace: Duration,
}

/// Starts a thread. The receiver is told how it ended; when the thread panics it is told nothing.
pub(crate) fn start(seat: Seat) -> io::Result<oneshot::Receiver<io::Result<()>>> {
    seat.listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Before the thread begins: a manual clock waits for the timers that exist.
    let timer = seat.clock.timer("gateway idle connections");
    let (ended, outcome) = oneshot::channel();
    std::thread::Builder::new().name(seat.name.clone()).spawn(move || {
        let local = LocalSet::new();
        // The receiver is gone only when nobody waits any more.
        let _ = ended.send(local.block_on(&runtime, accept(seat, timer)));
    })?;
    Ok(outcome)
}

/// Accepts until told to stop, then lets the requests under way finish.
async fn accept(seat: Seat, timer: Timer) -> io::Result<()> {
    let listener = TcpListener::from_std(seat.listener)?;
    let connections_max = u32::try_from(seat.config.connections_max).unwrap_or(u32::MAX);
    let permits = Arc::new(Semaphore::new(connections_max as usize));
    let worker = Rc::new(Worker::new(seat.directory, seat.refusals, seat.config, seat.clock, seat.faults));
    tokio::task::spawn_local(close_overdue(Rc::clone(&worker), timer, seat.stop.clone()));
    let mut was_full = false;
    loop {
        let is_full = permits.available_permits() == 0;
        if is_full && !was_full {
            log::warn!(
                "{}: {connections_max} connections are open, the limit; further callers wait until one closes",
                seat.name
            );
        }
        was_full = is_full;
        let permit = tokio::select! {
            biased;
            () = seat.stop.wait() => break,
            permit = Arc::clone(&permits).acquire_owned() => permit.map_err(io::Error::other)?,
        };
        let accepted = tokio::select! {
            biased;
            () = seat.stop.wait() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                tokio::task::spawn_local(converse(Rc::clone(&worker), stream, peer, permit, seat.stop.clone()));
            }
            Err(error) => {
                log::warn!("{}: no connection can be accepted: {error}. Out of file descriptors?", seat.name);
                // Time-outs and stops end the pause alike.
                let _ = timeout(ACCEPT_PAUSE, seat.stop.wait()).await;
            }
        }
    }
    drop(listener);
    let all_ended = async {
        tokio::select! {
            biased;
            () = seat.stop.aborted() => {}
            _ = permits.acquire_many(connections_max) => {}
        }
    };
    if timeout(seat.grace, all_ended).await.is_err() {
        let open = connections_max as usize - permits.available_permits();
        let (after_ms, upgraded) = (seat.grace.as_millis(), worker.upgraded.get());
        log::warn!(
            "{}: {open} connections were still busy after {after_ms} ms (eurus.gateway.shutdown-grace-ms), {upgraded} of \
             them upgraded ones such as WebSockets; cut off",
            seat.name
        );
    }
    Ok(())
}

/// One caller's connection: request after request, and what it becomes when an instance agrees to another protocol. The
/// permit goes with it.
async fn converse(
    worker: Rc<Worker>,
    stream: TcpStream,
    peer: SocketAddr,
    _permit: OwnedSemaphorePermit,
    stop: Shutdown,
) {
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("{peer}: TCP_NODELAY: {error}");
    }
    let (activity, handover) = (Rc::new(Activity::default()), Rc::new(Handover::default()));
    let stream = ObservedStream::new(stream, Rc::clone(&activity));
    let head_read_timeout = Duration::from_millis(worker.config.head_read_timeout_ms);
    let service = service_fn(|request| {
        let (worker, activity, handover) = (Rc::clone(&worker), Rc::clone(&activity), Rc::clone(&handover));
        let caller = Caller { peer: peer.ip(), activity, handover };
        async move { Ok::<_, Infallible>(pipeline::serve(worker, caller, request).await) }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_read_timeout)
        .max_headers(HEADERS_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let between_looks = Activity::between_looks(Duration::from_millis(worker.config.stall_timeout_ms));
    let mut is_stopping = false;
    loop {
        tokio::select! {
            outcome = timeout(between_looks, &mut connection) => match outcome {
                Ok(Ok(())) => break,
                Ok(Err(error)) => return log::debug!("connection of {peer} ended: {error}"),
                Err(_) => {
                    if let Some(stalled) = activity.look() {
                        // With the connection goes the answer's body, and with that the instance's connection.
                        return say_stalled(&worker, stalled, peer);
                    }
                }
            },
            () = stop.wait(), if !is_stopping => {
                is_stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
    if let Some(switched) = handover.take() {
        let Parts { io, read_buf, .. } = connection.into_parts();
        carry(&worker, (read_buf, io.into_inner()), switched, peer).await;
    }
}

fn say_stalled(worker: &Worker, stalled: Stalled, peer: SocketAddr) {
    let description = stalled.to_string();
    if let Some(unsaid) = worker.failures.note(&description, worker.clock.now_ms()) {
        let limit_ms = worker.config.stall_timeout_ms;
        log::warn!("{description}: not a byte in {limit_ms} ms; the connection of {peer} is closed{unsaid}");
    }
}

/// Closes idle connections in time, also to addresses that are not called any more.
async fn close_overdue(worker: Rc<Worker>, mut timer: Timer, stop: Shutdown) {
    loop {
        tokio::select! {
            () = stop.wait() => return,
            () = timer.sleep_ms((worker.config.idle_ms / 2).max(1)) => worker.pool.close_overdue(worker.clock.now_ms()),
        }
    }
}
