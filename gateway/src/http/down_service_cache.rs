//! `GET /down-service-cache`: the marks, how old they are and how long they hold.

use actix_web::web::{Data, Json};
use serde::Serialize;

use super::auth::Authorized;
use super::{Admin, Failure};
use crate::directive::DirectiveKind;
use crate::down_service_cache::{Counters, DownServiceCacheConfig, Mark, MarkLife};

#[derive(Serialize)]
pub(super) struct Cache {
    mode: &'static str,
    /// Whether fetched copies are joined with the marks; off only to show the defect.
    fetch_listener_enabled: bool,
    window_ms: i64,
    bound_ms: i64,
    marks_max: usize,
    marks: Vec<MarkBody>,
    counters: CountersBody,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MarkBody {
    application: String,
    instance_id: String,
    kind: &'static str,
    entry: String,
    number: i64,
    registration: RegistrationBody,
    #[serde(rename = "recorded_ms")]
    recorded_ms: i64,
    #[serde(rename = "age_ms")]
    age_ms: i64,
    /// Of the window: until then no fetched copy ends the mark.
    #[serde(rename = "remaining_ms")]
    remaining_ms: i64,
    /// Of the bound: a copy fetched after it ends the mark in any case.
    #[serde(rename = "bound_remaining_ms")]
    bound_remaining_ms: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RegistrationBody {
    ip: String,
    service_up_timestamp: i64,
}

/// Since the start.
#[derive(Serialize)]
struct CountersBody {
    recorded: u64,
    superseded: u64,
    refused_full: u64,
    other_registration: u64,
    confirmed: u64,
    window_over: u64,
    outlived_window: u64,
    longest_lag_ms: i64,
    unconfirmed_at_bound: u64,
    absent_at_bound: u64,
    ended_by_newer_registration: u64,
}

pub(super) async fn down_service_cache(_: Authorized, admin: Data<Admin>) -> Result<Json<Cache>, Failure> {
    let view = admin.directory.marks();
    let now_ms = admin.clock.now_ms();
    let mut marks: Vec<_> = view.marks.iter().map(|mark| MarkBody::of(mark, &view.config, now_ms)).collect();
    marks.sort_by(|a, b| (&a.application, &a.instance_id).cmp(&(&b.application, &b.instance_id)));
    Ok(Json(Cache {
        mode: match view.config.life {
            MarkLife::UntilConfirmed => "until-confirmed",
            MarkLife::Plain => "plain",
        },
        fetch_listener_enabled: admin.joins,
        window_ms: view.config.window_ms,
        bound_ms: view.config.bound_ms,
        marks_max: view.config.marks_max,
        marks,
        counters: CountersBody::of(&view.counters),
    }))
}

impl MarkBody {
    fn of(mark: &Mark, config: &DownServiceCacheConfig, now_ms: i64) -> Self {
        let directive = &mark.directive;
        let age_ms = now_ms - mark.recorded_ms;
        Self {
            application: directive.application.clone(),
            instance_id: directive.instance_id.clone(),
            kind: match directive.kind {
                DirectiveKind::Downline => "down",
                DirectiveKind::Upline => "up",
            },
            entry: directive.entry.clone(),
            number: directive.number,
            registration: RegistrationBody {
                ip: directive.registration.ip.clone(),
                service_up_timestamp: directive.registration.service_up_ms,
            },
            recorded_ms: mark.recorded_ms,
            age_ms,
            remaining_ms: (config.window_ms - age_ms).max(0),
            bound_remaining_ms: (config.bound_ms - age_ms).max(0),
        }
    }
}

impl CountersBody {
    fn of(counters: &Counters) -> Self {
        let Counters {
            recorded,
            superseded,
            refused_full,
            other_registration,
            confirmed,
            window_over,
            outlived_window,
            longest_lag_ms,
            unconfirmed_at_bound,
            absent_at_bound,
            ended_by_newer_registration,
        } = *counters;
        Self {
            recorded,
            superseded,
            refused_full,
            other_registration,
            confirmed,
            window_over,
            outlived_window,
            longest_lag_ms,
            unconfirmed_at_bound,
            absent_at_bound,
            ended_by_newer_registration,
        }
    }
}
