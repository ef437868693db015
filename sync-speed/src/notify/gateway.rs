//! One call to one gateway's admin API.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};

use crate::access::Token;
use crate::entry::Ack;
use crate::error::RunError;
use crate::registration::Registration;
use crate::request::Kind;

/// What of an answer is read.
const ANSWER_BYTES_MAX: usize = 4 * 1_024;
/// What of an error answer is repeated to a person.
const QUOTED_CHARS_MAX: usize = 120;

/// What a gateway is told.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) entry: String,
    pub(super) number: i64,
    pub(super) application: String,
    pub(super) instance_id: String,
    pub(super) registration: Registration,
}

#[derive(Deserialize)]
struct Answer {
    outcome: String,
}

/// Connections to gateways.
#[derive(Clone)]
pub(super) struct GatewayClient {
    http: reqwest::Client,
    token: Option<Token>,
}

impl GatewayClient {
    pub(super) fn new(call_timeout_ms: u64, token: Option<Token>) -> Result<Self, RunError> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_millis(call_timeout_ms))
            // A gateway's answer must not lead elsewhere, and an environment's proxy has no part in this.
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| RunError::Config(format!("the client for gateways: {error}")))?;
        Ok(Self { http, token })
    }

    /// Tells a gateway; its acknowledgement, or why there is none.
    pub(super) async fn tell(&self, address: SocketAddr, kind: Kind, order: &Order) -> Result<Ack, String> {
        let path = match kind {
            Kind::Offline => "downline",
            Kind::Online => "upline",
        };
        let mut call = self.http.post(format!("http://{address}/{path}")).json(order);
        if let Some(token) = &self.token {
            call = call.bearer_auth(token.expose());
        }
        let response = call.send().await.map_err(|error| reason(&error))?;
        let status = response.status();
        let body = read_bounded(response).await?;
        if status != reqwest::StatusCode::OK {
            return Err(format!("answered {}: {}", status.as_u16(), quoted(&body)));
        }
        match serde_json::from_slice::<Answer>(&body).map(|answer| answer.outcome).as_deref() {
            Ok("applied") => Ok(Ack::Applied),
            Ok("superseded") => Ok(Ack::Superseded),
            Ok(other) => Err(format!("answered an unknown outcome '{}'", quoted(other.as_bytes()))),
            Err(_) => Err(format!("answered 200 with what is no answer: {}", quoted(&body))),
        }
    }
}

async fn read_bounded(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        let room = ANSWER_BYTES_MAX - body.len();
        if chunk.len() > room {
            return Err(format!("answered with more than {ANSWER_BYTES_MAX} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost cause: "connection refused" says more than "error sending request".
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// What came over the wire, made harmless for logs and answers.
fn quoted(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(QUOTED_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
