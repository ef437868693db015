//! What the tests stand on.

pub(crate) mod gateway;
pub(crate) mod grpc;
pub(crate) mod http2;
pub(crate) mod http2_instance;
pub(crate) mod producer;
pub(crate) mod raw;
pub(crate) mod registry;
pub(crate) mod secure;
pub(crate) mod site;
pub(crate) mod sync_speed;
pub(crate) mod tls;
pub(crate) mod tunnel;
pub(crate) mod wire;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Nothing that a test awaits takes this long unless it is broken.
const BOUND: Duration = Duration::from_secs(20);

pub(crate) type Body = BoxBody<Bytes, hyper::Error>;

pub(crate) fn text(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).map_err(|never: Infallible| match never {}).boxed()
}

/// Awaits something that must happen.
pub(crate) async fn soon<T>(what: &str, happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(BOUND, happens).await.unwrap_or_else(|_| panic!("{what}: not within {BOUND:?}"))
}

/// Looks until something is so; each look lets others run.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    soon(what, async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// An HTTP server on an address; it ends with the test's runtime.
pub(crate) async fn serve<F>(
    ip: [u8; 4],
    handler: impl Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
) -> SocketAddr
where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let listener = TcpListener::bind(SocketAddr::from((ip, 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let handler = handler.clone();
            let service = service_fn(move |request| {
                let answer = handler(request);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades());
        }
    });
    address
}
