//! The listener: connections that send large bodies themselves where they are plain, and the framework's own under TLS.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::BoxBody;
use actix_http::error::DispatchError;
use actix_http::{HttpServiceBuilder, KeepAlive, Protocol, Request, Response};
use actix_server::{GracefulShutdownSignal, Server, ServerBuilder};
use actix_service::{IntoServiceFactory as _, Service, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::web::Data;
use actix_web::{App, web};
use eurus_service::tls::ServerTls;
use futures_util::future::ready;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::Connection;
use super::misdirected::is_plain;
use super::watch::Watch;
use super::{Context, serve, serve_management};

/// Open connections per worker at most; more wait in the listener's backlog.
pub const CONNECTIONS_PER_WORKER_MAX: usize = 25_000;
/// An idle connection is kept this long, as Tomcat does: Java clients keep theirs from heartbeat to heartbeat.
pub const KEEP_ALIVE_S: u64 = 60;
/// A TLS handshake may take this long.
pub const TLS_HANDSHAKE_S_MAX: u64 = 5;
/// The head of a connection's first request must be there by then.
const HEAD_S_MAX: u64 = 5;
/// A caller may take this long to close a connection that is at its end.
const CLOSING_S_MAX: u64 = 1;
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(KEEP_ALIVE_S);
const TLS_HANDSHAKE_MAX: Duration = Duration::from_secs(TLS_HANDSHAKE_S_MAX);
const HEAD_MAX: Duration = Duration::from_secs(HEAD_S_MAX);
const CLOSING_MAX: Duration = Duration::from_secs(CLOSING_S_MAX);

/// What plain HTTP is answered on a port that speaks TLS.
const NOT_PLAIN: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 36\r\nConnection: close\r\n\r\n\
    this port speaks TLS: use https://\r\n";

/// What a port serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    Main,
    /// Health and metrics alone.
    Management,
}

impl Port {
    fn answering(self) -> actix_web::Route {
        match self {
            Self::Main => web::to(serve),
            Self::Management => web::to(serve_management),
        }
    }
}

/// What is served, how many serve, and how long requests under way may take when it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Serving {
    pub(crate) port: Port,
    pub(crate) workers: usize,
    pub(crate) shutdown_s: u64,
}

/// Serves on a bound listener.
pub(crate) fn start(
    listener: TcpListener,
    tls: Option<&ServerTls>,
    context: Data<Context>,
    serving: Serving,
) -> io::Result<Server> {
    match tls {
        None => plain(listener, context, serving),
        Some(tls) => encrypted(listener, tls, context, serving),
    }
}

fn workers(serving: Serving) -> ServerBuilder {
    Server::build()
        .workers(serving.workers)
        .max_concurrent_connections(CONNECTIONS_PER_WORKER_MAX)
        .shutdown_timeout(serving.shutdown_s)
        .disable_signals()
}

/// HTTP over whatever connection.
fn http<T, S>(stopping: GracefulShutdownSignal) -> HttpServiceBuilder<T, S>
where
    S: ServiceFactory<Request, Config = ()>,
    S::Error: Into<Response<BoxBody>> + 'static,
    S::InitError: Debug,
    <S::Service as Service<Request>>::Future: 'static,
{
    HttpServiceBuilder::default()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        // Connections end by themselves: the framework would set a timer anew for each request.
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(HEAD_MAX)
        .client_disconnect_timeout(CLOSING_MAX)
}

fn plain(listener: TcpListener, context: Data<Context>, serving: Serving) -> io::Result<Server> {
    let builder = workers(serving);
    let stopping = builder.graceful_shutdown_signal();
    let builder = builder.listen("registry", listener, move || {
        let app = App::new().app_data(context.clone()).default_service(serving.port.answering());
        let app = app.into_factory().map_err(|error: actix_web::Error| error.error_response());
        let watch = Arc::clone(&context.watch);
        let http = http(stopping.clone())
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.outbox());
            })
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| {
            no_delay(&stream);
            let peer = stream.peer_addr().ok();
            ready(Ok((Connection::new(stream, Arc::clone(&watch)), Protocol::Http1, peer)))
        })
        .and_then(http)
    })?;
    Ok(builder.run())
}

fn encrypted(listener: TcpListener, tls: &ServerTls, context: Data<Context>, serving: Serving) -> io::Result<Server> {
    let builder = workers(serving);
    let stopping = builder.graceful_shutdown_signal();
    // HTTP/2 is not spoken here: nobody must think so.
    let mut config = tls.config();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let builder = builder.listen("registry", listener, move || {
        let app = App::new().app_data(context.clone()).default_service(serving.port.answering());
        let app = app.into_factory().map_err(|error: actix_web::Error| error.error_response());
        let http = http(stopping.clone()).finish(map_config(app, |()| AppConfig::default()));
        let (acceptor, watch) = (acceptor.clone(), Arc::clone(&context.watch));
        fn_service(move |stream: TcpStream| shake_hands(stream, acceptor.clone(), Arc::clone(&watch))).and_then(http)
    })?;
    Ok(builder.run())
}

/// Hands on who speaks TLS; who speaks plain HTTP is told so in his own tongue.
async fn shake_hands(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    watch: Arc<Watch>,
) -> Result<(TlsStream<Connection>, Protocol, Option<SocketAddr>), DispatchError> {
    let address = stream.peer_addr().ok();
    let peer = address.map(|address| address.ip());
    no_delay(&stream);
    let handshake = async {
        let mut first = [0];
        match stream.peek(&mut first).await? {
            // Whoever looks whether the port is open says nothing; it is no failure.
            0 => return Ok(None),
            _ if is_plain(first[0]) => {
                watch.plain_to_tls(peer);
                refuse_plain(&stream);
                return Ok(None);
            }
            _ => {}
        }
        acceptor.accept(Connection::under_tls(stream, Arc::clone(&watch))).await.map(Some)
    };
    let failure = match timeout(TLS_HANDSHAKE_MAX, handshake).await {
        Ok(Ok(Some(stream))) => return Ok((stream, Protocol::Http1, address)),
        Ok(Ok(None)) => return Err(DispatchError::InternalError),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it took longer than {TLS_HANDSHAKE_S_MAX} s"),
    };
    watch.handshake_failed(peer, &failure);
    Err(DispatchError::InternalError)
}

/// An answer in two parts must not wait for the caller's word on the first.
fn no_delay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("TCP_NODELAY: {error}");
    }
}

/// As much as goes without waiting: nobody is owed more on the wrong port.
fn refuse_plain(stream: &TcpStream) {
    // What is left unread would have the system cut the answer off.
    let mut request = [0; 16 << 10];
    let read = stream.try_read(&mut request);
    let written = stream.try_write(NOT_PLAIN);
    log::trace!("plain HTTP to a port with TLS: read {read:?}, answered {written:?}");
}
