//! What is asked, from the seed: kind, sizes, method, by the request's number alone.

use http::Method;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
/// `eurus.gateway.replay-bytes-max`, by default.
const REPLAY_BYTES_MAX: u64 = 64 * KIB;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Get,
    Head,
    Delete,
    Options,
    /// The instance says the hash of what it was sent.
    Post,
    Put,
    /// What is sent comes back as it comes, to a caller that takes it slowly.
    Echo,
    /// A long answer that is taken slowly.
    SlowGet,
    /// Trailers, both ways.
    Trailers,
    /// The caller goes in the midst of the answer.
    Abandon,
    /// Server-sent events.
    Events,
    WebSocket,
    GrpcUnary,
    GrpcServerStream,
    GrpcClientStream,
    GrpcBothWays,
}

impl Kind {
    pub(super) const ALL: [Self; 16] = [
        Self::Get,
        Self::Head,
        Self::Delete,
        Self::Options,
        Self::Post,
        Self::Put,
        Self::Echo,
        Self::SlowGet,
        Self::Trailers,
        Self::Abandon,
        Self::Events,
        Self::WebSocket,
        Self::GrpcUnary,
        Self::GrpcServerStream,
        Self::GrpcClientStream,
        Self::GrpcBothWays,
    ];

    /// In the path that the instance sees; of gRPC a service and a method.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Head => "head",
            Self::Delete => "delete",
            Self::Options => "options",
            Self::Post => "post",
            Self::Put => "put",
            Self::Echo => "echo",
            Self::SlowGet => "slow-get",
            Self::Trailers => "trailers",
            Self::Abandon => "abandon",
            Self::Events => "events",
            Self::WebSocket => "web-socket",
            Self::GrpcUnary => "grpc-unary",
            Self::GrpcServerStream => "grpc-server-stream",
            Self::GrpcClientStream => "grpc-client-stream",
            Self::GrpcBothWays => "grpc-both-ways",
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    pub(super) fn method(self) -> Method {
        match self {
            Self::Get | Self::SlowGet | Self::Abandon | Self::Events | Self::WebSocket => Method::GET,
            Self::Head => Method::HEAD,
            Self::Delete => Method::DELETE,
            Self::Options => Method::OPTIONS,
            Self::Put => Method::PUT,
            _ => Method::POST,
        }
    }

    pub(super) fn is_grpc(self) -> bool {
        matches!(self, Self::GrpcUnary | Self::GrpcServerStream | Self::GrpcClientStream | Self::GrpcBothWays)
    }

    /// Idempotent and without a body.
    fn can_be_asked_again(self) -> bool {
        matches!(
            self,
            Self::Get
                | Self::Head
                | Self::Delete
                | Self::Options
                | Self::SlowGet
                | Self::Abandon
                | Self::Events
                | Self::WebSocket
        )
    }

    /// Out of all, for callers of HTTP/1.1 and of HTTP/2, how many are of this kind.
    fn share(self, is_http2: bool) -> u32 {
        match (self, is_http2) {
            (Self::WebSocket, true) => 0,
            (Self::GrpcUnary, true) => 12,
            (Self::GrpcServerStream | Self::GrpcClientStream | Self::GrpcBothWays, true) => 4,
            (_, false) if self.is_grpc() => 0,
            (Self::Get, _) => 40,
            (Self::Head | Self::Delete | Self::Options | Self::Put | Self::Trailers, _) => 6,
            (Self::Post, _) => 12,
            (Self::Echo | Self::Abandon, _) => 3,
            (Self::SlowGet | Self::Events | Self::WebSocket, _) => 2,
            (_, _) => 0,
        }
    }

    fn drawn(dice: &mut fastrand::Rng, is_http2: bool) -> Self {
        let sum = Self::ALL.iter().map(|kind| kind.share(is_http2)).sum();
        let mut left = dice.u32(0..sum);
        for kind in Self::ALL {
            let share = kind.share(is_http2);
            if left < share {
                return kind;
            }
            left -= share;
        }
        Self::Get
    }
}

/// One request, before it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) number: u64,
    pub(super) kind: Kind,
    /// Bytes of the body, or of each message.
    pub(super) size: u64,
    /// Events, or messages.
    pub(super) count: u64,
}

impl Request {
    pub(super) fn of(seed: u64, number: u64, is_http2: bool) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed.rotate_left(48) ^ number);
        // Seeds of neighbours begin alike.
        dice.u64(..);
        let kind = Kind::drawn(&mut dice, is_http2);
        let size = match kind {
            Kind::SlowGet => dice.u64(MIB..=6 * MIB),
            Kind::Abandon => dice.u64(64 * KIB..=2 * MIB),
            Kind::Echo => dice.u64(16 * KIB..=MIB),
            Kind::Events => dice.u64(0..=KIB),
            Kind::WebSocket => message_size(&mut dice),
            _ if kind.is_grpc() => message_size(&mut dice),
            _ => body_size(&mut dice),
        };
        let count = if kind == Kind::GrpcUnary { 1 } else { dice.u64(1..=40) };
        Self { number, kind, size, count }
    }

    /// The gateway repeats it whatever broke before its answer began: idempotent, and it keeps all of its body.
    pub(super) fn must_be_answered(self) -> bool {
        self.kind.can_be_asked_again() || (self.kind == Kind::Put && self.size <= REPLAY_BYTES_MAX)
    }

    /// `/kind/number/size/count`.
    pub(super) fn path(self) -> String {
        format!("/{}/{}/{}/{}", self.kind.word(), self.number, self.size, self.count)
    }

    pub(super) fn from_path(path: &str) -> Option<Self> {
        let mut parts = path.strip_prefix('/')?.split('/');
        let kind = Kind::named(parts.next()?)?;
        let mut number = || parts.next()?.parse().ok();
        Some(Self { number: number()?, kind, size: number()?, count: number()? })
    }
}

/// Most are small; some are none at all, and some do not fit into any buffer.
fn body_size(dice: &mut fastrand::Rng) -> u64 {
    match dice.u8(0..100) {
        0..8 => 0,
        8..12 => 1,
        12..65 => dice.u64(2..=2 * KIB),
        65..90 => dice.u64(2 * KIB..=64 * KIB),
        90..98 => dice.u64(64 * KIB..=512 * KIB),
        _ => dice.u64(512 * KIB..=3 * MIB),
    }
}

fn message_size(dice: &mut fastrand::Rng) -> u64 {
    match dice.u8(0..100) {
        0..10 => 0,
        10..80 => dice.u64(1..=KIB),
        _ => dice.u64(KIB..=48 * KIB),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_kinds_come_the_same_by_their_numbers_and_stand_in_their_paths() {
        let all: Vec<Request> = (0..4_000).map(|number| Request::of(1, number, number % 2 == 0)).collect();
        let kinds: BTreeSet<Kind> = all.iter().map(|request| request.kind).collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), Kind::ALL);
        for (number, request) in (0..).zip(&all) {
            assert_eq!(*request, Request::of(1, number, number % 2 == 0));
            assert_eq!(Request::from_path(&request.path()), Some(*request));
        }
        assert_ne!(Request::of(1, 5, true), Request::of(2, 5, true));
        assert_eq!(Request::from_path("/health"), None);
    }
}
