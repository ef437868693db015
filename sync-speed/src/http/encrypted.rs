//! The listener under TLS: the handshake, and whom a caller's certificate names. Plain HTTP goes by the framework alone.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpServiceBuilder, KeepAlive, Protocol};
use actix_server::Server;
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::web::Data;
use eurus_service::tls::{ServerTls, names};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::caller::unsaid;
use super::{Api, CONNECTIONS_PER_WORKER_MAX, STOP_WITHIN_S, app};

/// A handshake may take this long, real time.
const HANDSHAKE_MAX: Duration = Duration::from_secs(5);
/// The head of a request must be there by then, and an idle connection is kept as long: as over plain HTTP.
const HEAD_MAX: Duration = Duration::from_secs(5);
/// A caller may take this long to close a connection that is at its end.
const CLOSING_MAX: Duration = Duration::from_secs(1);
/// What plain HTTP is answered on a port that speaks TLS.
const NOT_PLAIN: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 36\r\nConnection: close\r\n\r\n\
    this port speaks TLS: use https://\r\n";

/// Of the certificate that was shown and verified; empty without one.
pub(super) struct CertificateNames(pub(super) Vec<String>);

pub(super) fn server(listener: TcpListener, tls: &ServerTls, workers: usize, api: Data<Api>) -> io::Result<Server> {
    let builder = Server::build()
        .workers(workers)
        .max_concurrent_connections(CONNECTIONS_PER_WORKER_MAX)
        .shutdown_timeout(STOP_WITHIN_S)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    // HTTP/2 is not spoken here: nobody must think so.
    let mut config = tls.config();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let builder = builder.listen("sync-speed", listener, move || {
        let app = app(api.clone()).into_factory().map_err(|error: actix_web::Error| error.error_response());
        let stopping = stopping.clone();
        let http = HttpServiceBuilder::default()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KeepAlive::Timeout(HEAD_MAX))
            .client_request_timeout(HEAD_MAX)
            .client_disconnect_timeout(CLOSING_MAX)
            .on_connect_ext(|connection: &TlsStream<TcpStream>, data| {
                data.insert(certificate_names(connection));
            })
            .finish(map_config(app, |()| AppConfig::default()));
        let (acceptor, api) = (acceptor.clone(), api.clone());
        fn_service(move |stream: TcpStream| shake_hands(stream, acceptor.clone(), api.clone())).and_then(http)
    })?;
    Ok(builder.run())
}

fn certificate_names(connection: &TlsStream<TcpStream>) -> CertificateNames {
    let shown = connection.get_ref().1.peer_certificates().and_then(<[_]>::first);
    CertificateNames(shown.map(|certificate| names::of_certificate(certificate)).unwrap_or_default())
}

async fn shake_hands(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    api: Data<Api>,
) -> Result<(TlsStream<TcpStream>, Protocol, Option<SocketAddr>), DispatchError> {
    let address = stream.peer_addr().ok();
    let handshake = async {
        let mut first = [0];
        match stream.peek(&mut first).await? {
            // Whoever looks whether the port is open says nothing; it is no failure.
            0 => return Ok(None),
            _ if first[0].is_ascii_uppercase() => {
                refuse_plain(&stream);
                return Err(io::Error::other("plain HTTP on a port that speaks TLS: use https://"));
            }
            _ => {}
        }
        acceptor.accept(stream).await.map(Some)
    };
    let failure = match timeout(HANDSHAKE_MAX, handshake).await {
        Ok(Ok(Some(stream))) => return Ok((stream, Protocol::Http1, address)),
        Ok(Ok(None)) => return Err(DispatchError::InternalError),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it took longer than {} s", HANDSHAKE_MAX.as_secs()),
    };
    if let Some(address) = address
        && let Some(more) = api.trail.room_for_refused(address.ip().to_canonical())
    {
        log::warn!("a TLS handshake of {} failed: {failure}{}", address.ip(), unsaid(more));
    }
    Err(DispatchError::InternalError)
}

/// As much as goes without waiting: nobody is owed more on the wrong port.
fn refuse_plain(stream: &TcpStream) {
    // What is left unread would have the system cut the answer off.
    let mut request = [0; 16 << 10];
    let read = stream.try_read(&mut request);
    let written = stream.try_write(NOT_PLAIN);
    log::trace!("plain HTTP to a port with TLS: read {read:?}, answered {written:?}");
}
