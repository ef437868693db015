//! Requests that arrive once more: a network may deliver what it was given twice, and late.

use std::collections::VecDeque;

use actix_web::HttpRequest;
use bytes::Bytes;
use parking_lot::Mutex;

/// How many are remembered, the newest.
const REMEMBERED_MAX: usize = 16;
/// What of a request's head is sent again.
const HEADERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// What was sent, and by what it can be sent again.
#[derive(Default)]
pub(super) struct Sent(Mutex<VecDeque<reqwest::Request>>);

impl Sent {
    /// What changes something is remembered; who only reads would read again.
    pub(super) fn note(&self, request: &HttpRequest, built: Option<reqwest::Request>) {
        let Some(built) = built.filter(|_| request.method() == actix_web::http::Method::POST) else { return };
        let mut sent = self.0.lock();
        if sent.len() >= REMEMBERED_MAX {
            sent.pop_front();
        }
        sent.push_back(built);
    }

    /// Copies, the newest first.
    pub(super) fn newest_first(&self) -> Vec<reqwest::Request> {
        self.0.lock().iter().rev().filter_map(reqwest::Request::try_clone).collect()
    }
}

/// The request as it goes on.
pub(super) fn with_headers(
    mut onward: reqwest::RequestBuilder,
    request: &HttpRequest,
    body: Bytes,
) -> reqwest::RequestBuilder {
    for name in HEADERS {
        if let Some(value) = request.headers().get(name) {
            onward = onward.header(name, value.as_bytes());
        }
    }
    onward.body(body)
}
