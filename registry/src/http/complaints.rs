//! What is wrong with a request, for whoever looks for it: in the log, and in a header of the answer.
//!
//! Not in the body: bodies of 400, 415 and 500 stay byte for byte what clients of a Java server know.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use eurus_model::InstanceInfo;

use super::query::STATUSES;
use super::refusal::Refusal;
use crate::instance_name::{InstanceName, shortened};
use crate::peer_pauses::{PeerPauses, peer_name};

/// The reason of a 400, 415 or 500.
pub(super) const REASON_HEADER: HeaderName = HeaderName::from_static("x-eurus-reason");
/// Bytes of a reason at most.
const REASON_BYTES_MAX: usize = 1_000;
/// Lines a pause about one peer: there may be many clients behind one address, each with a trouble of its own.
const LINES_MAX: u32 = 20;

/// Requests whose reason is worth a line.
pub(crate) struct Complaints(PeerPauses);

impl Default for Complaints {
    fn default() -> Self {
        Self(PeerPauses::of(LINES_MAX))
    }
}

impl Complaints {
    /// Says what was wrong with one item of a batch: a batch has room for many.
    pub(super) fn note_item(&self, peer: Option<IpAddr>, app: &str, what: &str, reason: &str, now_ms: i64) {
        let app = named(app);
        self.0.warn(peer, now_ms, || format!("a replicated registration for {app} {what}: {}", one_line(reason)));
    }

    /// Says that an instance calls its status something that Eureka does not know.
    pub(super) fn note_unknown_status(&self, peer: Option<IpAddr>, instance: &InstanceInfo, word: &str, now_ms: i64) {
        self.0.warn(peer, now_ms, || unknown_status(instance, word));
    }

    /// Says what was wrong, and who sent it.
    pub(super) fn note(&self, request: &HttpRequest, refusal: &Refusal, now_ms: i64) {
        let peer = request.peer_addr().map(|address| address.ip());
        let path = || shortened(request.uri().path()).escape_debug().to_string();
        if let Some(reason) = refusal.reason(request) {
            let (status, reason) = (refusal.status().as_u16(), one_line(&reason));
            self.0.warn(peer, now_ms, || format!("{} {} is answered {status}: {reason}", request.method(), path()));
            return;
        }
        // Nothing is formatted while nobody debugs.
        if matches!(refusal, Refusal::HeartbeatNotFound | Refusal::RateLimited | Refusal::Busy) {
            let (method, status) = (request.method(), refusal.status());
            log::debug!("from {}: {method} {} is answered {status}: {refusal:?}", peer_name(peer), path());
        }
    }
}

fn unknown_status(instance: &InstanceInfo, word: &str) -> String {
    let name = InstanceName(&instance.app, &instance.instance_id);
    format!(
        "{name} registers with status {}, a word that Eureka does not know: it is taken as UNKNOWN, so nobody sends it \
         traffic; its client must say {STATUSES}",
        named(word)
    )
}

/// A reason as a header can carry it. `None` when there is nothing to say.
pub(super) fn header_value(reason: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(one_line(reason)).ok().filter(|value| !value.is_empty())
}

/// One line of ASCII, whatever a client has put into what it is about: it must forge neither a header nor a line of the log.
fn one_line(reason: &str) -> String {
    let mut text = String::with_capacity(reason.len().min(REASON_BYTES_MAX));
    for one in reason.chars() {
        if text.len() >= REASON_BYTES_MAX {
            break;
        }
        match one {
            ' '..='~' => text.push(one),
            other => text.extend(other.escape_unicode()),
        }
    }
    text
}

/// A value that a client sent, as a reason names it: short and on one line.
pub(super) fn named(value: &str) -> String {
    format!("'{}'", shortened(value).escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_ascii() {
        for (reason, expected) in [
            ("value must be UP, but is 'x'", "value must be UP, but is 'x'"),
            ("a\r\nSet-Cookie: b", "a\\u{d}\\u{a}Set-Cookie: b"),
            ("\u{17c}\0", "\\u{17c}\\u{0}"),
        ] {
            assert_eq!(one_line(reason), expected);
            assert_eq!(header_value(reason).unwrap().to_str().unwrap(), expected);
        }
        assert!(header_value(&"\u{17c}".repeat(100_000)).unwrap().len() < REASON_BYTES_MAX + 10);
        assert_eq!(header_value(""), None);
    }

    #[test]
    fn an_unknown_status_is_told_with_the_word_and_the_instance() {
        let line = unknown_status(&InstanceInfo::new("A", "host:a:1", "h", "10.0.0.1"), "RUN\nNING");
        assert!(line.starts_with("A/host:a:1 registers with status 'RUN\\nNING'"), "{line}");
        assert!(line.contains("UP, DOWN, STARTING"), "{line}");
    }

    #[test]
    fn a_value_is_short_and_escaped() {
        assert_eq!(named("a\nb"), "'a\\nb'");
        assert!(named(&"x".repeat(1_000_000)).len() < 300);
    }
}
