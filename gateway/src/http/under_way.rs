//! `GET /under-way`: how many requests are under way at one instance; the answer waits until it is none. For whoever stops
//! the instance once it has been taken out of rotation.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::auth::Authorized;
use super::{Admin, Failure};
use crate::endpoint::Endpoint;

/// How long an answer may wait, milliseconds: who wants to wait longer asks again.
const WITHIN_MS_MAX: u64 = 30_000;

const EXPECTED: &str = "expected ?application=APP&instanceId=id, and withinMs=0..30000";

/// Which instance, and how long the answer may wait.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Asked {
    application: String,
    instance_id: String,
    #[serde(default)]
    within_ms: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct UnderWay {
    node: String,
    #[serde(rename = "underWay")]
    under_way: u64,
    /// Of these: upgraded connections, as WebSockets are. They last as long as their peers want.
    upgraded: u64,
}

pub(super) async fn under_way(
    _: Authorized,
    admin: Data<Admin>,
    asked: Result<Query<Asked>, actix_web::Error>,
) -> Result<Json<UnderWay>, Failure> {
    let bad = |why: String| Failure::new(StatusCode::BAD_REQUEST, format!("{why}; {EXPECTED}"));
    let asked = asked.map_err(|error| bad(error.to_string()))?.into_inner();
    if asked.application.is_empty() || asked.instance_id.is_empty() {
        return Err(bad("application and instanceId must not be empty".to_owned()));
    }
    if asked.within_ms > WITHIN_MS_MAX {
        return Err(bad(format!("withinMs {} is more than {WITHIN_MS_MAX}", asked.within_ms)));
    }
    let (under_way, upgraded) = count(&admin, asked).await;
    Ok(Json(UnderWay { node: admin.node.clone(), under_way, upgraded }))
}

/// How many, and how many of these are upgraded.
async fn count(admin: &Admin, asked: Asked) -> (u64, u64) {
    let app = asked.application.to_uppercase();
    let endpoints = || admin.directory.endpoints_of(&app, &asked.instance_id);
    let none_left = async {
        loop {
            let busy = endpoints().into_iter().find(|endpoint| endpoint.under_way() > 0);
            let Some(busy) = busy else { return };
            busy.idle().await;
        }
    };
    // Real time: this waits for sockets. Whoever hangs up is not waited for, the rest is bounded.
    match timeout(Duration::from_millis(asked.within_ms), none_left).await {
        Ok(()) => (0, 0),
        Err(_) => {
            let endpoints = endpoints();
            let sum =
                |count: fn(&Endpoint) -> u64| endpoints.iter().map(|endpoint: &Arc<Endpoint>| count(endpoint)).sum();
            // Counted one after the other: what ends in between is in one of the two.
            let (upgraded, under_way): (u64, u64) = (sum(Endpoint::upgraded), sum(Endpoint::under_way));
            (under_way, upgraded.min(under_way))
        }
    }
}
