//! `POST /gateways/refused`: a gateway ejected an instance that refused its connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use super::gateways::node;
use super::offline::read;
use super::problem::Answered;
use super::{Api, Problem};
use crate::refused::Report;
use crate::registration::Registration;

/// The path.
pub(super) const PATH: &str = "/gateways/refused";

/// Real time after which the answer is 202: a gateway waits 2 s, while the registry, our own connection and an offline may take
/// longer. The look goes on; what comes of it is in the log, and in the journal if it is an offline.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_000);

const EXPECTED: &str = r#"expected {"node", "application", "instanceId", "registration": {"ip", "serviceUpTimestamp"}, "address": "ip:port", "refusals"}"#;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    node: String,
    application: String,
    instance_id: String,
    registration: BodyRegistration,
    address: SocketAddr,
    refusals: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BodyRegistration {
    ip: String,
    service_up_timestamp: i64,
}

pub(super) async fn post(body: Result<web::Bytes, actix_web::Error>, api: web::Data<Api>) -> Answered {
    let body: Body = serde_json::from_slice(&read(body)?)
        .map_err(|error| Problem::bad_request("body", format!("the body is not understood: {error}; {EXPECTED}")))?;
    let report = Report {
        node: node(&body.node)?,
        app: super::gateway_groups::name("application", &body.application)?,
        instance_id: node(&body.instance_id)?,
        registration: Registration { ip: body.registration.ip, service_up_ms: body.registration.service_up_timestamp },
        address: SocketAddr::new(body.address.ip().to_canonical(), body.address.port()),
        refusals: body.refusals,
    };
    let (downline, refused, shutdown) = (api.downline.clone(), Arc::clone(&api.refused), api.shutdown.clone());
    // Not on the worker's thread: a gateway that hangs up does not cut the way in two.
    let work = api.runtime.spawn(async move {
        tokio::select! {
            found = downline.look_at(&report, &refused.looks, refused.takes_offline) => Some(found),
            () = shutdown.aborted() => None,
        }
    });
    let Ok(found) = timeout(ANSWER_WITHIN, work).await else {
        return Ok(HttpResponse::Accepted().json(json!({"outcome": "looking"})));
    };
    let found = found.map_err(|error| {
        log::error!("a look at an instance that refuses connections broke off: {error}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "broken-off", "the look broke off; see the log")
    })?;
    // Nobody is answered by a process that is gone.
    let Some(found) = found else { return std::future::pending().await };
    Ok(HttpResponse::Ok().json(found))
}
