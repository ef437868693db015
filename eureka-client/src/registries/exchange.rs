//! One request to one URL, within its bounds.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;

use super::call::{AnswerSize, Call};
use crate::config::Timeouts;
use crate::error::{ClientError, FailureKind};

/// The two loops and a few operations at a time; more connections than that are closed after use.
const IDLE_CONNECTIONS_MAX: usize = 8;
/// Of an answer that is shown in an error, characters.
const EXCERPT_CHARS_MAX: usize = 160;

/// The HTTP client and its bounds.
pub(super) struct Exchange {
    http: reqwest::Client,
    small_duration_max: Duration,
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
}

impl Exchange {
    pub(super) fn new(timeouts: Timeouts) -> Result<Self, ClientError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // Registries with a rate limiter, and people who read their logs, tell clients apart by these.
        headers.insert(HeaderName::from_static("discoveryidentity-name"), HeaderValue::from_static("EurusClient"));
        headers.insert(
            HeaderName::from_static("discoveryidentity-version"),
            HeaderValue::from_static(env!("CARGO_PKG_VERSION")),
        );
        let (connect, read) = (Duration::from_millis(timeouts.connect_ms), Duration::from_millis(timeouts.read_ms));
        let http = reqwest::Client::builder()
            .user_agent(concat!("eurus-client/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(connect)
            .read_timeout(read)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            // A registry inside the network is never behind the proxy that the environment names.
            .no_proxy()
            .redirect(Policy::none())
            .gzip(true)
            .build()
            .map_err(|error| ClientError::config("HTTP client", error.to_string()))?;
        Ok(Self { http, small_duration_max: connect + read })
    }

    /// Sends and reads the whole answer, whatever its status.
    pub(super) async fn send<T>(&self, url: &str, call: &Call<T>) -> Result<Answer, TryFailure> {
        let mut request =
            self.http.request(call.method.clone(), url).timeout(call.size.duration_max(self.small_duration_max));
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let response = request.send().await.map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        Ok(Answer { status, body: read_body(response, call.size).await? })
    }
}

async fn read_body(mut response: reqwest::Response, size: AnswerSize) -> Result<Vec<u8>, TryFailure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > size.bytes_max() {
            return Err(TryFailure::new(
                FailureKind::TooLarge,
                format!("the answer has more than {} bytes", size.bytes_max()),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn failure(error: &reqwest::Error) -> TryFailure {
    if error.is_timeout() {
        let what = if error.is_connect() { "no connection in time" } else { "no answer in time" };
        return TryFailure::new(FailureKind::TimedOut, what);
    }
    // A body that cannot be decompressed.
    if error.is_decode() && !error.is_body() {
        return TryFailure::new(FailureKind::Unparsable, root_cause(error));
    }
    TryFailure { kind: FailureKind::Away, detail: root_cause(error), broke: error.is_request() && !error.is_connect() }
}

/// The HTTP client's own text repeats the URL, credentials excepted; what the operating system said is at the bottom.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = None;
    while let Some(inner) = cause {
        text = Some(inner.to_string());
        cause = inner.source();
    }
    text.unwrap_or_else(|| "the connection failed".to_owned())
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
