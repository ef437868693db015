//! What one thread listens on: plain HTTP, TLS, or both.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::net::{TcpListener, TcpStream};

use super::handshakes::Handshakes;
use crate::config::TlsConfig;

/// See the module.
pub(super) struct Door {
    plain: Option<TcpListener>,
    tls: Option<(TcpListener, Rc<Handshakes>)>,
}

/// Who came.
pub(super) struct Guest {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    /// `None`: over plain HTTP.
    pub(super) handshakes: Option<Rc<Handshakes>>,
}

impl Door {
    pub(super) fn new(
        plain: Option<std::net::TcpListener>,
        tls: Option<(std::net::TcpListener, TlsConfig)>,
    ) -> io::Result<Self> {
        let plain = plain.map(TcpListener::from_std).transpose()?;
        let tls = match tls {
            Some((listener, config)) => Some((TcpListener::from_std(listener)?, Rc::new(Handshakes::new(config)))),
            None => None,
        };
        Ok(Self { plain, tls })
    }

    /// The next one who comes.
    pub(super) async fn accept(&self) -> io::Result<Guest> {
        let ((stream, peer), handshakes) = tokio::select! {
            accepted = accept(self.plain.as_ref()) => (accepted?, None),
            accepted = accept(self.tls.as_ref().map(|(listener, _)| listener)) => {
                (accepted?, self.tls.as_ref().map(|(_, handshakes)| Rc::clone(handshakes)))
            }
        };
        Ok(Guest { stream, peer, handshakes })
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => pending().await,
    }
}
