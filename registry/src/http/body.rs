//! Reading a request's body, within limits.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt as _;

use super::body_budget::{BODIES_BYTES_MAX, Bodies, Full, Share};
use super::header;
use super::refusal::Refusal;

/// Bytes of a request's body at most. A Java server takes 12 MB of metadata; that must pass.
pub(crate) const BODY_BYTES_MAX: usize = 16 << 20;
/// How long a body may take to arrive.
pub(crate) const BODY_ARRIVAL_S_MAX: u64 = 30;
/// Of a body that is too large so much is read and thrown away: a client that is cut off while it sends sees a broken
/// connection instead of the answer.
const DISCARDED_BYTES_MAX: usize = 64 << 20;

/// A request's body, and what it takes of the memory for all.
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    /// Given back when the request is over.
    _share: Option<Share>,
}

impl Bodies {
    /// The whole body. Of a request that `takes_body`; of any other it is read and thrown away, so that the next
    /// request on the connection can be read, and takes no memory.
    pub(crate) async fn read(
        &self,
        request: &HttpRequest,
        payload: Payload,
        takes_body: bool,
        now_ms: i64,
    ) -> Result<Body, Refusal> {
        let announced = header(request, CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|bytes| bytes > BODY_BYTES_MAX + DISCARDED_BYTES_MAX) {
            return Err(Refusal::BodyTooLarge);
        }
        let share = takes_body.then(|| self.share(request.peer_addr().map(|address| address.ip())));
        let arrival = Duration::from_secs(BODY_ARRIVAL_S_MAX);
        let read = tokio::time::timeout(arrival, read_all(payload, share)).await;
        match read.unwrap_or(Err(Unread::TooSlow)) {
            Ok(body) => Ok(body),
            Err(Unread::TooLarge) => Err(Refusal::BodyTooLarge),
            Err(Unread::TooSlow) => Err(Refusal::BodyTooSlow),
            Err(Unread::Broken) => Err(Refusal::BodyBroken),
            Err(Unread::NoRoom(full)) => {
                self.say(request, full, now_ms);
                Err(Refusal::TooManyBodies)
            }
        }
    }

    fn say(&self, request: &HttpRequest, full: Full, now_ms: i64) {
        let Some(untold) = self.hits().hit(now_ms) else { return };
        let peer = request.peer_addr().map_or_else(|| "an unknown address".to_owned(), |peer| peer.ip().to_string());
        let whose = match full {
            Full::All => format!("all bodies that arrive now take more than {BODIES_BYTES_MAX} bytes"),
            Full::Peer => {
                format!("the bodies that arrive from there now take more than half of {BODIES_BYTES_MAX} bytes")
            }
        };
        log::error!("a body from {peer} is answered 503: {whose}; find out who sends so much{untold}");
    }
}

/// Why a body is not there.
enum Unread {
    TooLarge,
    TooSlow,
    Broken,
    NoRoom(Full),
}

/// Reads to the end; without a share nothing is kept.
async fn read_all(mut payload: Payload, mut share: Option<Share>) -> Result<Body, Unread> {
    let (mut body, mut length) = (Gathered::default(), 0);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            log::debug!("a body broke off: {error}");
            Unread::Broken
        })?;
        length += chunk.len();
        if length > BODY_BYTES_MAX {
            drop((body, share));
            discard(payload).await;
            return Err(Unread::TooLarge);
        }
        if let Some(share) = &mut share {
            share.grow(chunk.len()).map_err(Unread::NoRoom)?;
            body.add(chunk);
        }
    }
    Ok(Body { bytes: body.whole(), _share: share })
}

/// What has come of a body. One that comes in one piece, as most do, is not copied.
#[derive(Default)]
struct Gathered {
    first: Bytes,
    all: BytesMut,
}

impl Gathered {
    fn add(&mut self, chunk: Bytes) {
        if self.first.is_empty() && self.all.is_empty() {
            self.first = chunk;
            return;
        }
        self.all.extend_from_slice(&std::mem::take(&mut self.first));
        self.all.extend_from_slice(&chunk);
    }

    fn whole(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

/// Reads the rest of a body that is too large, up to a limit.
async fn discard(mut payload: Payload) {
    let mut discarded = 0;
    while let Some(Ok(chunk)) = payload.next().await {
        discarded += chunk.len();
        if discarded > DISCARDED_BYTES_MAX {
            break;
        }
    }
}
