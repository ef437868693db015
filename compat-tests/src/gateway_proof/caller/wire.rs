//! Connections to the gateway: of HTTP/1.1 one a caller, of HTTP/2 one for several of them.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::super::account::Outcome;
use super::super::body::{Body, BoxError};

/// Opened by who needs it first.
pub(super) type SharedConnection = Arc<Mutex<Option<http2::SendRequest<Body>>>>;

/// See the module.
pub(super) enum Wire {
    Http1(Option<http1::SendRequest<Body>>),
    Http2(SharedConnection),
}

impl Wire {
    /// The next request takes another connection; of HTTP/2 all share theirs.
    pub(super) fn leave(&mut self) {
        if let Self::Http1(connection) = self {
            *connection = None;
        }
    }

    /// The head of the answer. A request that was never sent, because its connection was just closed, is sent over another one.
    pub(super) async fn send(
        &mut self,
        gateway: SocketAddr,
        make: impl Fn() -> Result<Request<Body>, http::Error>,
    ) -> Result<Response<Incoming>, Outcome> {
        let mut last = self.send_once(gateway, make().map_err(no_answer)?).await;
        if last.as_ref().is_err_and(|error| never_sent(error.as_ref())) {
            last = self.send_once(gateway, make().map_err(no_answer)?).await;
        }
        last.map_err(no_answer)
    }

    async fn send_once(&mut self, gateway: SocketAddr, request: Request<Body>) -> Result<Response<Incoming>, BoxError> {
        match self {
            Self::Http1(connection) => {
                let is_ready = match connection {
                    Some(open) => open.ready().await.is_ok(),
                    None => false,
                };
                if !is_ready {
                    *connection = Some(open_http1(gateway).await?);
                }
                let open = connection.as_mut().ok_or("no connection")?;
                Ok(open.send_request(request).await?)
            }
            Self::Http2(shared) => {
                let mut shared = shared.lock().await;
                if shared.as_ref().is_none_or(http2::SendRequest::is_closed) {
                    *shared = Some(open_http2(gateway).await?);
                }
                let mut open = shared.as_ref().ok_or("no connection")?.clone();
                drop(shared);
                open.ready().await?;
                Ok(open.send_request(request).await?)
            }
        }
    }
}

fn never_sent(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
}

fn no_answer(error: impl Into<BoxError>) -> Outcome {
    Outcome::NoAnswer(in_words(error.into().as_ref()))
}

/// With its causes.
pub(super) fn in_words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}

pub(super) async fn connect(gateway: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(gateway).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn open_http1(gateway: SocketAddr) -> Result<http1::SendRequest<Body>, BoxError> {
    let (open, connection) = http1::handshake(TokioIo::new(connect(gateway).await?)).await?;
    // How it ends is said to each request.
    tokio::spawn(async move { drop(connection.await) });
    Ok(open)
}

async fn open_http2(gateway: SocketAddr) -> Result<http2::SendRequest<Body>, BoxError> {
    let io = TokioIo::new(connect(gateway).await?);
    let (open, connection) = http2::handshake(TokioExecutor::new(), io).await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(open)
}
