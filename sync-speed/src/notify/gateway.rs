//! One call to one gateway's admin API.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use http_body_util::Full;
use serde::{Deserialize, Serialize};

use super::transport::{NoAnswer, Transport};
use crate::config::NotifyConfig;
use crate::error::RunError;
use crate::registration::Registration;
use crate::request::Kind;

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
    transport: Transport,
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
    /// When the HTTP client cannot be built; TLS without any authority.
    pub fn new(config: &NotifyConfig) -> Result<Self, RunError> {
        let NotifyConfig { call_timeout_ms, token, tls, .. } = config;
        // Shorter, so that an address without anybody is told from a gateway that is slow.
        let connect_within = Duration::from_millis(call_timeout_ms.div_ceil(2));
        let transport = Transport::new(connect_within, token.as_ref(), tls.as_ref())
            .map_err(|error| RunError::Config(format!("the client for gateways: {error}")))?;
        Ok(Self { transport, call_timeout_ms: *call_timeout_ms })
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
        let within_text = within_ms.to_string();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("application", app), ("instanceId", instance_id), ("withinMs", &within_text)])
            .finish();
        let url = format!("{}://{address}/under-way?{query}", self.transport.scheme());
        let request = Request::get(url).body(Full::default()).map_err(|error| error.to_string())?;
        let waits_ms = u64::try_from(within_ms).unwrap_or(0).saturating_add(self.call_timeout_ms);
        let called = self.transport.call(request, Duration::from_millis(waits_ms)).await;
        let (status, body) = called.map_err(|why| why.to_string())?;
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
        let body = serde_json::to_vec(order).map_err(|error| Failure::Final(error.to_string()))?;
        let request = Request::post(format!("{}://{address}/{path}", self.transport.scheme()))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| Failure::Final(error.to_string()))?;
        let (status, body) = self.transport.call(request, Duration::from_millis(self.call_timeout_ms)).await?;
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

impl From<NoAnswer> for Failure {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::NotConnected(why) => Self::Unreachable(why),
            NoAnswer::NotAgreed(why) => Self::Rejected(why),
            NoAnswer::Lost(why) => Self::Unclear(why),
        }
    }
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
