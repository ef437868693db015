//! Which headers pass, and which the gateway sets itself.
//!
//! | module | what |
//! |---|---|
//! | `hop_by_hop` | what speaks of one connection, and never passes |
//! | `way` | `Forwarded` and `X-Forwarded-*`: where a request came from |
//! | `length` | where a request's body ends, said in one way only |
//! | `host` | which `Host` is one |
//! | `http2` | a request's head for an instance of HTTP/2 |
//! | `names` | names |

mod hop_by_hop;
pub(crate) mod host;
mod http2;
mod length;
mod names;
mod way;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use hyper::body::SizeHint;

use crate::trailers;
use crate::upgrade::Protocols;
pub(crate) use hop_by_hop::{set_upgrade, strip_hop_by_hop};
pub(crate) use http2::http2_head;
pub(crate) use names::is_of_the_way;
pub(crate) use way::Way;

/// Headers that a request gets here at most: of the way, `Host`, `X-Request-Id`, and one of how its body ends.
const ADDED: usize = 9;

/// What a request's headers depend on, but for themselves.
pub(crate) struct Passing<'a> {
    /// How it came here.
    pub(crate) way: &'a Way,
    /// Whom it is for, as its target says; `None`: its `Host` does.
    pub(crate) authority: Option<HeaderValue>,
    /// What was stripped from the path.
    pub(crate) prefix: &'a str,
    /// What the caller would rather speak.
    pub(crate) upgrade: Option<&'a Protocols>,
    /// Of its body.
    pub(crate) size: SizeHint,
}

/// Makes a caller's headers those of a request to an instance; its `Host` is set for each try, by [`set_host`].
pub(crate) fn prepare_request(headers: &mut HeaderMap, passing: Passing<'_>) {
    let takes_trailers = trailers::are_taken(headers);
    strip_hop_by_hop(headers);
    // At once: one by one they would have the map grow twice.
    headers.reserve(ADDED);
    // Ours is the answer to "may I send the body": reading it sends 100 Continue to the caller.
    headers.remove(header::EXPECT);
    let host = headers.remove(header::HOST).or(passing.authority);
    passing.way.tell(headers, host, passing.prefix);
    length::set(headers, &passing.size);
    match passing.upgrade {
        Some(protocols) => set_upgrade(headers, protocols),
        None if takes_trailers => trailers::set_taken(headers),
        None => {}
    }
}

/// Addresses a request to one instance.
pub(crate) fn set_host(headers: &mut HeaderMap, authority: Bytes) {
    // An address and port: always valid.
    if let Ok(value) = HeaderValue::from_maybe_shared(authority) {
        headers.insert(header::HOST, value);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::net::IpAddr;

    use http::header::HeaderName;

    use super::*;
    use crate::caller::Scheme;

    pub(crate) fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        pairs.collect()
    }

    fn passed(given: &[(&'static str, &'static str)], size: SizeHint) -> HeaderMap {
        let mut given = headers(given);
        let way = Way::new(IpAddr::from([127, 0, 0, 9]), Scheme::Http, false);
        let passing = Passing { way: &way, authority: None, prefix: "/a", upgrade: None, size };
        prepare_request(&mut given, passing);
        given
    }

    #[test]
    fn a_request_is_addressed_to_its_instance_and_does_not_ask_for_leave_to_send() {
        let mut given = passed(&[("host", "shop.example"), ("expect", "100-continue")], SizeHint::with_exact(0));
        set_host(&mut given, Bytes::from_static(b"127.0.0.2:80"));
        assert_eq!(
            (&given[header::HOST], given.get(header::EXPECT)),
            (&HeaderValue::from_static("127.0.0.2:80"), None)
        );
    }

    #[test]
    fn who_takes_trailers_is_said_to_take_them_and_nothing_else() {
        let given = passed(&[("te", "gzip, trailers"), ("connection", "te, x")], SizeHint::with_exact(0));
        assert_eq!(
            (given[header::TE].as_bytes(), given[header::CONNECTION].as_bytes()),
            (&b"trailers"[..], &b"te"[..])
        );
        let given = passed(&[("te", "gzip")], SizeHint::with_exact(0));
        assert_eq!((given.get(header::TE), given.get(header::CONNECTION)), (None, None));
    }

    #[test]
    fn chunks_of_the_caller_are_chunks_of_ours() {
        let given = passed(&[("transfer-encoding", "Chunked"), ("connection", "transfer-encoding")], SizeHint::new());
        assert_eq!(given[header::TRANSFER_ENCODING], "chunked");
    }
}
