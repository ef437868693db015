//! The listener: connections that send large bodies themselves where they are plain, and the framework's own under TLS.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_server::Server;
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::web::Data;
use actix_web::{App, HttpServer, web};
use eurus_service::tls::ServerTls;
use tokio::net::TcpStream;

use super::connection::Connection;
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
const KEEP_ALIVE: Duration = Duration::from_secs(KEEP_ALIVE_S);
const HEAD_MAX: Duration = Duration::from_secs(HEAD_S_MAX);
const CLOSING_MAX: Duration = Duration::from_secs(CLOSING_S_MAX);

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

fn plain(listener: TcpListener, context: Data<Context>, serving: Serving) -> io::Result<Server> {
    let builder = Server::build()
        .workers(serving.workers)
        .max_concurrent_connections(CONNECTIONS_PER_WORKER_MAX)
        .shutdown_timeout(serving.shutdown_s)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let builder = builder.listen("registry", listener, move || {
        let app = App::new().app_data(context.clone()).default_service(serving.port.answering());
        let app = app.into_factory().map_err(|error: actix_web::Error| error.error_response());
        let stopping = stopping.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_MAX)
            .client_disconnect_timeout(CLOSING_MAX)
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.outbox());
            })
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(|stream: TcpStream| async move {
            // An answer in two parts must not wait for the caller's word on the first.
            if let Err(error) = stream.set_nodelay(true) {
                log::debug!("TCP_NODELAY: {error}");
            }
            let peer = stream.peer_addr().ok();
            Ok((Connection::new(stream), Protocol::Http1, peer))
        })
        .and_then(http)
    })?;
    Ok(builder.run())
}

fn encrypted(listener: TcpListener, tls: &ServerTls, context: Data<Context>, serving: Serving) -> io::Result<Server> {
    let server =
        HttpServer::new(move || App::new().app_data(context.clone()).default_service(serving.port.answering()))
            .workers(serving.workers)
            .max_connections(CONNECTIONS_PER_WORKER_MAX)
            .shutdown_timeout(serving.shutdown_s)
            .disable_signals()
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_MAX)
            .client_disconnect_timeout(CLOSING_MAX)
            .tcp_nodelay(true)
            .tls_handshake_timeout(Duration::from_secs(TLS_HANDSHAKE_S_MAX));
    Ok(server.listen_rustls_0_23(listener, tls.config())?.run())
}
