//! `Forwarded` and `X-Forwarded-*`: where a request came from and how. Made anew for a caller of whom nothing is known, and
//! continued for a trusted proxy.

use std::cell::RefCell;
use std::net::IpAddr;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::hop_by_hop::remove_if;
use super::{host, names};
use crate::caller::Scheme;

const NOTHING: HeaderValue = HeaderValue::from_static("");

/// The way of one connection's requests. What does not change between them is made once.
pub(crate) struct Way {
    is_trusted: bool,
    scheme: Scheme,
    /// The peer, as `X-Forwarded-For` has it, and as `Forwarded` does.
    peer: HeaderValue,
    node: String,
    /// Of the request before: the next one is mostly for the same host.
    last: RefCell<Option<OfHost>>,
    last_prefix: RefCell<HeaderValue>,
}

/// What is said of requests for one host.
struct OfHost {
    host: Option<HeaderValue>,
    port: HeaderValue,
    forwarded: HeaderValue,
}

impl Way {
    /// Of a connection from there. An IPv4 address mapped into IPv6 is shown as what it is.
    pub(crate) fn new(peer: IpAddr, scheme: Scheme, is_trusted: bool) -> Self {
        let peer = peer.to_canonical();
        let node = match peer {
            IpAddr::V4(ip) => format!("for={ip}"),
            IpAddr::V6(ip) => format!("for=\"[{ip}]\""),
        };
        Self {
            is_trusted,
            scheme,
            peer: value(peer.to_string()),
            node,
            last: RefCell::default(),
            last_prefix: RefCell::new(NOTHING),
        }
    }

    /// Tells an instance of it.
    pub(super) fn tell(&self, headers: &mut HeaderMap, host: Option<HeaderValue>, prefix: &str) {
        remove_if(headers, names::is_in_disguise);
        if self.is_trusted {
            return self.go_on(headers, host, prefix);
        }
        remove_if(headers, names::is_of_the_way);
        if !prefix.is_empty() {
            headers.insert(names::X_FORWARDED_PREFIX, self.prefix(prefix));
        }
        let (port, forwarded) = self.of_host(host.as_ref());
        headers.insert(header::FORWARDED, forwarded);
        self.tell_x(headers, host, port);
    }

    fn tell_x(&self, headers: &mut HeaderMap, host: Option<HeaderValue>, port: HeaderValue) {
        headers.insert(names::X_FORWARDED_FOR, self.peer.clone());
        headers.insert(names::X_FORWARDED_PROTO, HeaderValue::from_static(self.scheme.name()));
        headers.insert(names::X_FORWARDED_PORT, port);
        if let Some(host) = host {
            headers.insert(names::X_FORWARDED_HOST, host);
        }
    }

    /// Continues what a trusted proxy says. It says it in one of two ways; the other is not made up, because it would say
    /// less, and there are frameworks that would believe it first.
    fn go_on(&self, headers: &mut HeaderMap, host: Option<HeaderValue>, prefix: &str) {
        if !prefix.is_empty() {
            append(headers, &names::X_FORWARDED_PREFIX, ",", prefix);
        }
        let has_forwarded = headers.contains_key(header::FORWARDED);
        let has_x = [names::X_FORWARDED_FOR, names::X_FORWARDED_PROTO, names::X_FORWARDED_HOST]
            .iter()
            .any(|name| headers.contains_key(name));
        let (port, forwarded) = self.of_host(host.as_ref());
        if has_forwarded || !has_x {
            append(headers, &header::FORWARDED, ", ", text(&forwarded));
        }
        if has_x {
            self.go_on_x(headers, host);
        } else if !has_forwarded {
            self.tell_x(headers, host, port);
        }
    }

    fn go_on_x(&self, headers: &mut HeaderMap, host: Option<HeaderValue>) {
        append(headers, &names::X_FORWARDED_FOR, ", ", text(&self.peer));
        let scheme = HeaderValue::from_static(self.scheme.name());
        headers.entry(names::X_FORWARDED_PROTO).or_insert(scheme);
        if let Some(host) = host {
            headers.entry(names::X_FORWARDED_HOST).or_insert(host);
        }
        if !headers.contains_key(names::X_FORWARDED_PORT) {
            // Of the first hop, as the others are.
            let first = |name| headers.get(name).map_or("", |value| text(value).split(',').next().unwrap_or("").trim());
            let host = first(names::X_FORWARDED_HOST);
            let port = port(host, first(names::X_FORWARDED_PROTO).eq_ignore_ascii_case("https"));
            headers.insert(names::X_FORWARDED_PORT, port);
        }
    }

    fn prefix(&self, prefix: &str) -> HeaderValue {
        let mut last = self.last_prefix.borrow_mut();
        if last.as_bytes() != prefix.as_bytes() {
            *last = value(prefix);
        }
        last.clone()
    }

    fn of_host(&self, host: Option<&HeaderValue>) -> (HeaderValue, HeaderValue) {
        let mut last = self.last.borrow_mut();
        let last = match &mut *last {
            Some(last) if last.host.as_ref() == host => last,
            last => last.insert(self.made_of_host(host)),
        };
        (last.port.clone(), last.forwarded.clone())
    }

    fn made_of_host(&self, host: Option<&HeaderValue>) -> OfHost {
        let (node, scheme) = (&self.node, self.scheme.name());
        let port = port(host.map_or("", text), self.scheme == Scheme::Https);
        let forwarded = match host {
            // One host, as it was judged: nothing in it needs an escape.
            Some(host) => format!("{node};host=\"{}\";proto={scheme}", text(host)),
            None => format!("{node};proto={scheme}"),
        };
        OfHost { host: host.cloned(), port, forwarded: value(forwarded) }
    }
}

