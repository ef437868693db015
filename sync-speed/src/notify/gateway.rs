//! One call to one gateway's admin API.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};

use crate::access::Token;
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

impl Order {
    /// Whether both are about the same instance, in whichever life.
    pub(super) fn is_about_the_instance_of(&self, other: &Self) -> bool {
        self.instance_id == other.instance_id && self.application == other.application
    }
}

/// What a gateway answered, as itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It does it.
    Applied,
    /// It has seen a higher number for the instance.
    Superseded,
    /// Its copy shows a newer registration than the named one; nothing changed there.
    OtherRegistration {
        /// The registration in its copy, where it says so.
        service_up_ms: Option<i64>,
    },
}

/// Why there is no acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection: nobody is there, by the network's word.
    Unreachable(String),
    /// Nothing usable came back: another try may succeed.
    Unclear(String),
    /// An answer that will stay the same until a person acts.
    Rejected(String),
    /// An answer that will never change.
    Final(String),
}

impl Failure {
    /// Why, for a person.
    pub(super) fn into_words(self) -> String {
        match self {
            Self::Unreachable(why) | Self::Unclear(why) | Self::Rejected(why) | Self::Final(why) => why,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    outcome: String,
    node: Option<String>,
    /// With `other-registration`.
    service_up_timestamp: Option<i64>,
}

/// Connections to gateways.
#[derive(Clone)]
pub struct GatewayClient {
    http: reqwest::Client,
    token: Option<Token>,
    call_timeout_ms: u64,
}

/// Requests that a gateway has under way on an instance.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnderWay {
    node: String,
    /// How many.
    pub under_way: u64,
    /// Of these: upgraded connections, as WebSockets are.
    #[serde(default)]
    pub upgraded: u64,
}

impl GatewayClient {
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new(call_timeout_ms: u64, token: Option<Token>) -> Result<Self, RunError> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_millis(call_timeout_ms))
            // Shorter, so that an address without anybody is told from a gateway that is slow.
            .connect_timeout(Duration::from_millis(call_timeout_ms.div_ceil(2)))
            // A gateway's answer must not lead elsewhere, and an environment's proxy has no part in this.
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| RunError::Config(format!("the client for gateways: {error}")))?;
        Ok(Self { http, token, call_timeout_ms })
    }

    /// How many requests a node has under way on an instance; it answers when there is none, or after `within_ms`.
    ///
    /// # Errors
    /// Why that is not known, for a person.
    pub async fn under_way(
        &self,
        node: &str,
        address: SocketAddr,
        (app, instance_id): (&str, &str),
        within_ms: i64,
    ) -> Result<UnderWay, String> {
        let mut url = reqwest::Url::parse(&format!("http://{address}/under-way")).map_err(|error| error.to_string())?;
        url.query_pairs_mut()
            .append_pair("application", app)
            .append_pair("instanceId", instance_id)
            .append_pair("withinMs", &within_ms.to_string());
        let waits_ms = u64::try_from(within_ms).unwrap_or(0).saturating_add(self.call_timeout_ms);
        let mut call = self.http.get(url).timeout(Duration::from_millis(waits_ms));
        if let Some(token) = &self.token {
            call = call.bearer_auth(token.expose());
        }
        let response = call.send().await.map_err(|error| reason(&error))?;
        let status = response.status();
        let body = read_bounded(response).await.map_err(Failure::into_words)?;
        if status != StatusCode::OK {
            return Err(format!("answered {}: {}", status.as_u16(), quoted(&body)));
        }
        let answer: UnderWay = serde_json::from_slice(&body)
            .map_err(|_| format!("answered 200 with what is no answer: {}", quoted(&body)))?;
        match answer.node == node {
            true => Ok(answer),
            false => Err(format!("{address} answered as {}, not as {node}", quoted(answer.node.as_bytes()))),
        }
    }

    /// Tells the node that should be at an address; what it answered, or why that is no answer of it.
    pub(super) async fn tell(
        &self,
        node: &str,
        address: SocketAddr,
        kind: Kind,
        order: &Order,
    ) -> Result<Told, Failure> {
        let path = match kind {
            Kind::Offline => "downline",
            Kind::Online => "upline",
        };
        let mut call = self.http.post(format!("http://{address}/{path}")).json(order);
        if let Some(token) = &self.token {
            call = call.bearer_auth(token.expose());
        }
        let response = call.send().await.map_err(|error| failure(&error))?;
        let status = response.status();
        let body = read_bounded(response).await?;
        understood(status, &body, node, address)
    }
}

