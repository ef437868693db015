//! Which headers pass, and which the gateway sets itself.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::caller::Scheme;
use crate::upgrade::Protocols;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// They speak of one connection, not of the message.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What a caller says of the way before us is not to be believed until there is a list of trusted proxies.
const UNTRUSTED: [HeaderName; 8] = [
    header::FORWARDED,
    X_FORWARDED_FOR,
    X_FORWARDED_PROTO,
    X_FORWARDED_HOST,
    X_FORWARDED_PREFIX,
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-ssl"),
    HeaderName::from_static("x-real-ip"),
];

/// Takes out what must not cross the gateway, either way: the hop-by-hop headers and those that `Connection` names.
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        // The length of a body is not the caller's to take away: it would change where the message ends.
        .filter(|name| *name != header::CONTENT_LENGTH && *name != header::HOST)
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Says, either way, that this message changes the connection's protocol. The one reason for which hop-by-hop headers pass.
pub(crate) fn set_upgrade(headers: &mut HeaderMap, protocols: &Protocols) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, protocols.value());
}

/// What the gateway adds to a request.
pub(crate) struct Forwarded<'a> {
    /// The caller's address.
    pub(crate) peer: IpAddr,
    /// What the caller's connection is.
    pub(crate) scheme: Scheme,
    /// What was stripped from the path.
    pub(crate) prefix: &'a str,
    /// What the caller would rather speak.
    pub(crate) upgrade: Option<&'a Protocols>,
}

/// Makes a caller's headers those of a request to an instance; its `Host` is set for each try, by [`set_host`].
pub(crate) fn prepare_request(headers: &mut HeaderMap, forwarded: &Forwarded<'_>) {
    // With both, the chunks decide where the body ends; passing the length on would let an instance think otherwise.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    strip_hop_by_hop(headers);
    for name in &UNTRUSTED {
        headers.remove(name);
    }
    // Ours is the answer to "may I send the body": reading it sends 100 Continue to the caller.
    headers.remove(header::EXPECT);
    let host = headers.remove(header::HOST);
    headers.insert(X_FORWARDED_PROTO, forwarded.scheme.value());
    let texts = [(X_FORWARDED_FOR, forwarded.peer.to_string()), (X_FORWARDED_PREFIX, forwarded.prefix.to_owned())];
    for (name, text) in texts {
        // An address, or a part of a valid path: always valid.
        if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(text)) {
            headers.insert(name, value);
        }
    }
    if let Some(host) = host {
        headers.insert(X_FORWARDED_HOST, host);
    }
    if let Some(protocols) = forwarded.upgrade {
        set_upgrade(headers, protocols);
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
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn hop_by_hop_headers_and_those_that_connection_names_are_taken_out() {
        let mut given = headers(&[
            ("connection", "close, x-mine, content-length, Host"),
            ("x-mine", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("trailer", "x-sum"),
            ("upgrade", "websocket"),
            ("proxy-authorization", "Basic x"),
            ("transfer-encoding", "chunked"),
            ("content-length", "5"),
            ("host", "h"),
            ("x-other", "2"),
        ]);
        strip_hop_by_hop(&mut given);
        assert_eq!(given, headers(&[("content-length", "5"), ("host", "h"), ("x-other", "2")]));
    }

    #[test]
    fn a_request_says_where_it_came_from_and_believes_no_caller() {
        let mut given = headers(&[
            ("host", "shop.example:8080"),
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-for", "7.7.7.7"),
            ("connection", "x-forwarded-for, close"),
            ("forwarded", "for=6.6.6.6"),
            ("x-real-ip", "6.6.6.6"),
            ("expect", "100-continue"),
            ("accept", "*/*"),
        ]);
        let peer = IpAddr::from([127, 0, 0, 9]);
        let forwarded = Forwarded { peer, scheme: Scheme::Https, prefix: "/java-service", upgrade: None };
        prepare_request(&mut given, &forwarded);
        set_host(&mut given, Bytes::from_static(b"127.0.0.2:80"));
        let expected = headers(&[
            ("host", "127.0.0.2:80"),
            ("accept", "*/*"),
            ("x-forwarded-for", "127.0.0.9"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "shop.example:8080"),
            ("x-forwarded-prefix", "/java-service"),
        ]);
        assert_eq!(given, expected);
    }

    #[test]
    fn a_length_beside_chunks_does_not_pass() {
        let mut given = headers(&[("transfer-encoding", "chunked"), ("content-length", "5")]);
        let peer = IpAddr::from([127, 0, 0, 9]);
        prepare_request(&mut given, &Forwarded { peer, scheme: Scheme::Http, prefix: "/a", upgrade: None });
        assert!(!given.contains_key(header::CONTENT_LENGTH));
        assert!(!given.contains_key(header::TRANSFER_ENCODING));
    }
}
