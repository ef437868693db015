//! gRPC by tonic: a server with calls of all four kinds, and a caller. Messages are plain bytes: the gateway looks into none.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::{Buf as _, BufMut as _, Bytes};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::uri::PathAndQuery;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::StreamingService;
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};

type Messages = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

/// Messages as they are.
#[derive(Clone, Copy, Default)]
pub(crate) struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, given: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(given.copy_to_bytes(given.remaining())))
    }
}

/// Serves calls on any stream, until it ends.
pub(crate) async fn serve_on(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let service = service_fn(|request: http::Request<Incoming>| async move {
        let method = request.uri().path().trim_start_matches("/eurus.Test/").to_owned();
        Ok::<_, Infallible>(tonic::server::Grpc::new(Plain).streaming(Method(method), request).await)
    });
    drop(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await);
}

/// A server on 127.0.0.`host`.
pub(crate) async fn serve(host: u8) -> SocketAddr {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, host], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            tokio::spawn(serve_on(listener.accept().await.unwrap().0));
        }
    });
    address
}

/// Over the wire all four kinds are streams both ways.
struct Method(String);

impl StreamingService<Bytes> for Method {
    type Response = Bytes;
    type ResponseStream = Messages;
    type Future = BoxFuture<'static, Result<Response<Messages>, Status>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let (metadata, method) = (request.metadata().clone(), self.0.clone());
        let mut given = request.into_inner();
        Box::pin(async move {
            let messages: Messages = match method.as_str() {
                "Echo" => given.boxed(),
                "Join" => {
                    let mut all = Vec::new();
                    while let Some(message) = given.message().await? {
                        all.extend_from_slice(&message);
                    }
                    stream::iter([Ok(all.into())]).boxed()
                }
                "Count" => {
                    let first = given.message().await?.unwrap_or_default();
                    stream::iter((0..first[0]).map(|number| Ok(Bytes::copy_from_slice(&[number])))).boxed()
                }
                "Fail" => return Err(Status::not_found("no such thing: ä, 100 %")),
                "FailLate" => {
                    stream::iter([Ok(Bytes::from_static(b"one")), Err(Status::data_loss("lost the rest"))]).boxed()
                }
                "Silent" => std::future::pending().await,
                "Half" => stream::iter([Ok(Bytes::from_static(b"half"))]).chain(stream::pending()).boxed(),
                other => return Err(Status::unimplemented(other)),
            };
            let mut answer = Response::new(messages);
            for key in ["x-text", "te", "grpc-timeout"] {
                if let Some(value) = metadata.get(key) {
                    answer.metadata_mut().insert(if key == "te" { "x-te" } else { "x-seen" }, value.clone());
                }
            }
            if let Some(value) = metadata.get_bin("x-some-bin") {
                answer.metadata_mut().insert_bin("x-seen-bin", value.clone());
            }
            Ok(answer)
        })
    }
}

/// Calls a service through a gateway.
pub(crate) struct Caller(tonic::client::Grpc<Channel>);

impl Caller {
    pub(crate) async fn new(gateway: SocketAddr, service: &str) -> Self {
        let channel = Channel::from_shared(format!("http://{gateway}")).unwrap().connect().await.unwrap();
        let origin = format!("http://{gateway}{service}").parse().unwrap();
        Self(tonic::client::Grpc::with_origin(channel, origin))
    }

    /// Any call: messages there, and messages back.
    pub(crate) async fn call(
        &self,
        method: &str,
        request: Request<impl Stream<Item = Bytes> + Send + 'static>,
    ) -> Result<Response<Streaming<Bytes>>, Status> {
        let mut grpc = self.0.clone();
        grpc.ready().await.unwrap();
        grpc.streaming(request, path(method), Plain).await
    }

    pub(crate) async fn unary(&self, method: &str, request: Request<Bytes>) -> Result<Response<Bytes>, Status> {
        let mut grpc = self.0.clone();
        grpc.ready().await.unwrap();
        grpc.unary(request, path(method), Plain).await
    }

    pub(crate) async fn client_streaming(&self, method: &str, messages: Vec<Bytes>) -> Result<Response<Bytes>, Status> {
        let mut grpc = self.0.clone();
        grpc.ready().await.unwrap();
        grpc.client_streaming(Request::new(stream::iter(messages)), path(method), Plain).await
    }

    pub(crate) async fn server_streaming(&self, method: &str, message: Bytes) -> Result<Vec<Bytes>, Status> {
        let mut grpc = self.0.clone();
        grpc.ready().await.unwrap();
        let mut messages = grpc.server_streaming(Request::new(message), path(method), Plain).await?.into_inner();
        let mut all = Vec::new();
        while let Some(message) = messages.message().await? {
            all.push(message);
        }
        Ok(all)
    }
}

fn path(method: &str) -> PathAndQuery {
    format!("/eurus.Test/{method}").parse().unwrap()
}
