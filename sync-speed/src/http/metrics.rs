//! `GET /metrics`: for Prometheus, for whoever may call.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};

use super::problem::Answered;
use super::{Api, caller};
use crate::metrics;

pub(super) const PATH: &str = "/metrics";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) async fn get(http: HttpRequest, api: web::Data<Api>) -> Answered {
    caller::admitted(&http)?;
    let text = metrics::write(&api.downline, &api.trail);
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, PROMETHEUS)).body(text))
}
