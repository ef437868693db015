//! One call to one sync-speed.

use http::StatusCode;
use serde::Serialize;

use super::live_marks::Answer;
use super::refusals::Report;
use super::transport::Transport;

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
    /// `http://host:port` or `https://host:port`.
    pub(super) url: String,
    transport: Transport,
    token: Option<String>,
}

impl SyncSpeed {
    pub(super) fn new(url: String, transport: Transport, token: Option<String>) -> Self {
        Self { url, transport, token }
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
        let body = serde_json::to_vec(body).map_err(|error| error.to_string())?;
        let (status, body) = self.transport.post(&format!("{}{path}", self.url), self.token.as_deref(), body).await?;
        match status {
            // The latter: it has understood, and goes on without us.
            StatusCode::OK | StatusCode::ACCEPTED => Ok(body),
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

/// What came over the wire, made harmless for logs.
fn quoted(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(QUOTED_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
