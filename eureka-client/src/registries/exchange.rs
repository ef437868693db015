//! One request to one URL, within its bounds.

use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, USER_AGENT};
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use super::call::{AnswerSize, Call};
use super::gzip;
use super::service_url::ServiceUrl;
use crate::config::Timeouts;
use crate::error::FailureKind;

const PREFER: HeaderName = HeaderName::from_static("prefer");
/// The two loops and a few operations at a time; more connections than that are closed after use.
const IDLE_CONNECTIONS_MAX: usize = 8;
/// Of an answer that is shown in an error, characters.
const EXCERPT_CHARS_MAX: usize = 160;

/// The HTTP client and its bounds. It follows no redirects, and no proxy that the environment names: a registry inside the
/// network is never behind one.
pub(super) struct Exchange {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    headers: HeaderMap,
    connect: Duration,
    read: Duration,
}

/// A complete answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Why one try brought no answer.
pub(super) struct TryFailure {
    pub(super) kind: FailureKind,
    pub(super) detail: String,
    /// The connection stood and broke before an answer came: the registry may just have closed a kept-alive one.
    pub(super) broke: bool,
}

impl TryFailure {
    pub(super) fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), broke: false }
    }

    fn too_slow() -> Self {
        Self::new(FailureKind::TimedOut, "no answer in time")
    }

    fn too_large(size: AnswerSize) -> Self {
        Self::new(FailureKind::TooLarge, format!("the answer has more than {} bytes", size.bytes_max()))
    }
}

impl Exchange {
    pub(super) fn new(timeouts: Timeouts, tls: rustls::ClientConfig) -> Self {
        let (connect, read) = (Duration::from_millis(timeouts.connect_ms), Duration::from_millis(timeouts.read_ms));
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(connect));
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
        let http = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            // Without a timer idle connections would never be closed.
            .pool_timer(TokioTimer::new())
            .build(connector.wrap_connector(tcp));
        Self { http, headers: headers(), connect, read }
    }

    /// Sends and reads the whole answer, whatever its status.
    pub(super) async fn send<T>(&self, url: &ServiceUrl, call: &Call<T>) -> Result<Answer, TryFailure> {
        let within = call.size.duration_max(self.connect + self.read);
        timeout(within, self.exchange(url, call)).await.unwrap_or_else(|_| Err(TryFailure::too_slow()))
    }

    async fn exchange<T>(&self, url: &ServiceUrl, call: &Call<T>) -> Result<Answer, TryFailure> {
        let response = timeout(self.connect + self.read, self.http.request(self.request(url, call)?)).await;
        let response = response.map_err(|_| TryFailure::too_slow())?.map_err(|error| not_sent(&error))?;
        let status = response.status().as_u16();
        let encoding = response.headers().get(CONTENT_ENCODING);
        let is_gzip = encoding.is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"));
        let body = self.read_body(response, call.size).await?;
        let body = if is_gzip { decompressed(body, call.size).await? } else { body };
        Ok(Answer { status, body })
    }

    fn request<T>(&self, url: &ServiceUrl, call: &Call<T>) -> Result<Request<Full<Bytes>>, TryFailure> {
        let body = call.body.clone().map_or_else(Full::default, |body| Full::new(Bytes::from(body)));
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(url.join(&call.path))
            .body(body)
            .map_err(|error| TryFailure::new(FailureKind::Config, error.to_string()))?;
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        if call.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if call.prefers_representation {
            headers.insert(PREFER, HeaderValue::from_static("return=representation"));
        }
        if let Some(authorization) = url.authorization() {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        Ok(request)
    }

    async fn read_body(&self, response: Response<Incoming>, size: AnswerSize) -> Result<Vec<u8>, TryFailure> {
        let mut incoming = response.into_body();
        let mut body = Vec::new();
        while let Some(frame) = timeout(self.read, incoming.frame()).await.map_err(|_| TryFailure::too_slow())? {
            let frame = frame.map_err(|error| TryFailure::new(FailureKind::Away, root_cause(&error)))?;
            let Ok(data) = frame.into_data() else { continue };
            if body.len() + data.len() > size.bytes_max() {
                return Err(TryFailure::too_large(size));
            }
            body.extend_from_slice(&data);
        }
        Ok(body)
    }
}

fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("eurus-client/", env!("CARGO_PKG_VERSION"))));
    // Registries with a rate limiter, and people who read their logs, tell clients apart by these.
    let own = [("discoveryidentity-name", "EurusClient"), ("discoveryidentity-version", env!("CARGO_PKG_VERSION"))];
    for (name, value) in own {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
}

/// A list takes long to decompress: not on a thread that serves requests.
async fn decompressed(body: Vec<u8>, size: AnswerSize) -> Result<Vec<u8>, TryFailure> {
    let decompressed = match size {
        AnswerSize::Small => gzip::decompressed(&body, size.bytes_max()),
        AnswerSize::List => tokio::task::spawn_blocking(move || gzip::decompressed(&body, size.bytes_max()))
            .await
            .map_err(|error| TryFailure::new(FailureKind::Unparsable, format!("decompressing was cut off: {error}")))?,
    };
    match decompressed {
        Ok(Some(body)) => Ok(body),
        Ok(None) => Err(TryFailure::too_large(size)),
        Err(error) => Err(TryFailure::new(FailureKind::Unparsable, error.to_string())),
    }
}

fn not_sent(error: &hyper_util::client::legacy::Error) -> TryFailure {
    if is_time_out(error) {
        return TryFailure::new(FailureKind::TimedOut, "no connection in time");
    }
    TryFailure { kind: FailureKind::Away, detail: root_cause(error), broke: !error.is_connect() }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

fn is_time_out(error: &(dyn Error + 'static)) -> bool {
    causes(error)
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut))
}

/// What the operating system or TLS said is at the bottom.
fn root_cause(error: &(dyn Error + 'static)) -> String {
    let cause = causes(error).last().map_or_else(String::new, ToString::to_string);
    let of_tls = causes(error).find_map(tls_error);
    match of_tls {
        Some(rustls::Error::InvalidCertificate(_)) => format!(
            "{cause}; who vouches for the registry's certificate is named by eurus.client.tls.trust-certificate (PEM) or \
             eureka.client.tls.trust-store (PKCS12)"
        ),
        Some(error) => format!("TLS: {error}"),
        None => cause,
    }
}

/// An I/O error holds it, perhaps within another one, rather than having it for a source.
fn tls_error<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    match cause.downcast_ref() {
        Some(error) => Some(error),
        None => tls_error(cause.downcast_ref::<io::Error>()?.get_ref()?),
    }
}

/// How an answer begins, on one line, for an error.
pub(super) fn excerpt(body: &[u8]) -> String {
    if body.is_empty() {
        return "empty".to_owned();
    }
    let shown_bytes = body.len().min(EXCERPT_CHARS_MAX * 4);
    let text = String::from_utf8_lossy(&body[..shown_bytes]);
    let line: String = text.chars().take(EXCERPT_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("'{line}'")
}
