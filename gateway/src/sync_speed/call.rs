//! One call to one sync-speed.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Serialize;

use super::live_marks::Answer;
use super::refusals::Report;

/// Real time: to open a connection, and for a whole call.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);
const CALL_WITHIN: Duration = Duration::from_secs(2);
/// What of an answer is read: some 30 000 marks.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What of an error is repeated to a person.
const QUOTED_CHARS_MAX: usize = 200;

/// What a gateway says of itself.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Announcement {
    /// Its instance id.
    pub(super) node: String,
    /// Its application name.
    pub(super) group: String,
    /// Where its admin API is; absent: nowhere that another machine reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) admin: Option<String>,
    /// Its last word.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) leaving: bool,
}

/// One sync-speed.
pub(super) struct SyncSpeed {
    /// `http://host:port`.
    pub(super) url: String,
    http: reqwest::Client,
    token: Option<String>,
}

/// For calls to all of them.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    // An answer must not lead elsewhere, and an environment's proxy has no part in this.
    reqwest::Client::builder()
        .connect_timeout(CONNECT_WITHIN)
        .timeout(CALL_WITHIN)
        .redirect(Policy::none())
        .no_proxy()
        .build()
}

impl SyncSpeed {
    pub(super) fn new(url: String, http: reqwest::Client, token: Option<String>) -> Self {
        Self { url, http, token }
    }

    /// Announces the gateway; the live marks, or why there are none.
    pub(super) async fn announce(&self, announcement: &Announcement) -> Result<Answer, String> {
        let body = self.post("/gateways", announcement).await?;
        serde_json::from_slice(&body).map_err(|error| format!("its answer is not understood: {error}"))
    }

    /// Reports an instance that refuses connections; what sync-speed found.
    pub(super) async fn report(&self, report: &Report) -> Result<String, String> {
        let body = self.post("/gateways/refused", report).await?;
        Ok(quoted(&body))
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Vec<u8>, String> {
        let mut call: RequestBuilder = self.http.post(format!("{}{path}", self.url)).json(body);
        if let Some(token) = &self.token {
            call = call.bearer_auth(token);
        }
        let response = call.send().await.map_err(|error| reason(&error))?;
        let status = response.status();
        let body = read_bounded(response).await?;
        match status {
            StatusCode::OK => Ok(body),
            StatusCode::NOT_FOUND => {
                Err(format!("it does not know POST {path} (404): is it sync-speed, and as new as this?"))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(format!(
                "answered {}: {}; check eurus.gateway.sync-speed.token here, eurus.sync-speed.gateway-token and \
                 eurus.sync-speed.gateway-networks there",
                status.as_u16(),
                quoted(&body)
            )),
            _ => Err(format!("answered {}: {}", status.as_u16(), quoted(&body))),
        }
    }
}

async fn read_bounded(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        if chunk.len() > ANSWER_BYTES_MAX - body.len() {
            return Err(format!("answered with more than {ANSWER_BYTES_MAX} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost cause: "connection refused" says more than "error sending request".
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} ms", CALL_WITHIN.as_millis());
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// What came over the wire, made harmless for logs.
fn quoted(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(QUOTED_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