fn understood(status: StatusCode, body: &[u8], node: &str, address: SocketAddr) -> Result<Told, Failure> {
    match status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Err(Failure::Rejected(format!(
                "{address} answered {}: {}; check eurus.sync-speed.gateway-token here and eurus.gateway.admin.token \
                 there",
                status.as_u16(),
                quoted(body)
            )));
        }
        _ => return Err(Failure::Unclear(format!("answered {}: {}", status.as_u16(), quoted(body)))),
    }
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|_| Failure::Unclear(format!("answered 200 with what is no answer: {}", quoted(body))))?;
    let told = match answer.outcome.as_str() {
        "applied" => Told::Applied,
        "superseded" => Told::Superseded,
        "other-registration" => Told::OtherRegistration { service_up_ms: answer.service_up_timestamp },
        other => return Err(Failure::Unclear(format!("answered an unknown outcome '{}'", quoted(other.as_bytes())))),
    };
    match answer.node {
        Some(answered) if answered == node => Ok(told),
        answered => Err(Failure::Rejected(format!(
            "{address} answered as {}, not as {node}; check eurus.gateway.address / eureka.instance.ip-address",
            answered.map_or("nobody".to_owned(), |answered| quoted(answered.as_bytes()))
        ))),
    }
}

async fn read_bounded(mut response: reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Failure::Unclear(reason(&error)))? {
        let room = ANSWER_BYTES_MAX - body.len();
        if chunk.len() > room {
            return Err(Failure::Unclear(format!("answered with more than {ANSWER_BYTES_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn failure(error: &reqwest::Error) -> Failure {
    if error.is_connect() { Failure::Unreachable(reason(error)) } else { Failure::Unclear(reason(error)) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_an_answer_of_the_node() {
        let unclear = |text: &str| Err(Failure::Unclear(text.to_owned()));
        let rejected = |text: &str| Err(Failure::Rejected(text.to_owned()));
        let elsewhere = "127.0.0.1:8081 answered as h, not as g; \
                         check eurus.gateway.address / eureka.instance.ip-address";
        let nobody = elsewhere.replace("as h", "as nobody");
        let token = "127.0.0.1:8081 answered 401: no; \
                     check eurus.sync-speed.gateway-token here and eurus.gateway.admin.token there";
        for (status, body, expected) in [
            (200, r#"{"outcome":"applied","node":"g"}"#, Ok(Told::Applied)),
            (200, r#"{"outcome":"superseded","node":"g","more":1}"#, Ok(Told::Superseded)),
            (
                200,
                r#"{"outcome":"other-registration","node":"g","serviceUpTimestamp":7}"#,
                Ok(Told::OtherRegistration { service_up_ms: Some(7) }),
            ),
            (
                200,
                r#"{"outcome":"other-registration","node":"g"}"#,
                Ok(Told::OtherRegistration { service_up_ms: None }),
            ),
            (200, r#"{"outcome":"applied","node":"h"}"#, rejected(elsewhere)),
            (200, r#"{"outcome":"superseded","node":"h"}"#, rejected(elsewhere)),
            (200, r#"{"outcome":"applied"}"#, rejected(&nobody)),
            (200, r#"{"outcome":"perhaps","node":"g"}"#, unclear("answered an unknown outcome 'perhaps'")),
            (200, "<html>", unclear("answered 200 with what is no answer: <html>")),
            (503, "later", unclear("answered 503: later")),
            (204, "", unclear("answered 204: ")),
            (401, "no", rejected(token)),
            (403, "no", rejected(&token.replace("401", "403"))),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let address = "127.0.0.1:8081".parse().unwrap();
            assert_eq!(understood(status, body.as_bytes(), "g", address), expected, "{status} {body}");
        }
    }
}
