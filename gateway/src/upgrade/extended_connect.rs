//! A stream of HTTP/2 that leaves HTTP (RFC 8441, extended CONNECT), as a browser's WebSocket over HTTP/2 does. Instances are asked
//! as callers of HTTP/1.1 ask: with a `GET` and an upgrade, whose key is the gateway's own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::{self, HeaderValue};
use http::request::Parts;
use sha1::{Digest as _, Sha1};

use super::Protocols;

/// The one protocol that is passed on: what another one's `GET` would be is written nowhere.
const WEBSOCKET: &str = "websocket";

/// What follows a key before it is hashed (RFC 6455).
const AFTER_KEY: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What such a request asks for, its `:protocol`; among the extensions of its head.
#[derive(Clone, Debug)]
pub(crate) struct Asked(pub(crate) String);

impl Asked {
    /// `None`: it is another request.
    pub(crate) fn of(head: &Parts) -> Option<&Self> {
        head.extensions.get()
    }

    /// Whether that can be passed on.
    pub(crate) fn is_known(&self) -> bool {
        self.0.eq_ignore_ascii_case(WEBSOCKET)
    }
}

/// Makes of such a request what HTTP/1.1 asks for a WebSocket with; `None`: it is another request. It is routed, too, as that
/// one would be.
pub(crate) fn as_upgrade(head: &mut Parts) -> Option<Protocols> {
    Asked::of(head).filter(|asked| asked.is_known())?;
    head.extensions.remove::<Asked>();
    head.method = Method::GET;
    // One of the caller's says nothing: over HTTP/2 there is none.
    let (key, accept) = handshake(fastrand::u128(..).to_be_bytes());
    head.headers.insert(header::SEC_WEBSOCKET_KEY, key);
    Some(Protocols::over_http2(HeaderValue::from_static(WEBSOCKET), accept))
}

/// A key, and what an instance that has understood answers to it.
fn handshake(random: [u8; 16]) -> (HeaderValue, HeaderValue) {
    // Base64: always valid.
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    let key = STANDARD.encode(random);
    let accept = STANDARD.encode(Sha1::new().chain_update(&key).chain_update(AFTER_KEY).finalize());
    (value(&key), value(&accept))
}

#[cfg(test)]
mod tests {
    use http::{Request, Version};

    use super::*;

    #[test]
    fn the_answer_to_a_key_is_rfc_6455s() {
        let (key, accept) = handshake(*b"the sample nonce");
        assert_eq!(
            (key, accept),
            (
                HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="),
                HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            )
        );
    }

    #[test]
    fn a_web_socket_becomes_an_upgrade_and_nothing_else_does() {
        for (asked, is_one) in
            [(Some("websocket"), true), (Some("WebSocket"), true), (Some("connect-udp"), false), (None, false)]
        {
            let request = Request::builder().method("CONNECT").version(Version::HTTP_2).uri("https://a/b?c=d");
            let mut head = request.header("sec-websocket-key", "mine").body(()).unwrap().into_parts().0;
            if let Some(asked) = asked {
                head.extensions.insert(Asked(asked.to_owned()));
            }
            let upgrade = as_upgrade(&mut head);
            assert_eq!(upgrade.is_some(), is_one, "{asked:?}");
            assert_eq!(
                (head.method == "GET", head.headers["sec-websocket-key"] != "mine"),
                (is_one, is_one),
                "{asked:?}"
            );
        }
    }
}
