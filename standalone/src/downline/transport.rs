//! One HTTP exchange, plain or over TLS: no proxies, no redirects, since either would carry the token elsewhere.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use eurus_service::properties::Sources;
use eurus_service::tls::ClientTls;
use eurus_service::{ConfigError, Properties};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::arguments::ServerArgs;
use super::server::NoAnswer;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const NO_TLS: &str = "this port does not speak TLS";
const NO_HTTP: &str = "this port does not speak plain HTTP; perhaps TLS";

pub(super) struct Transport(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// An answer whose body is still coming.
pub(super) struct Answering(Response<Incoming>);

impl Transport {
    /// # Errors
    /// What of the files for TLS is wrong.
    pub(super) fn new(arguments: &ServerArgs, is_encrypted: bool) -> Result<Self, String> {
        let tls = if is_encrypted { tls(arguments) } else { ClientTls::unused() };
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_WITHIN));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.map_err(|error| in_flags(&error.to_string()))?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// Until the head of the answer has come.
    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answering, NoAnswer> {
        match self.0.request(request).await {
            Ok(response) => Ok(Answering(response)),
            // Only then it is certain that nothing was sent.
            Err(error) if error.is_connect() => Err(match is_plain(&error) {
                true => NoAnswer::NoTls(NO_TLS.to_owned()),
                false => NoAnswer::Unreachable(cause(&error)),
            }),
            Err(error) if is_no_http(&error) => Err(NoAnswer::NoHttp(NO_HTTP.to_owned())),
            Err(error) => Err(NoAnswer::Lost(cause(&error))),
        }
    }
}

impl Answering {
    pub(super) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        let headers: &HeaderMap = self.0.headers();
        Some(headers.get(name)?.to_str().ok()?.to_owned())
    }

    /// What has come of the body; `None`: that was all.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, NoAnswer> {
        while let Some(frame) = self.0.body_mut().frame().await {
            if let Ok(data) = frame.map_err(|error| NoAnswer::Lost(cause(&error)))?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

fn tls(arguments: &ServerArgs) -> Result<rustls::ClientConfig, ConfigError> {
    let files = [
        ("eurus.client.tls.trust-certificate", &arguments.cacert),
        ("eurus.client.tls.certificate", &arguments.cert),
        ("eurus.client.tls.certificate-private-key", &arguments.key),
    ];
    let given =
        files.into_iter().filter_map(|(key, file)| Some((key.to_owned(), file.as_ref()?.display().to_string())));
    let (properties, _) = Properties::layered(Sources { flags: given.collect(), ..Sources::default() })?;
    ClientTls::from_properties(&properties)?.config()
}

/// The settings are called otherwise here.
fn in_flags(words: &str) -> String {
    words
        .replace("eurus.client.tls.certificate-private-key", "--key")
        .replace("eurus.client.tls.trust-certificate", "--cacert")
        .replace("eurus.client.tls.certificate", "--cert")
}

/// Whether what came in answer to a TLS handshake was no TLS.
fn is_plain(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| matches!(tls_error(cause), Some(rustls::Error::InvalidMessage(_))))
}

/// An error of input or output leaves itself out of its causes, and may hold another one.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    match error.downcast_ref::<std::io::Error>() {
        Some(of_input) => tls_error(of_input.get_ref()?),
        None => error.downcast_ref(),
    }
}

/// Whether what came in answer to a request was no HTTP.
fn is_no_http(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse))
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (**error).source())
}

/// The innermost cause is the one that a person can act on.
fn cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().unwrap_or(error).to_string()
}
