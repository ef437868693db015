//! Errors as answers: a status and a JSON body that a person can act on. The one place where a [`Refusal`] becomes a
//! status.

use std::fmt;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::answer;
use crate::error::Refusal;
use crate::store::StoreError;

/// What every handler returns.
pub(super) type Answered = Result<HttpResponse, Problem>;

/// An answer that is not 200.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// For programs: one of a few fixed words.
    error: &'static str,
    /// For a person.
    message: String,
    /// What else the body holds.
    more: Map<String, Value>,
    /// When it is worth another try.
    retry_after_s: Option<i64>,
    /// Methods that the path has.
    allowed: Option<&'static str>,
}

/// Error and message first, whatever else there is.
#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    message: &'a str,
    #[serde(flatten)]
    more: &'a Map<String, Value>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, error: &'static str, message: impl Into<String>) -> Self {
        Self { status, error, message: message.into(), more: Map::new(), retry_after_s: None, allowed: None }
    }

    pub(super) fn bad_request(error: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, message)
    }

    pub(super) fn not_found(error: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error, message)
    }

    /// The fixed word.
    pub(super) fn word(&self) -> &'static str {
        self.error
    }

    /// The entry that it is about.
    pub(super) fn entry(&self) -> Option<String> {
        self.more.get("id").and_then(Value::as_str).map(str::to_owned)
    }

    pub(super) fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    fn with(mut self, key: &str, value: impl Serialize) -> Self {
        self.more.insert(key.to_owned(), json!(value));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error, self.message)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(allowed) = self.allowed {
            response.insert_header((header::ALLOW, allowed));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let busy_s = (self.status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        if let Some(seconds) = self.retry_after_s.or(busy_s) {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response.json(Body { error: self.error, message: &self.message, more: &self.more })
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (message, word) = (refusal.to_string(), refusal.word());
        match refusal {
            Refusal::NoInstance { .. } => Self::not_found(word, message),
            Refusal::TooMany { .. } => Self::bad_request(word, message),
            Refusal::NotAllowed { skipped, .. } => Self::new(StatusCode::FORBIDDEN, word, message)
                .with("skipped", skipped.iter().map(answer::skipped).collect::<Vec<_>>()),
            Refusal::LastUp { app, taken } => {
                Self::new(StatusCode::CONFLICT, word, message).with("app", app).with("instances", taken)
            }
            Refusal::KeepPercent { app, taken, staying, copy_age_ms, .. } => {
                Self::new(StatusCode::CONFLICT, word, message)
                    .with("app", app)
                    .with("instances", taken)
                    .with("up", staying.up)
                    .with("wouldStay", staying.would_stay)
                    .with("mustStay", staying.must_stay)
                    .with("of", staying.of)
                    .with("copyAgeMs", copy_age_ms)
            }
            Refusal::Registry { entry, .. } => failed(word, message, entry.as_deref()),
            Refusal::Unknown { entry, .. } => failed(word, message, Some(&entry)),
            Refusal::KeyReused { entry } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, word, message).with("id", entry)
            }
            Refusal::Busy(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, word, message),
            Refusal::Store(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, word, message),
            Refusal::Unfinished { entry, .. } => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, word, message).with("id", &entry.id)
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        log::error!("{error}");
        Self::from(Refusal::Store(error))
    }
}

fn failed(word: &'static str, message: String, entry: Option<&crate::entry::Entry>) -> Problem {
    let problem = Problem::new(StatusCode::BAD_GATEWAY, word, message).with("state", "failed");
    match entry {
        None => problem.with("instances", [(); 0]).with("gateways", [(); 0]),
        Some(entry) => {
            problem.with("id", &entry.id).with("instances", answer::instances(entry)).with("gateways", [(); 0])
        }
    }
}

pub(super) async fn no_such_path(request: HttpRequest) -> Answered {
    Err(no_such(request.method(), request.path()))
}

pub(super) fn no_such(method: &Method, path: &str) -> Problem {
    let message = format!(
        "{} {} is not served here; try POST /offline, POST /online, GET /offline, GET /offline/{{id}}, GET /offline/{{id}}/events, GET /gateway-groups, \
         GET|PUT|DELETE /gateway-groups/{{app}}, GET /audit, POST /gateways, POST /gateways/refused, GET /actuator/health",
        method,
        path.escape_debug()
    );
    Problem::not_found("no-such-path", message)
}

pub(super) fn no_such_method(request: &HttpRequest, allowed: &'static str) -> Answered {
    let message = format!("{} is not possible for {}; allowed: {allowed}", request.method(), request.path());
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no-such-method", message);
    Err(Problem { allowed: Some(allowed), ..problem })
}
