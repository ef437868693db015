//! Errors become answers here, and only here.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse};
use eurus_model::RegistrationError;
use serde::Serialize;

use super::accept::{ErrorForm, Negotiated, error_form};
use super::body::{BODY_ARRIVAL_S_MAX, BODY_BYTES_MAX};
use super::complaints::{REASON_HEADER, header_value, named};
use super::header;
use super::timestamp::iso;
use crate::access::Role;
use crate::form::Format;
use crate::limits::NoRoom;

/// The next token is there in a second at the latest, whatever the limits.
const RETRY_AFTER_S: &str = "1";

/// Why a request is not answered as it hoped.
#[derive(Debug)]
pub(crate) enum Refusal {
    NotFound,
    /// To a heartbeat: without a body, because Netflix's own client fails on one.
    HeartbeatNotFound,
    MethodNotAllowed {
        allowed: &'static str,
    },
    TraceNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
    BodyTooLarge,
    BodyTooSlow,
    /// Bodies that arrive at the same time take too much memory together.
    TooManyBodies,
    BodyBroken,
    /// The body, sent as this format, cannot be read, for this reason.
    Unparsable(Format, String),
    /// The body is readable, but no valid registration.
    Invalid(RegistrationError, Negotiated),
    DeltaDisabled,
    /// It would be too much, in one or in all.
    NoRoom(NoRoom),
    /// Refused for a reason that the answer says.
    Explained(StatusCode, String),
    /// More fetches come than the rate limiter lets through.
    RateLimited,
    /// A value that Java fails on with a 500; clients know it as such. With what is wrong and what is allowed.
    BadValue(String),
    /// Our own fault, logged where it happened.
    Failed,
    /// No credentials, or wrong ones.
    Unauthenticated {
        is_heartbeat: bool,
    },
    /// Credentials without this role.
    Forbidden {
        role: Role,
        is_heartbeat: bool,
    },
    /// Too many new passwords to compare at a time.
    Busy,
    /// Too many wrong passwords came from this address; the next is looked at in so many seconds.
    TooManyGuesses {
        wait_s: i64,
        is_heartbeat: bool,
    },
}

/// The body that Spring sends with an error.
#[derive(Serialize)]
struct ErrorBody<'a> {
    timestamp: String,
    status: u16,
    error: &'a str,
    /// What is wrong and what is allowed; Java says it nowhere, so only answers of our own have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    path: &'a str,
}

impl Refusal {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::HeartbeatNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } | Self::TraceNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken | Self::Unparsable(..) | Self::Invalid(..) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
            Self::TooManyGuesses { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::DeltaDisabled | Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::Busy | Self::TooManyBodies | Self::RateLimited => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoRoom(no_room) if no_room.is_full() => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoRoom(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Explained(status, _) => *status,
            Self::BadValue(_) | Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What is wrong and what is allowed, where Java has no answer that clients know.
    fn message(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::BodyTooLarge => format!("the body is larger than {BODY_BYTES_MAX} bytes").into(),
            Self::BodyTooSlow => format!("the body did not arrive within {BODY_ARRIVAL_S_MAX} s").into(),
            Self::BodyBroken => "the body broke off, or its length or chunks are not as announced".into(),
            Self::TooManyBodies => "too many large bodies arrive at this moment; send it again".into(),
            Self::NoRoom(no_room) => no_room.to_string().into(),
            Self::Explained(_, message) => message.as_str().into(),
            Self::Unauthenticated { .. } => {
                "credentials are missing or wrong: Basic user and password, or a Bearer token".into()
            }
            Self::TooManyGuesses { wait_s, .. } => {
                format!("too many wrong passwords came from this address; the next is looked at in {wait_s} s").into()
            }
            Self::Forbidden { role, .. } => format!("these credentials lack the role {role}").into(),
            _ => return None,
        })
    }

    /// What is wrong with a request that is answered 400, 415 or 500.
    pub(super) fn reason(&self, request: &HttpRequest) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::BadValue(reason) | Self::Unparsable(_, reason) => reason.as_str().into(),
            Self::Invalid(error, _) => error.to_string().into(),
            Self::Explained(StatusCode::BAD_REQUEST, reason) => reason.as_str().into(),
            Self::UnsupportedMediaType => {
                let sent = header(request, CONTENT_TYPE);
                let sent = sent.map_or_else(|| "is missing".to_owned(), |sent| format!("is {}", named(sent)));
                format!("Content-Type must be application/json or application/xml, but {sent}").into()
            }
            Self::BodyBroken => self.message()?,
            _ => return None,
        })
    }

    /// The answer.
    pub(crate) fn respond(self, request: &HttpRequest, now_ms: i64) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        self.challenge(&mut response);
        if let Some(reason) = self.reason(request).and_then(|reason| header_value(&reason)) {
            response.insert_header((REASON_HEADER, reason));
        }
        match self {
            Self::HeartbeatNotFound
            | Self::Unauthenticated { is_heartbeat: true }
            | Self::TooManyGuesses { is_heartbeat: true, .. }
            | Self::Forbidden { is_heartbeat: true, .. } => return response.finish(),
            // Without a body, as in Netflix's: under overload it is one thing less to write.
            Self::RateLimited => return response.insert_header((RETRY_AFTER, RETRY_AFTER_S)).finish(),
            Self::TraceNotAllowed => {
                return response.insert_header((ALLOW, "HEAD, DELETE, POST, GET, OPTIONS, PUT")).finish();
            }
            Self::Unparsable(Format::Json, _) => {
                response.insert_header((CONTENT_TYPE, "application/json"));
                return response.body(r#"{"error": "cannot parse request body"}"#);
            }
            Self::Unparsable(Format::Xml, _) => {
                response.insert_header((CONTENT_TYPE, "application/xml"));
                return response.body("<error><message>cannot parse request body</message></error>");
            }
            // Plain text under the label of the answer that was asked for: as recorded.
            Self::Invalid(error, negotiated) => {
                response.insert_header((CONTENT_TYPE, negotiated.label()));
                return response.body(error.to_string());
            }
            Self::MethodNotAllowed { allowed } => {
                response.insert_header((ALLOW, allowed));
            }
            Self::BodyTooLarge | Self::BodyTooSlow | Self::TooManyBodies | Self::BodyBroken => {
                // The rest of the body is not read, so nothing after it can be.
                response.force_close();
            }
            _ => {}
        }
        let (status, message) = (self.status(), self.message());
        let body = ErrorBody {
            timestamp: iso(now_ms),
            status: status.as_u16(),
            error: status.canonical_reason().unwrap_or_default(),
            message: message.as_deref(),
            path: request.uri().path(),
        };
        body.write(&mut response, error_form(header(request, ACCEPT)))
    }
}

