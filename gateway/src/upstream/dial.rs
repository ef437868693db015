//! Opening a connection to an instance: TCP, TLS if it is to be, and what is spoken.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::http1::{Http1, Spares};
use super::http2::Link;
use super::stream::{Sent, Socket};
use super::tls::{InstanceTls, Under};
use crate::config::EdgeConfig;
use crate::destination::{Destination, Spoken};
use crate::error::ErrorKind;
use crate::observed_stream::ObservedStream;
use crate::tally::Tally;
use crate::tcp_keep_alive::set_tcp_keep_alive;

/// What every connection of a thread is opened with.
pub(crate) struct Dialer {
    pub(crate) config: EdgeConfig,
    pub(crate) tls: Arc<InstanceTls>,
    pub(crate) tally: Arc<Tally>,
    /// Shared by all connections of HTTP/1.1.
    pub(crate) spares: Rc<Spares>,
}

/// An open connection.
pub(super) enum Dialed {
    Http1(Box<Http1>),
    Http2(Rc<Link>),
}

/// Why there is none.
#[derive(Clone, Debug)]
pub(super) struct DialError {
    pub(super) kind: ErrorKind,
    pub(super) why: String,
    /// The instance's machine is there, and nobody listens.
    pub(super) is_refused: bool,
}

impl Dialer {
    /// TLS counts into the time that opening a connection may take.
    pub(super) async fn dial(
        &self,
        destination: &Destination,
        spoken: Spoken,
        limit: Duration,
    ) -> Result<Dialed, DialError> {
        match timeout(limit, self.open(destination, spoken)).await {
            Ok(Ok(dialed)) => Ok(dialed),
            Ok(Err(error)) if is_ours(&error) => Err(DialError {
                kind: ErrorKind::Busy,
                why: format!(
                    "this gateway can open no further connection: {error}; raise its limit of open files (LimitNOFILE, ulimit -n) \
                     or the range of local ports"
                ),
                is_refused: false,
            }),
            Ok(Err(error)) => Err(DialError {
                kind: ErrorKind::ConnectFailed,
                why: error.to_string(),
                is_refused: error.kind() == io::ErrorKind::ConnectionRefused,
            }),
            Err(_) => Err(DialError {
                kind: ErrorKind::ConnectTimeout,
                why: format!("no connection after {} ms", limit.as_millis()),
                is_refused: false,
            }),
        }
    }

    async fn open(&self, destination: &Destination, spoken: Spoken) -> io::Result<Dialed> {
        let address = destination.address;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        set_tcp_keep_alive(&stream)?;
        let Some(name) = &destination.server_name else {
            return match spoken {
                Spoken::Http1 | Spoken::Negotiated => {
                    Ok(Dialed::Http1(Http1::plain(stream, address, &self.config.limits, &self.spares)))
                }
                Spoken::Http2 => Link::open(stream, None, address, self).await.map(Dialed::Http2),
            };
        };
        let sent = Rc::new(Sent::default());
        let (stream, under) = self.secure(ObservedStream::new(stream, Rc::clone(&sent)), name, spoken).await?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        match spoken {
            Spoken::Http2 if !is_http2 => Err(io::Error::other("it does not agree to HTTP/2 under TLS (ALPN)")),
            _ if is_http2 => Link::open(stream, Some((sent, under)), address, self).await.map(Dialed::Http2),
            _ => Ok(Dialed::Http1(Http1::tls((stream, under), &sent, address, &self.config.limits, &self.spares))),
        }
    }

    async fn secure(
        &self,
        socket: Socket,
        name: &ServerName<'static>,
        spoken: Spoken,
    ) -> io::Result<(TlsStream<Socket>, Under)> {
        let (config, under) = self.tls.offering(spoken).await.map_err(io::Error::other)?;
        let stream = TlsConnector::from(config).connect(name.clone(), socket).await.map_err(|error| {
            let name = name.to_str();
            io::Error::new(error.kind(), format!("TLS with it, as {name}, failed: {error}"))
        })?;
        Ok((stream, under))
    }
}

/// Whether it says nothing about the instance: files (`ENFILE`, `EMFILE`) or local ports (`EADDRNOTAVAIL`) have run out here.
fn is_ours(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24)) || error.kind() == io::ErrorKind::AddrNotAvailable
}
