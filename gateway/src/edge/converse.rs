//! One caller's connection: what is spoken on it.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use eurus_service::Shutdown;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::begun::Begun;
use super::door::Guest;
use super::handshakes::Handshakes;
use super::opening::{Opening, opening};
use super::per_ip::Place;
use super::{http1, http2};
use crate::activity::Activity;
use crate::caller::Scheme;
use crate::headers::Way;
use crate::observed_stream::ObservedStream;
use crate::worker::Worker;

/// What is known of one connection before a request has come over it.
pub(super) struct Conversation {
    pub(super) worker: Rc<Worker>,
    pub(super) peer: SocketAddr,
    pub(super) scheme: Scheme,
    /// How its requests came here.
    pub(super) way: Rc<Way>,
    /// What moves over the connection.
    pub(super) activity: Rc<Activity>,
    pub(super) stop: Shutdown,
}

/// Until the connection ends. Its seats go with it.
pub(super) async fn converse(worker: Rc<Worker>, guest: Guest, _seats: (OwnedSemaphorePermit, Place), stop: Shutdown) {
    let Guest { stream, peer, handshakes } = guest;
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("{peer}: TCP_NODELAY: {error}");
    }
    let _open = worker.tally.connection();
    let scheme = if handshakes.is_some() { Scheme::Https } else { Scheme::Http };
    let way = Rc::new(Way::new(peer.ip(), scheme, worker.config.limits.trusts(peer.ip())));
    let conversation = Conversation { worker, peer, scheme, way, activity: Rc::default(), stop };
    match handshakes {
        None => plain(conversation, stream).await,
        // Apart: a connection of plain HTTP is not to be as large as one under TLS.
        Some(handshakes) => Box::pin(encrypted(conversation, stream, handshakes)).await,
    }
}

async fn plain(conversation: Conversation, stream: TcpStream) {
    let Conversation { worker, peer, stop, .. } = &conversation;
    let mut stream = ObservedStream::new(stream, Rc::clone(&conversation.activity));
    let limit = Duration::from_millis(worker.config.head_read_timeout_ms);
    let opening = tokio::select! {
        opening = opening(&mut stream, limit) => opening,
        // Nobody waits for an answer yet.
        () = stop.wait() => return,
    };
    match opening {
        Ok(Opening::Http1(first)) => http1::serve(conversation, Begun::new(first, stream)).await,
        Ok(Opening::Http2(first)) => http2::serve(conversation, Begun::new(first, stream)).await,
        Ok(Opening::Nothing) => {}
        Err(error) => log::debug!("connection of {peer} ended: {error}"),
    }
}

async fn encrypted(conversation: Conversation, stream: TcpStream, handshakes: Rc<Handshakes>) {
    let Conversation { worker, peer, activity, stop, .. } = &conversation;
    let stream = tokio::select! {
        shaken = handshakes.shake(worker, stream, *peer, activity) => shaken,
        () = stop.wait() => return,
    };
    drop(handshakes);
    let Some(stream) = stream else { return };
    // Who names no protocol speaks HTTP/1.1: HTTP/2 under TLS is agreed upon.
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => http2::serve(conversation, stream).await,
        _ => http1::serve(conversation, stream).await,
    }
}
