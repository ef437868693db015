//! HTTP/2 with a caller: many requests at a time over one connection. To the rest of the gateway each is a request as any
//! other; what is particular about them stays below here.
//!
//! | module | what |
//! |---|---|
//! | `request` | what HTTP/1.1 says otherwise |
//! | `streams` | the requests under way of one connection: one task each, cut off when its answer stands still |
//! | `pieces` | an answer's body in pieces of a frame |
//! | `frames` | counts what callers could flood the gateway with |
//! | `tunnel`, `left_stream` | a stream that leaves HTTP, as a WebSocket's does; its bytes |
//! | `guard` | the connection's stream, which ends when there is too much of that |

mod frames;
mod guard;
mod left_stream;
mod pieces;
mod request;
mod streams;
mod tunnel;

use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::converse::Conversation;
use crate::activity::Activity;
use crate::caller::Caller;
use crate::config::EdgeConfig;
use crate::pipeline;
use crate::upgrade::Handover;
use crate::worker::Worker;

use guard::Guard;
use pieces::Pieces;
use streams::{Idle, StreamTasks, Streams};
use tunnel::{Tunnel, Tunnels};

/// Until the connection ends.
pub(super) async fn serve<S>(conversation: Conversation, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let Conversation { worker, peer, scheme, way, stop, .. } = conversation;
    let streams = Rc::new(Streams::default());
    let trusts = worker.config.limits.trusts(peer.ip());
    let guard = Guard::new(stream, worker.clock.clone(), Rc::clone(&streams), &worker.config.http2);
    let (nobodys, of_service) = (Rc::new(Handover::default()), Rc::clone(&streams));
    let tunnels = Rc::new(Tunnels::default());
    let service = service_fn(|mut request: Request<Incoming>| {
        let activity = Rc::new(Activity::default());
        of_service.begin(Rc::clone(&activity));
        let tunnel = Tunnel::asked_for(&mut request);
        let caller = Caller {
            peer: peer.ip(),
            scheme,
            version: request.version(),
            request_id: worker.request_ids.of(request.headers(), trusts),
            arrived_ns: worker.clock.now_ns(),
            way: Rc::clone(&way),
            verdicts: None,
            activity: Rc::clone(&activity),
            handover: tunnel.as_ref().map_or_else(|| Rc::clone(&nobodys), |tunnel| tunnel.handover()),
        };
        let (worker, tunnels, streams) = (Rc::clone(&worker), Rc::clone(&tunnels), Rc::clone(&of_service));
        async move {
            streams.not_taken_back().await;
            let answer = pipeline::serve(Rc::clone(&worker), caller, request::with_one_cookie(request)).await;
            if let Some(tunnel) = tunnel {
                tunnels.begin(*tunnel, worker, peer);
            }
            Ok::<_, Infallible>(answer.map(|body| Pieces::new(body, activity)))
        }
    });
    let tasks = StreamTasks { worker: Rc::clone(&worker), peer, streams: Rc::clone(&streams) };
    let mut connection = builder(tasks, &worker.config).serve_connection(TokioIo::new(guard), service);
    let between_looks = Activity::between_looks(Duration::from_millis(worker.config.keep_alive_timeout_ms));
    let mut is_stopping = false;
    loop {
        tokio::select! {
            outcome = timeout(between_looks, &mut connection) => match outcome {
                Ok(Ok(())) => break,
                Ok(Err(error)) => {
                    say_ended(&worker, &streams, &peer, &error);
                    break;
                }
                Err(_) => match streams.look() {
                    Idle::No => {}
                    Idle::Ending => std::pin::Pin::new(&mut connection).graceful_shutdown(),
                    Idle::Ended => {
                        log::debug!("connection of {peer}: idle, and it does not end; closed");
                        break;
                    }
                },
            },
            () = stop.wait(), if !is_stopping => {
                is_stopping = true;
                // GOAWAY: what is under way is finished, and nothing new is begun.
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
    drop(connection);
    tunnels.ended().await;
}

fn builder(tasks: StreamTasks, config: &EdgeConfig) -> Builder<StreamTasks> {
    let head_max = u32::try_from(config.limits.header_bytes_max).unwrap_or(u32::MAX);
    let config = &config.http2;
    let mut builder = Builder::new(tasks);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(config.streams_max)
        .max_header_list_size(head_max)
        .initial_stream_window_size(config.stream_window_bytes)
        .initial_connection_window_size(config.connection_window_bytes)
        .max_send_buf_size(config.send_buffer_bytes)
        // WebSockets: whoever asks for another protocol is told so.
        .enable_connect_protocol()
        // Those that are taken back before they were looked at; the others are counted by the guard.
        .max_pending_accept_reset_streams(usize::try_from(config.resets_per_second).unwrap_or(usize::MAX));
    if config.ping_interval_ms > 0 {
        builder
            .keep_alive_interval(Duration::from_millis(config.ping_interval_ms))
            .keep_alive_timeout(Duration::from_millis(config.ping_timeout_ms));
    }
    builder
}

/// Ordinary ends are nobody's trouble; a flood is.
fn say_ended(worker: &Worker, streams: &Streams, peer: &std::net::SocketAddr, error: &hyper::Error) {
    let Some(flood) = streams.flood() else {
        return log::debug!("connection of {peer} ended: {error}");
    };
    let cause = format!("HTTP/2 from {}: {flood}", peer.ip());
    if let Some(unsaid) = worker.failures.note(&cause, worker.clock.now_ms()) {
        log::warn!("{cause}; the connection is closed{unsaid}");
    }
}
