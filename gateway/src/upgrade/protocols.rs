//! The protocols that a caller would rather speak.

use std::fmt;

use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, Version};

/// Not passed on: over a tunnel of HTTP a caller would begin requests at an instance that no route, no header rule and no
/// downline sees; TLS inside of it is nobody's to offer.
const NEVER: [&str; 3] = ["h2c", "http", "tls"];

/// What a request asks for, as an `Upgrade` header lists it. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Protocols {
    list: HeaderValue,
    /// What a WebSocket's instance answers to the gateway's key; `None`: the caller has asked itself, and looks itself.
    accept: Option<HeaderValue>,
}

impl Protocols {
    /// What a request asks for; `None`: nothing that can be passed on, and the request is an ordinary one. HTTP allows to
    /// ignore an upgrade, and so does this gateway with one that has a body: where it ends must not be in doubt.
    pub(crate) fn wanted(head: &Parts, has_body: bool) -> Option<Self> {
        let may_upgrade = head.version == Version::HTTP_11 && head.method != Method::CONNECT && !has_body;
        if !may_upgrade
            || !tokens(&head.headers, &header::CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade"))
        {
            return None;
        }
        let passed: Vec<&str> = tokens(&head.headers, &header::UPGRADE).filter(|token| may_pass(token)).collect();
        // Parts of a header's value, joined as one is: always valid.
        (!passed.is_empty()).then(|| HeaderValue::from_str(&passed.join(", ")).ok().map(Self::over_http1)).flatten()
    }

    fn over_http1(list: HeaderValue) -> Self {
        Self { list, accept: None }
    }

    /// What a stream of HTTP/2 asks for, and what its instance answers to the key that the gateway has made for it.
    pub(super) fn over_http2(list: HeaderValue, accept: HeaderValue) -> Self {
        Self { list, accept: Some(accept) }
    }

    /// Whether a stream of HTTP/2 asks for it, which any answer 2xx would open.
    pub(crate) fn is_over_http2(&self) -> bool {
        self.accept.is_some()
    }

    /// As a header says it.
    pub(crate) fn value(&self) -> HeaderValue {
        self.list.clone()
    }

    /// What an instance that answers 101 has switched to; or why that is no answer to what it was asked.
    pub(crate) fn agreed(&self, answer: &HeaderMap) -> Result<Self, String> {
        let asked = self.list.to_str().unwrap_or_default();
        let agreed: Vec<&str> = tokens(answer, &header::UPGRADE).collect();
        if agreed.is_empty() {
            return Err(format!("it switched protocols and did not say to which; asked for was {asked}"));
        }
        let was_asked = |protocol: &&str| asked.split(',').any(|one| one.trim().eq_ignore_ascii_case(protocol));
        if let Some(other) = agreed.iter().find(|protocol| !was_asked(protocol)) {
            return Err(format!("it switched to {}; asked for was {asked}", other.escape_debug()));
        }
        if let Some(accept) = &self.accept
            && !answer.get_all(header::SEC_WEBSOCKET_ACCEPT).iter().eq([accept])
        {
            return Err(
                "it switched to websocket, and its Sec-WebSocket-Accept is none to the key of the request".to_owned()
            );
        }
        let list = HeaderValue::from_str(&agreed.join(", ")).map_err(|error| error.to_string())?;
        Ok(Self { list, accept: self.accept.clone() })
    }
}

/// From a caller or an instance: made harmless for logs.
impl fmt::Display for Protocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.list.to_str().unwrap_or_default().escape_debug())
    }
}

/// The parts of a header that is a list, over all its lines.
fn tokens<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
}

