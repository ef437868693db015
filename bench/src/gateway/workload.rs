//! What is asked: the same of every program.

use clap::ValueEnum;
use serde::Serialize;

use super::flood::Flood;

/// Service id, and the first segment of every path.
pub(crate) const SERVICE: &str = "measured";
/// Bytes of a posted body.
const POSTED_BYTES: usize = 16 * 1024;
const CONNECTIONS: usize = 64;
const MANY_CONNECTIONS: usize = 512;
/// So few that the machine has time left for the flood.
const FEW_CONNECTIONS: usize = 8;

/// One kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Workload {
    /// GET, answered with 1 KiB
    Small,
    /// GET, answered with 16 KiB
    Middle,
    /// GET, answered with 1 MiB
    Large,
    /// POST of 16 KiB
    Post,
    /// As `small`, over 512 connections
    ManyConnections,
    /// As `small`, a new connection for each request
    NewConnection,
    /// As `small`, over TLS
    Tls,
    /// As `tls`, a new connection for each request, whose session is taken up again
    TlsNewConnection,
    /// As `small`, over 8 connections
    Calm,
    /// As `calm`, beside 500 callers that send a line of their head each second
    SlowHeads,
    /// As `calm`, beside 500 callers that send a byte of their body each second
    SlowBodies,
    /// As `calm`, beside heads of 70 KiB, 100 to 200 a second
    HeaderBombs,
    /// As `calm`, beside requests over HTTP/2 that are taken back, up to 20,000 a second
    RapidReset,
    /// As `calm`, beside headers over HTTP/2 that never end
    Continuations,
}

/// All that are measured unless something else is asked for.
pub(crate) const ALL: [Workload; 8] = [
    Workload::Small,
    Workload::Middle,
    Workload::Large,
    Workload::Post,
    Workload::ManyConnections,
    Workload::NewConnection,
    Workload::Tls,
    Workload::TlsNewConnection,
];

/// What is measured of floods: without one, and with each.
pub(crate) const FLOODED: [Workload; 6] = [
    Workload::Calm,
    Workload::SlowHeads,
    Workload::SlowBodies,
    Workload::HeaderBombs,
    Workload::RapidReset,
    Workload::Continuations,
];

impl Workload {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Small => "GET, 1 KiB",
            Self::Middle => "GET, 16 KiB",
            Self::Large => "GET, 1 MiB",
            Self::Post => "POST of 16 KiB",
            Self::ManyConnections => "GET, 1 KiB, 512 connections",
            Self::NewConnection => "GET, 1 KiB, a new connection for each request",
            Self::Tls => "GET, 1 KiB, over TLS",
            Self::TlsNewConnection => "GET, 1 KiB, over TLS, a new connection for each request",
            Self::Calm => "GET, 1 KiB, 8 connections",
            Self::SlowHeads => "the same, beside 500 slow heads",
            Self::SlowBodies => "the same, beside 500 slow bodies",
            Self::HeaderBombs => "the same, beside header bombs",
            Self::RapidReset => "the same, beside rapid resets",
            Self::Continuations => "the same, beside continuation floods",
        }
    }

    /// The upstream's file and its bytes.
    pub(crate) fn file(self) -> Option<(&'static str, usize)> {
        match self {
            Self::Middle => Some(("16k", 16 << 10)),
            Self::Large => Some(("1m", 1 << 20)),
            Self::Post => None,
            _ => Some(("1k", 1 << 10)),
        }
    }

    pub(crate) fn path(self) -> String {
        format!("/{SERVICE}/{}", self.file().map_or("post", |(name, _)| name))
    }

    pub(crate) fn is_encrypted(self) -> bool {
        matches!(self, Self::Tls | Self::TlsNewConnection)
    }

    /// Who sends beside those that are measured.
    pub(crate) fn flood(self) -> Option<Flood> {
        match self {
            Self::SlowHeads => Some(Flood::SlowHeads),
            Self::SlowBodies => Some(Flood::SlowBodies),
            Self::HeaderBombs => Some(Flood::HeaderBombs),
            Self::RapidReset => Some(Flood::RapidReset),
            Self::Continuations => Some(Flood::Continuations),
            _ => None,
        }
    }

    pub(crate) fn connections(self) -> usize {
        match self {
            Self::ManyConnections => MANY_CONNECTIONS,
            _ if FLOODED.contains(&self) => FEW_CONNECTIONS,
            _ => CONNECTIONS,
        }
    }

    /// What the load generator is told of the request, in its language.
    pub(crate) fn request_in_lua(self) -> String {
        match self {
            Self::Post => format!("wrk.method = \"POST\"\nwrk.body = string.rep(\"x\", {POSTED_BYTES})\n"),
            Self::NewConnection | Self::TlsNewConnection => "wrk.headers[\"Connection\"] = \"close\"\n".to_owned(),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_special_about_a_request_is_told_to_the_generator() {
        assert_eq!(Workload::Small.path(), "/measured/1k");
        assert_eq!((Workload::Post.path().as_str(), Workload::Post.file()), ("/measured/post", None));
        assert!(Workload::Post.request_in_lua().contains("string.rep(\"x\", 16384)"));
        for workload in [Workload::NewConnection, Workload::TlsNewConnection] {
            assert!(workload.request_in_lua().contains("close"));
        }
        assert_eq!([Workload::Small, Workload::Tls].map(Workload::is_encrypted), [false, true]);
        assert_eq!(Workload::ManyConnections.connections(), 512);
        assert!(
            FLOODED
                .iter()
                .all(|workload| workload.connections() == 8
                    && workload.flood().is_some() == (*workload != Workload::Calm))
        );
        assert!(Workload::Small.request_in_lua().is_empty());
    }
}
