//! Requests that were refused: counted, and logged once a pause for each peer and answer.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use super::guesses::GUESSES_MAX;
use crate::peer_pauses::PeerPauses;

/// Lines a pause about one peer, for each of the two answers.
const LINES_MAX: u32 = 1;

/// See the module.
pub(crate) struct Denials {
    unauthenticated: AtomicU64,
    forbidden: AtomicU64,
    throttled: AtomicU64,
    // Apart: a client without a password must not hide one whose token lacks a role, behind the same address.
    unauthenticated_lines: PeerPauses,
    forbidden_lines: PeerPauses,
    throttled_lines: PeerPauses,
}

/// Refused requests since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DenialCounts {
    pub(crate) unauthenticated: u64,
    pub(crate) forbidden: u64,
    pub(crate) throttled: u64,
}

impl Default for Denials {
    fn default() -> Self {
        Self {
            unauthenticated: AtomicU64::new(0),
            forbidden: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            unauthenticated_lines: PeerPauses::of(LINES_MAX),
            forbidden_lines: PeerPauses::of(LINES_MAX),
            throttled_lines: PeerPauses::of(LINES_MAX),
        }
    }
}

impl Denials {
    /// For metrics.
    pub(crate) fn counts(&self) -> DenialCounts {
        DenialCounts {
            unauthenticated: self.unauthenticated.load(Ordering::Relaxed),
            forbidden: self.forbidden.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
        }
    }

    /// A request with no or wrong credentials.
    pub(crate) fn unauthenticated(&self, peer: Option<IpAddr>, request: &str, now_ms: i64) {
        self.unauthenticated.fetch_add(1, Ordering::Relaxed);
        self.unauthenticated_lines
            .warn(peer, now_ms, || format!("{request} with no or wrong credentials is answered 401"));
    }

    /// A password that is not compared, because too many wrong ones came from there.
    pub(crate) fn throttled(&self, peer: Option<IpAddr>, request: &str, wait_s: i64, now_ms: i64) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
        self.throttled_lines.warn(peer, now_ms, || {
            format!(
                "{request} is answered 429, its password is not compared: {GUESSES_MAX} wrong ones came from there, the \
                 next is looked at in {wait_s} s. Find out who guesses, or whose password is old; whoever has \
                 got in before is served"
            )
        });
    }

    /// A request of somebody who is known by this name and lacks the role.
    pub(crate) fn forbidden(
        &self,
        peer: Option<IpAddr>,
        request: &str,
        name: Option<&str>,
        role: super::Role,
        now_ms: i64,
    ) {
        self.forbidden.fetch_add(1, Ordering::Relaxed);
        self.forbidden_lines.warn(peer, now_ms, || lacking(request, name, role));
    }
}

fn lacking(request: &str, name: Option<&str>, role: super::Role) -> String {
    let who = name.map_or_else(|| "its credentials".to_owned(), |name| format!("token '{}'", name.escape_debug()));
    format!("{request} needs the role {role}, which {who} lacks: answered 403")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    const PEER: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    #[test]
    fn each_is_counted() {
        let denials = Denials::default();
        denials.unauthenticated(PEER, "GET /", 0);
        denials.unauthenticated(PEER, "GET /", 0);
        denials.forbidden(PEER, "GET /", Some("ci"), Role::Operate, 0);
        denials.throttled(PEER, "GET /", 6, 0);
        assert_eq!(denials.counts(), DenialCounts { unauthenticated: 2, forbidden: 1, throttled: 1 });
    }

    #[test]
    fn a_missing_password_does_not_hide_a_missing_role() {
        let denials = Denials::default();
        denials.unauthenticated(PEER, "GET /", 0);
        assert_eq!(denials.unauthenticated_lines.unsaid(PEER, 0), None, "its line is used up");
        assert_eq!(denials.forbidden_lines.unsaid(PEER, 0), Some(0), "the other's is not");
    }

    #[test]
    fn a_token_is_named() {
        let line = lacking("PUT /x", Some("ci"), Role::Operate);
        assert_eq!(line, "PUT /x needs the role operate, which token 'ci' lacks: answered 403");
    }
}
