//! Errors of the admin API: `{"error": "…"}` with a status.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::error::JsonPayloadError;
use actix_web::http::StatusCode;
use actix_web::web::JsonConfig;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

/// A call that was not carried out.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    error: String,
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
}

impl Failure {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into() }
    }

    pub(super) fn not_found() -> Self {
        let known = "GET /services, GET /routes, GET /routes/match, GET /under-way, GET /down-service-cache, GET /metrics, \
                     GET /actuator/health, POST /downline, POST /upline";
        Self::new(StatusCode::NOT_FOUND, format!("no such resource; there are {known}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        HttpResponse::build(self.status).json(Body { error: &self.error })
    }
}

impl actix_web::Responder for Failure {
    type Body = BoxBody;

    fn respond_to(self, _: &actix_web::HttpRequest) -> HttpResponse<BoxBody> {
        self.error_response()
    }
}

/// JSON bodies up to a limit, with errors in our form. They must say that they are JSON: what a web page can send
/// unasked to another origin cannot.
pub(super) fn json_body(body_max: usize) -> JsonConfig {
    JsonConfig::default().limit(body_max).error_handler(move |error, _| {
        let status = match &error {
            JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            JsonPayloadError::ContentType => {
                let message = "Content-Type: application/json is missing";
                return Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).into();
            }
            _ => StatusCode::BAD_REQUEST,
        };
        Failure::new(status, error.to_string()).into()
    })
}
