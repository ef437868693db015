//! HTTP/1 with a caller: request after request, and what the connection becomes when an instance agrees to another protocol.

use std::convert::Infallible;
use std::rc::Rc;

use futures_util::FutureExt as _;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::{Builder, Parts};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::converse::Conversation;
use super::linger::linger;
use super::looks::{Looks, TooSlow};
use super::stalled::{say_cut, say_slow_head, say_stalled};
use crate::caller::Caller;
use crate::framing::JudgedStream;
use crate::framing::verdicts::Verdicts;
use crate::limits::Limits;
use crate::pipeline;
use crate::upgrade::{Handover, carry};

/// Until the connection ends.
pub(super) async fn serve<S>(conversation: Conversation, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let Conversation { worker, peer, scheme, way, activity, stop } = conversation;
    let limits = &worker.config.limits;
    let trusts = limits.trusts(peer.ip());
    let verdicts = Rc::new(Verdicts::default());
    let stream = JudgedStream::new(stream, limits.header_bytes_max, Rc::clone(&verdicts));
    let handover = Rc::new(Handover::default());
    let service = service_fn(|request: Request<Incoming>| {
        let (worker, activity, handover) = (Rc::clone(&worker), Rc::clone(&activity), Rc::clone(&handover));
        let (way, verdicts) = (Rc::clone(&way), Some(Rc::clone(&verdicts)));
        let (peer, version) = (peer.ip(), request.version());
        let request_id = worker.request_ids.of(request.headers(), trusts);
        let arrived_ns = worker.clock.now_ns();
        let caller = Caller { peer, scheme, version, request_id, arrived_ns, way, verdicts, activity, handover };
        pipeline::serve(worker, caller, request).map(Ok::<_, Infallible>)
    });
    let mut connection = builder(limits).serve_connection(TokioIo::new(stream), service);
    let mut looks = Looks::new(&worker.config);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            biased;
            outcome = timeout(looks.between(), &mut connection) => match outcome {
                Ok(Ok(())) => break,
                Ok(Err(error)) => {
                    log::debug!("connection of {peer} ended: {error}");
                    // hyper has answered what it cannot read.
                    if !error.is_parse() {
                        return;
                    }
                    activity.set_refused();
                    break;
                }
                Err(_) => match looks.look(&activity, &verdicts) {
                    None => {}
                    // With the connection goes the answer's body, and with that the instance's connection.
                    Some(TooSlow::Answer(stalled)) => return say_stalled(&worker, stalled, peer),
                    Some(TooSlow::Head) => return say_slow_head(&worker, peer),
                    Some(TooSlow::NextRequest) => return log::debug!("connection of {peer}: idle for too long; closed"),
                },
            },
            cut = activity.cut() => return say_cut(&worker, &cut, peer),
            () = stop.wait(), if !is_stopping => {
                is_stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
    let Parts { io, read_buf, .. } = connection.into_parts();
    if activity.is_refused() {
        linger(io.into_inner().into_inner()).await;
    } else if let Some(switched) = handover.take() {
        carry(&worker, (read_buf, io.into_inner().into_inner()), switched, peer).await;
    }
}

/// Without its timer, which would be set anew for each request: how long a head may take, and a pause before it, is looked at.
fn builder(limits: &Limits) -> Builder {
    let mut builder = Builder::new();
    builder.header_read_timeout(None).max_header_size(limits.header_bytes_max);
    if let Some(max) = limits.headers_max_of_hyper() {
        builder.max_headers(max);
    }
    builder
}