impl Refusal {
    /// Says in headers which credentials are wanted, or when they are looked at, for clients that read no body.
    fn challenge(&self, response: &mut actix_web::HttpResponseBuilder) {
        match self {
            Self::Unauthenticated { .. } => {
                response.append_header((WWW_AUTHENTICATE, "Basic realm=\"eurus\""));
                response.append_header((WWW_AUTHENTICATE, "Bearer realm=\"eurus\""));
            }
            Self::TooManyGuesses { wait_s, .. } => {
                response.insert_header((RETRY_AFTER, wait_s.to_string()));
            }
            Self::Forbidden { role, .. } => {
                let challenge = format!("Bearer realm=\"eurus\", error=\"insufficient_scope\", scope=\"{role}\"");
                response.insert_header((WWW_AUTHENTICATE, challenge));
            }
            _ => {}
        }
    }
}

impl ErrorBody<'_> {
    fn write(&self, response: &mut actix_web::HttpResponseBuilder, form: ErrorForm) -> HttpResponse {
        match form {
            ErrorForm::Json { content_type } => match serde_json::to_vec(self) {
                Ok(body) => response.insert_header((CONTENT_TYPE, content_type)).body(body),
                Err(error) => {
                    log::error!("an error about {} cannot be written: {error}", self.path);
                    response.finish()
                }
            },
            ErrorForm::Xml => response.insert_header((CONTENT_TYPE, "application/xml;charset=UTF-8")).body(self.xml()),
            ErrorForm::Html => response.insert_header((CONTENT_TYPE, "text/html;charset=UTF-8")).body(self.html()),
            ErrorForm::Empty => response.finish(),
        }
    }

    fn xml(&self) -> String {
        let Self { timestamp, status, error, message, path } = self;
        let path = escape(path);
        let message = message.map(|message| format!("<message>{}</message>", escape(message))).unwrap_or_default();
        format!(
            "<Map><timestamp>{timestamp}</timestamp><status>{status}</status><error>{error}</error>{message}\
             <path>{path}</path></Map>"
        )
    }

    fn html(&self) -> String {
        let Self { timestamp, status, error, message, path } = self;
        let path = escape(path);
        let message = message.map(|message| format!("<p>{}</p>", escape(message))).unwrap_or_default();
        format!(
            "<!doctype html><html lang=\"en\"><title>{status} {error}</title><h1>{status} {error}</h1>{message}\
             <p>{path} at {timestamp}</p></html>\n"
        )
    }
}

/// Text for XML and HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
