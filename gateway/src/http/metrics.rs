//! `GET /metrics`: for Prometheus.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Data};

use super::auth::Authorized;
use super::{Admin, Failure};
use crate::access_log::AccessLog;
use crate::metrics::{self, Sources};

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) async fn metrics(_: Authorized, admin: Data<Admin>) -> Result<HttpResponse, Failure> {
    let sources = Sources {
        directory: admin.directory.clone(),
        routes: admin.routes.clone(),
        tally: admin.tally.clone(),
        access_log_lines_dropped: admin.access_log.as_ref().map_or(0, AccessLog::dropped_lines),
        tls: admin.tls.clone(),
        instance_tls: Arc::clone(&admin.instance_tls),
    };
    let now_ms = admin.clock.now_ms();
    // Reads files of /proc, and adds up thousands of numbers: not on the thread that takes orders.
    let text = web::block(move || metrics::write(&sources, now_ms)).await.map_err(|error| {
        log::error!("collecting the metrics was cut short: {error}");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "collecting the metrics was cut short".to_owned())
    })?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, PROMETHEUS)).body(text))
}
