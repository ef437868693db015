//! How a call gets to sync-speed and back: plain or over TLS. No proxies and no redirects, since either would carry the token
//! elsewhere.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use eurus_service::properties::ConfigError;
use eurus_service::tls::ClientTls;
use eurus_service::tls::failures::{innermost, of_tls};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use super::config::keys;

/// Real time: to open a connection, and for a whole call.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);
const CALL_WITHIN: Duration = Duration::from_secs(2);
/// What of an answer is read: some 30 000 marks.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// For calls to all of them. Cheap to clone.
#[derive(Clone)]
pub(super) struct Transport(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Transport {
    /// `tls`: for `https://`; `None`: it is not spoken.
    ///
    /// # Errors
    /// The system has no authorities, and none are configured.
    pub(super) fn new(tls: Option<&ClientTls>) -> Result<Self, ConfigError> {
        let tls = tls.map_or_else(ClientTls::unused, ClientTls::config)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_WITHIN));
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
        let client = Client::builder(TokioExecutor::new())
            // A call is made every half minute: a connection kept for the next one would be closed by then.
            .pool_max_idle_per_host(0)
            .build(connector.wrap_connector(tcp));
        Ok(Self(client))
    }

    /// Status and body of the answer, or why there is none.
    pub(super) async fn post(
        &self,
        url: &str,
        token: Option<&str>,
        body: Vec<u8>,
    ) -> Result<(StatusCode, Vec<u8>), String> {
        let mut request = Request::post(url).body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(token) = token {
            let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|_| format!("{} holds characters that no header may hold", keys::TOKEN))?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        let call = async {
            let response = self.0.request(request).await.map_err(|error| cause(&error))?;
            let status = response.status();
            Ok((status, read_bounded(response).await?))
        };
        timeout(CALL_WITHIN, call).await.unwrap_or_else(|_| Err(too_slow()))
    }
}

async fn read_bounded(mut response: Response<Incoming>) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(frame) = response.body_mut().frame().await {
        let Ok(data) = frame.map_err(|error| cause(&error))?.into_data() else { continue };
        if data.len() > ANSWER_BYTES_MAX - body.len() {
            return Err(format!("answered with more than {ANSWER_BYTES_MAX} bytes"));
        }
        body.extend_from_slice(&data);
    }
    Ok(body)
}

fn too_slow() -> String {
    format!("no answer within {} ms", CALL_WITHIN.as_millis())
}

/// The innermost cause: "connection refused" says more than "client error (Connect)". Of TLS, with what to look at.
fn cause(error: &(dyn Error + 'static)) -> String {
    let innermost = innermost(error);
    match of_tls(error) {
        Some(rustls::Error::InvalidCertificate(_)) => {
            format!("{innermost}; who vouches for sync-speed's certificate is named by {}", keys::TRUST_CERTIFICATE)
        }
        Some(rustls::Error::AlertReceived(_)) => {
            format!("{innermost}; where it asks for a certificate, {} names it", keys::CERTIFICATE)
        }
        Some(rustls::Error::InvalidMessage(_)) => format!("TLS: {innermost}; does that port speak TLS?"),
        Some(_) => format!("TLS: {innermost}"),
        None => innermost,
    }
}

#[cfg(test)]
mod tests;
