//! `POST /gateways`: a gateway announces itself and is answered the live marks of its group.
//!
//! First it is remembered, then the marks are read: see `live_marks` for why nothing falls between.

use std::net::SocketAddr;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::offline::read;
use super::problem::Answered;
use super::{Api, Problem};
use crate::nodes::{Announced, literal_address};
use crate::points;
use crate::registration::Registration;
use crate::request::Kind;
use crate::store::{LiveMark, Remembered};

/// The path.
pub(super) const PATH: &str = "/gateways";

/// How long an announcement holds without being renewed.
const TTL_MS: i64 = 90_000;
/// Length of an instance id.
const NODE_CHARS_MAX: usize = 250;

const EXPECTED: &str =
    r#"expected {"node": "<instance id>", "group": "<application name>", "admin": "http://ip:port"}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    node: String,
    group: String,
    /// Absent: nowhere that we could reach; it asks for the marks alone.
    admin: Option<String>,
    /// Its last word.
    #[serde(default)]
    leaving: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    number: i64,
    ttl_ms: i64,
    marks: Vec<Mark>,
    /// Whether there are more than one answer may hold.
    truncated: bool,
}

/// In the form of an order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    kind: &'static str,
    entry: String,
    number: i64,
    application: String,
    instance_id: String,
    registration: Registration,
}

pub(super) async fn post(body: Result<web::Bytes, actix_web::Error>, api: web::Data<Api>) -> Answered {
    let body: Body = serde_json::from_slice(&read(body)?)
        .map_err(|error| Problem::bad_request("body", format!("the body is not understood: {error}; {EXPECTED}")))?;
    let (node, group) = (node(&body.node)?, super::gateway_groups::name("group", &body.group)?);
    let downline = &api.downline;
    if body.leaving {
        downline.store.forget_announced(&group, &node).await?;
        log::info!("gateway {node} of group {group} leaves");
        return Ok(HttpResponse::Ok().json(Answer { number: 0, ttl_ms: 0, marks: Vec::new(), truncated: false }));
    }
    if let Some(admin) = &body.admin {
        let admin = admin_address(&api, admin)?;
        remember(&api, Announced { id: node.clone(), group: group.clone(), admin }).await?;
    }
    downline.faults.pass(&points::LIVE_MARKS_READ, &node).await;
    let live = downline.live_marks(&group).await?;
    if live.are_more {
        log::error!(
            "gateway {node} of group {group} is told the newest {} live marks; there are more",
            live.marks.len()
        );
    }
    let marks = live.marks.into_iter().map(Mark::of).collect();
    Ok(HttpResponse::Ok().json(Answer { number: live.number, ttl_ms: TTL_MS, marks, truncated: live.are_more }))
}

async fn remember(api: &Api, announced: Announced) -> Result<(), Problem> {
    let downline = &api.downline;
    downline.faults.pass(&points::ANNOUNCEMENT_RECORD, &announced.id).await;
    let now_ms = downline.clock.now_ms();
    match downline.store.announce(&announced, now_ms, now_ms.saturating_add(TTL_MS)).await? {
        Remembered::Yes => {}
        Remembered::Full => {
            log::error!(
                "gateway {} of group {} cannot be remembered: there are too many",
                announced.id,
                announced.group
            );
            let why = "too many gateways have announced themselves; ask again later";
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", why));
        }
    }
    // Whoever waits for a node of its group sees it at once.
    downline.courier.node_came();
    Ok(())
}

pub(super) fn node(given: &str) -> Result<String, Problem> {
    let is_plain = !given.chars().any(|c| c.is_control() || c.is_whitespace());
    match is_plain && (1..=NODE_CHARS_MAX).contains(&given.chars().count()) {
        true => Ok(given.to_owned()),
        false => Err(Problem::bad_request(
            "node",
            format!("not an instance id: 1 to {NODE_CHARS_MAX} characters without spaces are allowed; {EXPECTED}"),
        )),
    }
}

fn admin_address(api: &Api, given: &str) -> Result<SocketAddr, Problem> {
    let address = literal_address(given).ok_or_else(|| {
        let shown = given.chars().take(64).collect::<String>();
        Problem::bad_request(
            "admin",
            format!("'{}' is neither http://ip:port nor https://ip:port; {EXPECTED}", shown.escape_debug()),
        )
    })?;
    match api.gateways.is_inside(address.ip()) {
        true => Ok(address),
        false => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "admin-not-allowed",
            format!("{address} is not in eurus.sync-speed.gateway-networks: nobody is told orders there"),
        )),
    }
}

impl Mark {
    fn of(mark: LiveMark) -> Self {
        Self {
            kind: match mark.kind {
                Kind::Offline => "downline",
                Kind::Online => "upline",
            },
            entry: mark.entry,
            number: mark.number,
            application: mark.app,
            instance_id: mark.instance_id,
            registration: mark.registration,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes() {
        for (given, is_good) in [
            ("127.0.0.1:eurus-gateway:8080", true),
            ("", false),
            ("a b", false),
            ("a\nb", false),
            (&"x".repeat(NODE_CHARS_MAX), true),
            (&"x".repeat(NODE_CHARS_MAX + 1), false),
        ] {
            assert_eq!(node(given).is_ok(), is_good, "{given}");
        }
    }
}
