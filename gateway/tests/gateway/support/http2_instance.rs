//! Instances that speak HTTP/2 without TLS: a library's server, and one that does as a script says, stream by stream.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::producer::{self, Producer};
use super::registry::SERVICE_UP_MS;
use super::{Body, raw};

/// A producer as all others, but for what it speaks; how many connections it has accepted.
pub(crate) async fn producer(host: u8) -> (Producer, Arc<AtomicUsize>) {
    serve(host, 200, move |request| producer::answer(format!("p{host}"), request)).await
}

pub(crate) async fn serve<F>(
    host: u8,
    streams_max: u32,
    answer: impl Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
) -> (Producer, Arc<AtomicUsize>)
where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, host], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            let service = service_fn(move |request| {
                let answer = answer(request);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            let mut server = http2::Builder::new(TokioExecutor::new());
            tokio::spawn(server.max_concurrent_streams(streams_max).serve_connection(TokioIo::new(stream), service));
        }
    });
    (Producer::at(host, address), connections)
}

/// A connection of HTTP/2, as the instance has it.
pub(crate) type Side = Connection<TcpStream, Bytes>;

/// Runs a script for each connection, which is told how many came before it.
pub(crate) async fn scripted<F>(host: u8, script: impl Fn(usize, Side) -> F + Clone + Send + Sync + 'static) -> Producer
where
    F: Future<Output = ()> + Send + 'static,
{
    let address = raw::server(host, move |count, stream| {
        let script = script.clone();
        async move { script(count, h2::server::handshake(stream).await.unwrap()).await }
    })
    .await;
    Producer::at(host, address)
}

/// Answers with a whole text.
pub(crate) fn answer(mut respond: SendResponse<Bytes>, text: &'static str) {
    respond
        .send_response(Response::new(()), false)
        .unwrap()
        .send_data(Bytes::from_static(text.as_bytes()), true)
        .unwrap();
}

/// What the registry says of one that speaks HTTP/2.
pub(crate) fn registered(producer: &Producer) -> Value {
    let mut instance = producer.instance("UP", SERVICE_UP_MS);
    instance["metadata"] = json!({"eurus.protocol": "http2"});
    instance
}
