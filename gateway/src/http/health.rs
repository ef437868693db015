//! `GET /actuator/health`: Spring's form. UP from the first fetched copy on, as a gateway without one can serve nobody, until it is about to stop.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;

use super::Admin;
use crate::sync_speed::State;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    details: Details,
}

#[derive(Serialize)]
struct Details {
    /// Why nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    registry: Option<&'static str>,
    /// How old the copy is.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_fetch_age_ms: Option<i64>,
    /// That it is about to stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaving: Option<&'static str>,
    /// What is amiss with sync-speed.
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_speed: Option<&'static str>,
    /// How long ago a sync-speed answered this gateway's announcement.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_announcement_age_ms: Option<i64>,
    /// Said only when it is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    fetch_listener: Option<&'static str>,
}

pub(super) async fn health(admin: Data<Admin>) -> HttpResponse {
    let received_ms = admin.directory.snapshot().received_ms;
    let now_ms = admin.clock.now_ms();
    let sync_speed = admin.sync_speed.state();
    let is_leaving = admin.leaving.has_begun();
    let details = Details {
        registry: received_ms.is_none().then_some("nothing was fetched from a registry yet: no service is known"),
        last_fetch_age_ms: received_ms.map(|received_ms| now_ms.saturating_sub(received_ms)),
        leaving: is_leaving.then_some("it is about to stop (eurus.gateway.shutdown-delay-ms), and serves until then"),
        sync_speed: match sync_speed {
            State::Waiting => Some("waiting for the live marks of a sync-speed before anything is served"),
            State::Missing => {
                Some("no sync-speed has answered since the start: orders from before it are not known; asked again")
            }
            State::NotAsked | State::Answered(_) => None,
        },
        last_announcement_age_ms: match sync_speed {
            State::Answered(answered_ms) => Some(now_ms.saturating_sub(answered_ms)),
            State::NotAsked | State::Waiting | State::Missing => None,
        },
        fetch_listener: (!admin.joins).then_some("off: the next fetched copy brings back what was taken down"),
    };
    match received_ms.is_some() && !is_leaving {
        true => HttpResponse::Ok().json(Health { status: "UP", details }),
        false => HttpResponse::ServiceUnavailable().json(Health { status: "DOWN", details }),
    }
}
