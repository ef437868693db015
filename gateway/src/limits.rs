//! How much of what a caller may send, and how slowly. Each limit has a property of its own, below `eurus.gateway`, and a
//! default that no honest caller meets.

use std::net::IpAddr;
use std::time::Duration;

use ipnetwork::IpNetwork;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `uri-bytes-max`: bytes of a request's target. Beyond: 414.
    pub uri_bytes_max: usize,
    /// `header-bytes-max`: bytes of a message's head, both ways. Beyond: 431 to a caller, 502 for an instance.
    pub header_bytes_max: usize,
    /// `headers-max`: headers of a message, both ways. Beyond: the same.
    pub headers_max: usize,
    /// `body-bytes-max`: bytes of a request's body. Beyond: 413. 0: none.
    pub body_bytes_max: u64,
    /// `body-read-timeout-ms`: how long a caller may pause in its body, milliseconds. Beyond: 408.
    pub body_read_timeout_ms: u64,
    /// `body-rate-min`: bytes per second at which a body must come at least, on the average, once `body-read-timeout-ms` is
    /// over; time in which the instance takes none does not count. Below: 408. 0: none.
    pub body_rate_min: u64,
    /// `connections-per-ip-max`: connections from one address (of IPv6: one /64 network), of all threads. Beyond: closed as
    /// they come. 0: none.
    pub connections_per_ip_max: u32,
    /// `requests-per-instance-max`: requests under way at one instance, upgraded connections not counted. Beyond: another
    /// instance, or 503. 0: none.
    pub requests_per_instance_max: u64,
    /// `replay-bytes-max`: of a request's body, what is kept until its answer begins, to send it to another instance. One that
    /// is longer is not tried again.
    pub replay_bytes_max: usize,
    /// `trusted-proxies`: networks of proxies whose `Forwarded` and `X-Forwarded-*` are continued, and that may open as many
    /// connections as they like.
    pub trusted_proxies: Vec<IpNetwork>,
}

/// So many headers hyper reads on its stack, and so do we; when it is told another number, four times for each request elsewhere.
pub(crate) const HEADERS_ON_STACK: usize = 100;

impl Default for Limits {
    fn default() -> Self {
        Self {
            uri_bytes_max: 16 * 1024,
            header_bytes_max: 64 * 1024,
            // Also what hyper has room for without asking the allocator.
            headers_max: HEADERS_ON_STACK,
            body_bytes_max: 0,
            body_read_timeout_ms: 30_000,
            body_rate_min: 240,
            connections_per_ip_max: 0,
            requests_per_instance_max: 10_000,
            replay_bytes_max: 64 * 1024,
            trusted_proxies: Vec::new(),
        }
    }
}

impl Limits {
    /// What hyper has to be told of `headers_max`.
    pub(crate) fn headers_max_of_hyper(&self) -> Option<usize> {
        (self.headers_max != HEADERS_ON_STACK).then_some(self.headers_max)
    }

    /// Whether what this address says of others is believed.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(peer))
    }

    /// How long a caller may have been waited for in all, once so many bytes of its body have come.
    pub(crate) fn body_wait_max(&self, bytes: u64) -> Option<Duration> {
        let earned_ms = bytes.saturating_mul(1_000).checked_div(self.body_rate_min)?;
        Some(Duration::from_millis(self.body_read_timeout_ms.saturating_add(earned_ms)))
    }

    /// How long one pause may be.
    pub(crate) fn body_pause_max(&self) -> Duration {
        Duration::from_millis(self.body_read_timeout_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trusted_networks() {
        let networks = ["10.1.0.0/16", "2001:db8::/32", "127.0.0.1"];
        let limits =
            Limits { trusted_proxies: networks.map(|text| text.parse().unwrap()).to_vec(), ..Limits::default() };
        let table = [
            ("10.1.2.3", true),
            ("10.2.2.3", false),
            ("::ffff:10.1.2.3", true),
            ("::ffff:10.2.2.3", false),
            ("2001:db8:1::1", true),
            ("2001:db9::1", false),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
        ];
        for (peer, is_trusted) in table {
            assert_eq!(limits.trusts(peer.parse().unwrap()), is_trusted, "{peer}");
        }
        assert!(!Limits::default().trusts(IpAddr::from([127, 0, 0, 1])));
    }

    #[test]
    fn what_has_come_earns_time() {
        let limits = Limits { body_read_timeout_ms: 1_000, body_rate_min: 100, ..Limits::default() };
        assert_eq!(limits.body_wait_max(0), Some(Duration::from_secs(1)));
        assert_eq!(limits.body_wait_max(250), Some(Duration::from_millis(3_500)));
        assert!(limits.body_wait_max(u64::MAX).is_some());
        assert_eq!(Limits { body_rate_min: 0, ..limits }.body_wait_max(250), None);
    }
}
