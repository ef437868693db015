//! How a call gets to a gateway and back: plain or over TLS. No proxies and no redirects, since either would carry the token
//! elsewhere.

use std::fmt;
use std::io::{
    self,
    ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof},
};
use std::time::Duration;

use bytes::Bytes;
use eurus_service::properties::ConfigError;
use eurus_service::tls::ClientTls;
use eurus_service::tls::failures::{causes, innermost, of_tls};
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use crate::access::Token;

/// What of an answer is read.
const ANSWER_BYTES_MAX: usize = 4 * 1_024;
/// An idle connection is kept as long, real time: orders come in bursts.
const IDLE_MAX: Duration = Duration::from_secs(90);
/// What a gateway that ends the connection may have meant.
const NAMES_OURS: &str = "where it asks for a certificate, eurus.sync-speed.gateways.tls.certificate names ours";

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// No connection, by the network's word.
    NotConnected(String),
    /// Both sides do not agree on TLS: this stays so until a person acts.
    NotAgreed(String),
    /// Anything else.
    Lost(String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected(why) | Self::NotAgreed(why) | Self::Lost(why) => f.write_str(why),
        }
    }
}

/// For calls to all of them. Cheap to clone.
#[derive(Clone)]
pub(super) struct Transport {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    scheme: &'static str,
    token: Option<HeaderValue>,
}

impl Transport {
    /// `tls`: all calls go over it; `None`: none does.
    ///
    /// # Errors
    /// The system has no authorities, and none are configured; a token that no header may hold.
    pub(super) fn new(
        connect_within: Duration,
        token: Option<&Token>,
        tls: Option<&ClientTls>,
    ) -> Result<Self, ConfigError> {
        let config = tls.map_or_else(ClientTls::unused, ClientTls::config)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect_within));
        let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .build(connector.wrap_connector(tcp));
        let scheme = if tls.is_some() { "https" } else { "http" };
        Ok(Self { client, scheme, token: token.map(bearer).transpose()? })
    }

    /// `http://…` or `https://…`: what stands before an address.
    pub(super) fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// Status and body of the answer.
    pub(super) async fn call(
        &self,
        mut request: Request<Full<Bytes>>,
        within: Duration,
    ) -> Result<(StatusCode, Vec<u8>), NoAnswer> {
        if let Some(token) = &self.token {
            request.headers_mut().insert(AUTHORIZATION, token.clone());
        }
        let call = async {
            let response = self.client.request(request).await.map_err(|error| self.no_answer(&error))?;
            Ok((response.status(), read_bounded(response.into_body()).await?))
        };
        timeout(within, call).await.unwrap_or_else(|_| Err(NoAnswer::Lost("no answer in time".to_owned())))
    }

    /// The innermost cause: "connection refused" says more than "client error (Connect)".
    fn no_answer(&self, error: &hyper_util::client::legacy::Error) -> NoAnswer {
        let innermost = innermost(error);
        if let Some(failed) = of_tls(error) {
            return NoAnswer::NotAgreed(of_handshake(failed, &innermost));
        }
        let is_no_http =
            || causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse);
        match () {
            () if error.is_connect() => NoAnswer::NotConnected(innermost),
            () if self.scheme == "http" && is_no_http() => NoAnswer::NotAgreed(format!(
                "what it answers is no HTTP ({innermost}); if it speaks TLS there (eurus.gateway.admin.ssl.*), set \
                 eurus.sync-speed.gateways.tls.trust-certificate here"
            )),
            () if self.scheme == "https" && was_closed(error) => NoAnswer::Lost(format!("{innermost}; {NAMES_OURS}")),
            () => NoAnswer::Lost(innermost),
        }
    }
}

/// The connection ended without an answer. In TLS 1.3 a gateway refuses who shows no certificate only after the handshake is
/// over on this side, and the alert that says so can be lost with the connection.
fn was_closed(error: &hyper_util::client::legacy::Error) -> bool {
    causes(error).any(|cause| {
        let closed = |error: &hyper::Error| error.is_canceled() || error.is_incomplete_message() || error.is_closed();
        let broken = |error: &io::Error| matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof);
        cause.downcast_ref().is_some_and(closed) || cause.downcast_ref().is_some_and(broken)
    })
}

fn bearer(token: &Token) -> Result<HeaderValue, ConfigError> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| {
        ConfigError::other("eurus.sync-speed.gateway-token holds characters that no header may hold".to_owned())
    })?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

async fn read_bounded(mut answer: Incoming) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    while let Some(frame) = answer.frame().await {
        let frame = frame.map_err(|error| NoAnswer::Lost(error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > ANSWER_BYTES_MAX - body.len() {
            return Err(NoAnswer::Lost(format!("answered with more than {ANSWER_BYTES_MAX} bytes")));
        }
        body.extend_from_slice(&data);
    }
    Ok(body)
}

fn of_handshake(failed: &rustls::Error, why: &str) -> String {
    match failed {
        rustls::Error::InvalidCertificate(_) => format!(
            "{why}; who vouches for gateways is named by eurus.sync-speed.gateways.tls.trust-certificate, and what their \
             certificates are called by .server-name"
        ),
        rustls::Error::AlertReceived(_) => {
            format!("{why}; {NAMES_OURS}")
        }
        rustls::Error::InvalidMessage(_) => {
            format!("TLS: {why}; does its admin API speak TLS (eurus.gateway.admin.ssl.*)?")
        }
        _ => format!("TLS: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use eurus_service::Properties;
    use eurus_service::properties::Sources;
    use rustls::ServerConfig;
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::config::from_properties::GATEWAYS_TLS;

    const WITHIN: Duration = Duration::from_secs(20);

    /// Agrees on TLS with whoever connects, and closes without a word.
    async fn closes_after_the_handshake() -> (SocketAddr, String) {
        let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = own.signing_key.serialize_der().try_into().unwrap();
        let config = ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                drop(acceptor.accept(stream).await);
            }
        });
        (address, own.cert.pem())
    }

    #[tokio::test]
    async fn a_connection_that_ends_after_the_handshake_points_to_our_certificate() {
        let (address, certificate) = closes_after_the_handshake().await;
        let flags = vec![(GATEWAYS_TLS.trust_certificate.to_owned(), certificate)];
        let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
        let tls = ClientTls::by_keys(&GATEWAYS_TLS, &properties).unwrap().unwrap();
        let transport = Transport::new(WITHIN, None, Some(&tls)).unwrap();
        let request = Request::get(format!("https://{address}/")).body(Full::default()).unwrap();
        let answer = transport.call(request, WITHIN).await;
        assert!(matches!(&answer, Err(NoAnswer::Lost(why)) if why.contains(NAMES_OURS)), "{answer:?}");
    }
}
