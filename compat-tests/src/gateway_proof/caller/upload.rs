//! Bodies of requests, made as they are sent.

use eurus_service::Clock;
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::HeaderMap;
use hyper::body::Frame;

use super::super::body::{Body, BoxError};
use super::super::content::{Content, PIECE_BYTES, Sender};
use super::super::digest::{DIGEST_TRAILER, Digest};
use super::super::kind::{Kind, Request};

/// One of so many is sent slowly, with pauses like this between its pieces.
const SLOW_ONE_OF: u64 = 16;
const SLOW_PIECE_MS: i64 = 12;

/// What the instance must say of it.
pub(super) fn digest(request: Request) -> Digest {
    let content = Content::of(request.number, Sender::Caller);
    let mut digest = Digest::default();
    digest.is_right = true;
    let mut at = 0;
    while at < request.size {
        let piece = content.piece(at, (request.size - at).min(PIECE_BYTES));
        digest.take(&piece);
        at += piece.len() as u64;
    }
    digest
}

/// The body; behind it, where that is what the request is for, trailers that say what it was.
pub(super) fn body(request: Request, clock: &Clock) -> Body {
    let content = Content::of(request.number, Sender::Caller);
    let pause = request.number.is_multiple_of(SLOW_ONE_OF).then(|| clock.timer("upload"));
    let has_trailers = request.kind == Kind::Trailers;
    let frames = stream::unfold((Some(0), pause), move |(at, mut pause)| async move {
        let at: u64 = at?;
        let left = request.size - at;
        if left == 0 {
            let mut trailers = HeaderMap::new();
            let said = http::HeaderValue::from_str(&digest(request).to_string());
            trailers.insert(DIGEST_TRAILER, said.ok().filter(|_| has_trailers)?);
            return Some((Ok::<_, BoxError>(Frame::trailers(trailers)), (None, pause)));
        }
        if let Some(pause) = &mut pause {
            pause.sleep_ms(SLOW_PIECE_MS).await;
        }
        let piece = content.piece(at, left.min(PIECE_BYTES));
        let next = at + piece.len() as u64;
        Some((Ok(Frame::data(piece)), (Some(next), pause)))
    });
    StreamBody::new(frames).boxed_unsync()
}
