//! Headers behind a body, either way. `Trailer` says which to expect, and passes; `TE: trailers` says that somebody waits for
//! them, and is said again to the next hop.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::body::Frame;

use crate::headers;
use crate::request_id::X_REQUEST_ID;

/// What a trailer must not change, since the message was framed, routed and authorised before it came.
const FORBIDDEN: [HeaderName; 18] = [
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::CONTENT_TYPE,
    header::COOKIE,
    header::EXPECT,
    header::HOST,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHORIZATION,
    header::SET_COOKIE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    X_REQUEST_ID,
];

/// Whether the sender of a head takes trailers.
pub(crate) fn are_taken(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::TE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| coding.trim().eq_ignore_ascii_case("trailers"))
}

/// Says so to the next hop, for this hop alone.
pub(crate) fn set_taken(headers: &mut HeaderMap) {
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("te"));
}

/// A part of a body as it passes.
pub(crate) fn pass(frame: Frame<Bytes>) -> Frame<Bytes> {
    match frame.into_trailers() {
        Ok(mut trailers) => {
            for name in &FORBIDDEN {
                trailers.remove(name);
            }
            remove_those_of_the_way(&mut trailers);
            Frame::trailers(trailers)
        }
        Err(other) => other,
    }
}

/// Where a request came from is not for its end to say: a server that merges trailers into headers would believe it.
fn remove_those_of_the_way(trailers: &mut HeaderMap) {
    let named: Vec<HeaderName> =
        trailers.keys().filter(|name| headers::is_of_the_way(name.as_str())).cloned().collect();
    for name in &named {
        trailers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_trailers_says_so_in_a_list() {
        for (value, expected) in [("trailers", true), ("gzip;q=0.5, Trailers", true), ("gzip", false), ("", false)] {
            let headers = HeaderMap::from_iter([(header::TE, HeaderValue::from_static(value))]);
            assert_eq!(are_taken(&headers), expected, "{value}");
        }
        assert!(!are_taken(&HeaderMap::new()));
    }

    #[test]
    fn a_trailer_changes_nothing_of_the_message() {
        let mut trailers = HeaderMap::new();
        for name in [
            "grpc-status",
            "content-length",
            "transfer-encoding",
            "x-sum",
            "host",
            "cookie",
            "forwarded",
            "x-forwarded-for",
            "x-real-ip",
            "x-request-id",
        ] {
            trailers.insert(HeaderName::from_static(name), HeaderValue::from_static("0"));
        }
        let passed = pass(Frame::trailers(trailers)).into_trailers().unwrap();
        assert_eq!(passed.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["grpc-status", "x-sum"]);
        let data = pass(Frame::data(Bytes::from_static(b"x")));
        assert_eq!(data.into_data().unwrap(), "x");
    }
}
