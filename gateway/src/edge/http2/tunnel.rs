//! A stream that leaves HTTP with its answer (extended CONNECT): to the rest of the gateway a WebSocket as over HTTP/1.1.

use std::cell::RefCell;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use http::{Method, Request};
use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::upgrade::{OnUpgrade, on};
use tokio::task::JoinSet;

use super::left_stream::LeftStream;
use crate::upgrade::extended_connect::Asked;
use crate::upgrade::{Handover, carry};
use crate::worker::Worker;

/// Those of one connection, each in a task of its own.
#[derive(Default)]
pub(super) struct Tunnels(RefCell<JoinSet<()>>);

/// Of a request that asks for it.
pub(super) struct Tunnel {
    stream: OnUpgrade,
    handover: Rc<Handover>,
}

impl Tunnel {
    /// `None`: the request asks for none. What it asks for is judged with it.
    pub(super) fn asked_for(request: &mut Request<Incoming>) -> Option<Box<Self>> {
        if *request.method() != Method::CONNECT {
            return None;
        }
        let asked = request.extensions_mut().remove::<Protocol>()?;
        request.extensions_mut().insert(Asked(asked.as_str().to_owned()));
        Some(Box::new(Self { stream: on(request), handover: Rc::default() }))
    }

    /// Where the instance's side of it comes from.
    pub(super) fn handover(&self) -> Rc<Handover> {
        Rc::clone(&self.handover)
    }
}

impl Tunnels {
    /// Its request is answered: when an instance has switched, the stream is carried once that answer has left.
    pub(super) fn begin(&self, tunnel: Tunnel, worker: Rc<Worker>, peer: SocketAddr) {
        let Tunnel { stream, handover } = tunnel;
        let Some(switched) = handover.take() else { return };
        let mut all = self.0.borrow_mut();
        while all.try_join_next().is_some() {}
        all.spawn_local(async move {
            match stream.await {
                Ok(stream) => carry(&worker, (Bytes::new(), LeftStream::new(stream)), switched, peer).await,
                Err(error) => log::debug!("{peer}: left before its answer to CONNECT: {error}"),
            }
        });
    }

    /// When all have ended. The connection's end is theirs, once instances have taken what came over it before.
    pub(super) async fn ended(&self) {
        while poll_fn(|cx| self.0.borrow_mut().poll_join_next(cx)).await.is_some() {}
    }
}
