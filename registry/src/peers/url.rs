//! The URL of a registry, as a user writes it.

use std::fmt;
use std::net::IpAddr;

/// `http(s)://host:port/path/`, always with a slash at its end. It may hold credentials: Debug does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PeerUrl {
    text: String,
    host: String,
    port: u16,
}

impl PeerUrl {
    /// `None` when it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let default_port = match scheme.to_ascii_lowercase().as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let is_written_right = text.chars().all(|c| c.is_ascii_graphic() && !"<>\"{}|\\^`,?#".contains(c));
        let authority = rest.split('/').next()?;
        let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
        let (host, port) = match place.strip_prefix('[') {
            Some(v6) => {
                let (host, after) = v6.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                (host, after.strip_prefix(':').or_else(|| after.is_empty().then_some(""))?)
            }
            None => place.split_once(':').unwrap_or((place, "")),
        };
        let is_name = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let is_host = !host.is_empty() && (place.starts_with('[') || is_name(host));
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = if port.is_empty() && !place.ends_with(':') { default_port } else { port.parse().ok()? };
        if !is_written_right || !is_host || !is_port {
            return None;
        }
        let slash = if text.ends_with('/') { "" } else { "/" };
        Some(Self { text: format!("{text}{slash}"), host: host.to_ascii_lowercase(), port })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// Whether a host names this machine for itself only.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Debug for PeerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_a_scheme_a_host_and_a_slash() {
        for (text, host, port, shown) in [
            ("http://peer1:8761/eureka/", "peer1", 8761, "http://peer1:8761/eureka/"),
            ("https://Peer_1.x/eureka", "peer_1.x", 443, "https://Peer_1.x/eureka/"),
            ("http://me:secret@peer1", "peer1", 80, "http://***@peer1/"),
            ("http://[::1]:8761/eureka/", "::1", 8761, "http://[::1]:8761/eureka/"),
        ] {
            let url = PeerUrl::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((url.host(), url.port(), url.to_string().as_str()), (host, port, shown));
            assert!(!format!("{url:?}").contains("secret"));
        }
        for wrong in [
            "peer1:8761/eureka/",
            "ftp://peer1/",
            "http://",
            "http:///eureka",
            "http://peer1:70000/",
            "http://peer1:/",
            "http://pe er/",
            "http://peer1:x/",
            "http://[::1/",
            "http://[peer]/",
            "http://peer1?x",
            "http://${host}/",
            "http://[::1]x/",
        ] {
            assert!(PeerUrl::parse(wrong).is_none(), "{wrong}");
        }
    }
}