fn port(host: &str, is_https: bool) -> HeaderValue {
    match host::port_of(host) {
        Some(port) => value(port),
        None => HeaderValue::from_static(if is_https { "443" } else { "80" }),
    }
}

/// One more at the end of a list, in one line.
fn append(headers: &mut HeaderMap, name: &HeaderName, between: &str, last: &str) {
    let mut list: Vec<&str> = headers.get_all(name).iter().map(text).filter(|text| !text.is_empty()).collect();
    list.push(last);
    let list = list.join(between);
    headers.insert(name, value(list));
}

/// What is no plain text is left out: nobody could believe it.
fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}

/// Of addresses, parts of a valid path, and what was in headers: always valid.
fn value(text: impl Into<String>) -> HeaderValue {
    HeaderValue::from_maybe_shared(Bytes::from(text.into())).unwrap_or_else(|error| {
        log::error!("a header of the gateway's own is none: {error}");
        HeaderValue::from_static("")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::headers;

    type Pairs = &'static [(&'static str, &'static str)];

    fn told(way: &Way, host: Option<&'static str>, given: Pairs) -> Vec<(String, String)> {
        let mut given = headers(given);
        way.tell(&mut given, host.map(HeaderValue::from_static), "/a");
        let mut all: Vec<_> = given.iter().map(|(name, value)| (name.to_string(), text(value).to_owned())).collect();
        all.sort();
        all
    }

    fn pairs(pairs: Pairs) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_caller_of_whom_nothing_is_known_is_believed_nothing() {
        let way = Way::new("::ffff:10.0.0.9".parse().unwrap(), Scheme::Http, false);
        let lies: Pairs = &[
            ("accept", "*/*"),
            ("forwarded", "for=6.6.6.6"),
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-host", "evil"),
            ("x-forwarded-prefix", "/evil"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-port", "1"),
            ("x-forwarded-ssl", "on"),
            ("x_forwarded_for", "6.6.6.6"),
            ("x-forwarded_proto", "https"),
            ("content_length", "6"),
            ("x-real-ip", "6.6.6.6"),
        ];
        let expected: Pairs = &[
            ("accept", "*/*"),
            ("forwarded", "for=10.0.0.9;host=\"shop.example:8080\";proto=http"),
            ("x-forwarded-for", "10.0.0.9"),
            ("x-forwarded-host", "shop.example:8080"),
            ("x-forwarded-port", "8080"),
            ("x-forwarded-prefix", "/a"),
            ("x-forwarded-proto", "http"),
        ];
        // The second time from what was kept.
        for _ in 0..2 {
            assert_eq!(told(&way, Some("shop.example:8080"), lies), pairs(expected));
        }
        let other = told(&way, Some("other"), &[]);
        assert_eq!(other[0].1, "for=10.0.0.9;host=\"other\";proto=http");
        assert_eq!(told(&way, None, &[])[0].1, "for=10.0.0.9;proto=http");
    }

    #[test]
    fn an_address_of_version_6_and_tls() {
        let way = Way::new("2001:db8::1".parse().unwrap(), Scheme::Https, false);
        let expected: Pairs = &[
            ("forwarded", "for=\"[2001:db8::1]\";host=\"[::1]\";proto=https"),
            ("x-forwarded-for", "2001:db8::1"),
            ("x-forwarded-host", "[::1]"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-prefix", "/a"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(told(&way, Some("[::1]"), &[]), pairs(expected));
    }

    #[test]
    fn a_trusted_proxy_is_continued_in_its_own_way() {
        let way = Way::new(IpAddr::from([10, 0, 0, 9]), Scheme::Http, true);
        let table: [(Pairs, Pairs); 4] = [
            (
                &[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2"), ("x-forwarded-proto", "https")],
                &[
                    ("x-forwarded-for", "1.1.1.1, 2.2.2.2, 10.0.0.9"),
                    ("x-forwarded-host", "inner:81"),
                    ("x-forwarded-port", "81"),
                    ("x-forwarded-prefix", "/a"),
                    ("x-forwarded-proto", "https"),
                ],
            ),
            (
                &[
                    ("x-forwarded-host", "shop.example"),
                    ("x-forwarded-prefix", "/outer"),
                    ("x-forwarded-proto", "https"),
                    ("x-real-ip", "1.1.1.1"),
                    ("x_forwarded_host", "evil"),
                ],
                &[
                    ("x-forwarded-for", "10.0.0.9"),
                    ("x-forwarded-host", "shop.example"),
                    ("x-forwarded-port", "443"),
                    ("x-forwarded-prefix", "/outer,/a"),
                    ("x-forwarded-proto", "https"),
                    ("x-real-ip", "1.1.1.1"),
                ],
            ),
            (
                &[("forwarded", "for=1.1.1.1;proto=https")],
                &[
                    ("forwarded", "for=1.1.1.1;proto=https, for=10.0.0.9;host=\"inner:81\";proto=http"),
                    ("x-forwarded-prefix", "/a"),
                ],
            ),
            (
                &[],
                &[
                    ("forwarded", "for=10.0.0.9;host=\"inner:81\";proto=http"),
                    ("x-forwarded-for", "10.0.0.9"),
                    ("x-forwarded-host", "inner:81"),
                    ("x-forwarded-port", "81"),
                    ("x-forwarded-prefix", "/a"),
                    ("x-forwarded-proto", "http"),
                ],
            ),
        ];
        for (given, expected) in table {
            assert_eq!(told(&way, Some("inner:81"), given), pairs(expected), "{given:?}");
        }
    }
}