/// A protocol may carry a version: `name/version`.
fn may_pass(token: &str) -> bool {
    let name = token.split('/').next().unwrap_or_default();
    !NEVER.iter().any(|never| name.eq_ignore_ascii_case(never))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn head(method: &str, version: Version, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).version(version).uri("/a/b");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn what_is_an_upgrade() {
        type Headers = &'static [(&'static str, &'static str)];
        let table: [(&str, Version, Headers, Option<&str>); 17] = [
            ("GET", Version::HTTP_11, &[("connection", "Upgrade"), ("upgrade", "websocket")], Some("websocket")),
            (
                "GET",
                Version::HTTP_11,
                &[("connection", "keep-alive, UPGRADE"), ("upgrade", "WebSocket")],
                Some("WebSocket"),
            ),
            (
                "GET",
                Version::HTTP_11,
                &[("connection", "a"), ("connection", "upgrade"), ("upgrade", "x/1.0")],
                Some("x/1.0"),
            ),
            ("POST", Version::HTTP_11, &[("connection", "upgrade"), ("upgrade", "irc/6.9, x")], Some("irc/6.9, x")),
            ("GET", Version::HTTP_11, &[("connection", "upgrade"), ("upgrade", "a"), ("upgrade", "b")], Some("a, b")),
            ("GET", Version::HTTP_11, &[("connection", "upgrade"), ("upgrade", "h2c, websocket")], Some("websocket")),
            ("GET", Version::HTTP_11, &[("connection", "upgrade"), ("upgrade", ",, websocket ,")], Some("websocket")),
            ("GET", Version::HTTP_11, &[("connection", "upgrade, http2-settings"), ("upgrade", "h2c")], None),
            ("GET", Version::HTTP_11, &[("connection", "upgrade"), ("upgrade", "HTTP/2.0, TLS/1.3, H2C")], None),
            ("GET", Version::HTTP_11, &[("connection", "upgrade")], None),
            ("GET", Version::HTTP_11, &[("connection", "upgrade"), ("upgrade", "")], None),
            ("GET", Version::HTTP_11, &[("upgrade", "websocket")], None),
            ("GET", Version::HTTP_11, &[("connection", "close"), ("upgrade", "websocket")], None),
            ("GET", Version::HTTP_11, &[("connection", "upgrades"), ("upgrade", "websocket")], None),
            ("GET", Version::HTTP_10, &[("connection", "upgrade"), ("upgrade", "websocket")], None),
            ("GET", Version::HTTP_2, &[("connection", "upgrade"), ("upgrade", "websocket")], None),
            ("CONNECT", Version::HTTP_11, &[("connection", "upgrade"), ("upgrade", "websocket")], None),
        ];
        for (method, version, headers, expected) in table {
            let head = head(method, version, headers);
            let wanted = Protocols::wanted(&head, false);
            assert_eq!(wanted.as_ref().map(|wanted| wanted.list.to_str().unwrap()), expected, "{method} {headers:?}");
            assert_eq!(Protocols::wanted(&head, true), None);
        }
    }

    #[test]
    fn only_what_was_asked_for_is_agreed() {
        let asked = Protocols::over_http1(HeaderValue::from_static("websocket, irc/6.9"));
        let agreed = |values: &[&'static str]| {
            let pairs = values.iter().map(|value| (header::UPGRADE, HeaderValue::from_static(value)));
            asked.agreed(&pairs.collect()).map(|agreed| agreed.list.to_str().unwrap().to_owned())
        };
        assert_eq!(agreed(&["WebSocket"]), Ok("WebSocket".to_owned()));
        assert_eq!(agreed(&["irc/6.9"]), Ok("irc/6.9".to_owned()));
        assert!(agreed(&[]).unwrap_err().contains("did not say to which"));
        assert!(agreed(&["h2c"]).unwrap_err().contains("switched to h2c; asked for was websocket, irc/6.9"));
        assert!(agreed(&["websocket", "h2c"]).is_err());
        assert!(agreed(&["irc"]).is_err());
    }

    #[test]
    fn over_http2_the_key_of_the_gateway_must_have_been_understood() {
        let [list, accept] = ["websocket", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="].map(HeaderValue::from_static);
        let asked = Protocols::over_http2(list, accept);
        for (accepts, is_agreed) in [
            (&["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="][..], true),
            (&[], false),
            (&["S3pPLMBiTxaQ9kYGzzhZRbK+xOo="], false),
            (&["s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="], false),
        ] {
            let mut answer = HeaderMap::from_iter([(header::UPGRADE, HeaderValue::from_static("WebSocket"))]);
            for accept in accepts {
                answer.append(header::SEC_WEBSOCKET_ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(asked.agreed(&answer).is_ok_and(|agreed| agreed.is_over_http2()), is_agreed, "{accepts:?}");
        }
    }
}
