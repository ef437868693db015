//! Headers that speak of one connection, not of the message.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::names;
use crate::upgrade::Protocols;

/// They never cross the gateway, either way.
fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "http2-settings"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// Takes out what must not cross the gateway, either way: the hop-by-hop headers and those that `Connection` names.
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    // Most messages name nothing, or only what goes anyway.
    if headers.contains_key(header::CONNECTION) {
        for name in named(headers) {
            headers.remove(name);
        }
    }
    remove_if(headers, is_hop_by_hop);
}

/// Takes out what is of such a name. A message has few headers and mostly none of these: going through them once is less than
/// looking each name up.
pub(super) fn remove_if(headers: &mut HeaderMap, is_one: fn(&str) -> bool) {
    while let Some(name) = headers.keys().find(|name| is_one(name.as_str())).cloned() {
        headers.remove(name);
    }
}

/// What `Connection` names, but for what is not the peer's to take away: the length of a body, without which the message
/// would end elsewhere; and whom it is for and from, which a caller could otherwise have a trusted proxy forget.
fn named(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|name| !name.eq_ignore_ascii_case("keep-alive") && !name.eq_ignore_ascii_case("close"))
        .filter_map(|name| name.parse::<HeaderName>().ok())
        .filter(|name| *name != header::CONTENT_LENGTH && *name != header::HOST && !names::is_of_the_way(name.as_str()))
        .collect()
}

/// Says, either way, that this message changes the connection's protocol. The one reason for which hop-by-hop headers pass.
pub(crate) fn set_upgrade(headers: &mut HeaderMap, protocols: &Protocols) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, protocols.value());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::headers;

    #[test]
    fn hop_by_hop_headers_and_those_that_connection_names_are_taken_out() {
        let mut given = headers(&[
            ("connection", "close, x-mine, content-length, Host, X-Forwarded-For, forwarded"),
            ("connection", "X-Second"),
            ("x-mine", "1"),
            ("x-second", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("trailer", "x-sum"),
            ("upgrade", "websocket"),
            ("http2-settings", "AAMAAABk"),
            ("proxy-authorization", "Basic x"),
            ("transfer-encoding", "chunked"),
            ("content-length", "5"),
            ("host", "h"),
            ("x-forwarded-for", "10.0.0.1"),
            ("forwarded", "for=10.0.0.1"),
            ("x-other", "2"),
        ]);
        strip_hop_by_hop(&mut given);
        let expected = [
            ("trailer", "x-sum"),
            ("content-length", "5"),
            ("host", "h"),
            ("x-forwarded-for", "10.0.0.1"),
            ("forwarded", "for=10.0.0.1"),
            ("x-other", "2"),
        ];
        assert_eq!(given, headers(&expected));
    }
}
