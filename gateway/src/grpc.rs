//! Calls of gRPC, as far as the gateway must know of them: that they are calls, how long they may take, and what their callers
//! read of an error. A call may be silent for long, either way, and be well: it has its deadline, if its caller wants one.

use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, header};
use tokio::time::Instant;

use crate::error::ErrorKind;

/// What the media types of gRPC begin with; `application/grpc-web` is none: its trailers are in its body, over any HTTP.
const MEDIA_TYPE: &[u8] = b"application/grpc";

const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// Digits of a timeout at most.
const TIMEOUT_DIGITS_MAX: usize = 8;

/// One call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// What its caller has said, and when it is over.
    deadline: Option<(Duration, Instant)>,
}

/// What a call has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Cancelled = 1,
    DeadlineExceeded = 4,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
}

impl Call {
    /// A POST with gRPC's media type, which wants HTTP/2 all the way; `None`: this is another request.
    pub(crate) fn of(head: &Parts) -> Option<Self> {
        let is_call = head.method == Method::POST
            && head.headers.get(header::CONTENT_TYPE).is_some_and(|value| is_grpc(value.as_bytes()));
        let timeout = || head.headers.get(&TIMEOUT).and_then(|value| timeout(value.as_bytes()));
        is_call.then(|| Self { deadline: timeout().map(|timeout| (timeout, Instant::now() + timeout)) })
    }

    /// When it is over.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline.map(|(_, at)| at)
    }

    /// Why it is over.
    pub(crate) fn over(&self) -> String {
        let given_ms = self.deadline.map_or(0, |(given, _)| given.as_millis());
        format!("the call's deadline is over: its caller gave it {given_ms} ms (grpc-timeout)")
    }
}

impl From<ErrorKind> for Status {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NoRoute | ErrorKind::UnknownProtocol => Self::Unimplemented,
            ErrorKind::NotReady | ErrorKind::UnknownService | ErrorKind::NothingInRotation => Self::Unavailable,
            ErrorKind::ConnectFailed | ErrorKind::ConnectTimeout => Self::Unavailable,
            ErrorKind::BadAnswer | ErrorKind::Busy => Self::Unavailable,
            ErrorKind::ResponseTimeout => Self::DeadlineExceeded,
            ErrorKind::CallerBroke | ErrorKind::CallerTimeout => Self::Cancelled,
            ErrorKind::BadRequest => Self::Internal,
            ErrorKind::TooManyHeaders | ErrorKind::UriTooLong | ErrorKind::BodyTooLong => Self::ResourceExhausted,
        }
    }
}

/// How a call ends that no instance has ended: in its head, if it has no other one, or behind what has come of it.
pub(crate) fn end(status: Status, message: &str) -> HeaderMap {
    let mut end = HeaderMap::with_capacity(2);
    end.insert(STATUS, HeaderValue::from(status as u16));
    // Escaped: always valid.
    if let Ok(message) = HeaderValue::from_str(&escaped(message)) {
        end.insert(MESSAGE, message);
    }
    end
}

/// The head of an answer that is nothing but such an end.
pub(crate) fn head_of_end(status: Status, message: &str) -> HeaderMap {
    let mut head = end(status, message);
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    head
}

fn is_grpc(media_type: &[u8]) -> bool {
    let Some((name, rest)) = media_type.split_at_checked(MEDIA_TYPE.len()) else { return false };
    name.eq_ignore_ascii_case(MEDIA_TYPE) && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
}

/// `None`: this is none, and holds for nothing, as if it were not there.
fn timeout(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    let is_number = (1..=TIMEOUT_DIGITS_MAX).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let count: u64 = std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()?;
    match unit {
        b'H' => Some(Duration::from_secs(count * 3_600)),
        b'M' => Some(Duration::from_secs(count * 60)),
        b'S' => Some(Duration::from_secs(count)),
        b'm' => Some(Duration::from_millis(count)),
        b'u' => Some(Duration::from_micros(count)),
        b'n' => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

/// As `grpc-message` is written: visible ASCII and spaces, all else and `%` by its bytes.
fn escaped(message: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => escaped.push(char::from(byte)),
            // Writing to a string does not fail.
            _ => drop(write!(escaped, "%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        let calls = ["application/grpc", "application/grpc+proto", "Application/gRPC;x=1"];
        let others = ["application/grpc-web", "application/json", "application/grp", "", "application/grpcx"];
        assert!(calls.iter().all(|text| is_grpc(text.as_bytes())));
        assert!(!others.iter().any(|text| is_grpc(text.as_bytes())));
    }

    #[test]
    fn timeouts() {
        let table = [
            ("1S", Some(Duration::from_secs(1))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3_600))),
            ("2M", Some(Duration::from_secs(120))),
            ("250m", Some(Duration::from_millis(250))),
            ("7u", Some(Duration::from_micros(7))),
            ("7n", Some(Duration::from_nanos(7))),
            ("100000000S", None),
            ("S", None),
            ("+1S", None),
            ("1s", None),
            ("1", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(timeout(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn an_end_says_why_in_ascii() {
        let end = head_of_end(Status::Unavailable, "100 %: \u{e4}\n");
        assert_eq!(
            (&end["grpc-status"], &end["grpc-message"]),
            (&"14".parse().unwrap(), &"100 %25: %C3%A4%0A".parse().unwrap())
        );
        assert_eq!(end["content-type"], "application/grpc");
    }
}
