//! Bodies of answers, made as they are taken.

use bytes::Bytes;
use eurus_service::clock::Timer;
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::HeaderMap;
use hyper::body::Frame;

use super::mood::{Mood, Sabotage};
use crate::gateway_proof::body::{Body, BoxError};
use crate::gateway_proof::content::{Content, PIECE_BYTES, Sender};
use crate::gateway_proof::fate::Fate;
use crate::gateway_proof::kind::Request;

/// Between two pieces of who is slow.
const SLOW_PIECE_MS: i64 = 15;

/// What breaks an answer off.
pub(super) fn broken_off() -> BoxError {
    BoxError::from("broken off, as it was told to")
}

struct Making {
    content: Content,
    at: u64,
    size: u64,
    breaks_at: Option<u64>,
    flips: bool,
    pause: Option<Timer>,
    trailers: Option<HeaderMap>,
}

/// The body that a request asks for, with these trailers.
pub(super) fn computed(request: Request, mood: &Mood, trailers: Option<HeaderMap>) -> Body {
    let sabotage = mood.sabotage;
    let number = request.number + u64::from(sabotage == Some(Sabotage::OfAnother));
    let cut = u64::from(sabotage == Some(Sabotage::CutShort));
    let making = Making {
        content: Content::of(number, Sender::Instance),
        at: 0,
        size: request.size.saturating_sub(cut),
        breaks_at: (mood.fate() == Some(Fate::Half)).then_some(request.size / 2),
        flips: sabotage == Some(Sabotage::FlipBit),
        pause: (mood.fate() == Some(Fate::Slow)).then(|| mood.clock.timer("piece")),
        trailers,
    };
    let frames = stream::unfold(Some(making), |making| async {
        let mut making = making?;
        match making.next().await {
            Some(Ok(frame)) => Some((Ok(frame), Some(making))),
            Some(Err(error)) => Some((Err(error), None)),
            None => None,
        }
    });
    StreamBody::new(frames).boxed_unsync()
}

impl Making {
    async fn next(&mut self) -> Option<Result<Frame<Bytes>, BoxError>> {
        let left = self.breaks_at.unwrap_or(self.size).min(self.size) - self.at;
        if left == 0 {
            return self.end();
        }
        if let Some(pause) = &mut self.pause {
            pause.sleep_ms(SLOW_PIECE_MS).await;
        }
        let mut piece = self.content.piece(self.at, left.min(PIECE_BYTES));
        if std::mem::take(&mut self.flips) {
            let mut bytes = piece.to_vec();
            bytes.iter_mut().take(1).for_each(|byte| *byte ^= 1);
            piece = Bytes::from(bytes);
        }
        self.at += piece.len() as u64;
        Some(Ok(Frame::data(piece)))
    }

    fn end(&mut self) -> Option<Result<Frame<Bytes>, BoxError>> {
        if self.breaks_at.is_some() && self.size > 0 {
            return Some(Err(broken_off()));
        }
        self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers)))
    }
}
