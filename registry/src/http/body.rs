//! Reading a request's body, within limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt as _;

use super::header;
use super::refusal::Refusal;

/// Bytes of a request's body at most. A Java server takes 12 MB of metadata; that must pass.
pub(crate) const BODY_BYTES_MAX: usize = 16 << 20;
/// How long a body may take to arrive.
pub(crate) const BODY_ARRIVAL_S_MAX: u64 = 30;
/// Bytes of all bodies that are being read or worked on at one time: 25,000 connections may each send a large one.
const BODIES_BYTES_MAX: usize = 256 << 20;
/// Of a body that is too large so much is read and thrown away: a client that is cut off while it sends sees a broken
/// connection instead of the answer.
const DISCARDED_BYTES_MAX: usize = 64 << 20;

/// The bytes of all bodies at this moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bodies(Arc<AtomicUsize>);

/// One body's part of them, given back when the request is over.
pub(crate) struct Share {
    bytes: usize,
    all: Bodies,
}

impl Share {
    /// Whether there is room for so many bytes more.
    fn grow(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        self.all.0.fetch_add(bytes, Ordering::Relaxed) + bytes <= BODIES_BYTES_MAX
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Bodies {
    /// The whole body. It is read whatever the request is, so that the next one on the connection can be.
    pub(crate) async fn read(&self, request: &HttpRequest, payload: Payload) -> Result<(Bytes, Share), Refusal> {
        let announced = header(request, CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|bytes| bytes > BODY_BYTES_MAX + DISCARDED_BYTES_MAX) {
            return Err(Refusal::BodyTooLarge);
        }
        let arrival = Duration::from_secs(BODY_ARRIVAL_S_MAX);
        tokio::time::timeout(arrival, self.read_all(payload)).await.unwrap_or(Err(Refusal::BodyTooSlow))
    }

    async fn read_all(&self, mut payload: Payload) -> Result<(Bytes, Share), Refusal> {
        let mut share = Share { bytes: 0, all: self.clone() };
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| {
                log::debug!("a body broke off: {error}");
                Refusal::BodyBroken
            })?;
            if body.len() + chunk.len() > BODY_BYTES_MAX {
                drop((body, share));
                return Err(discard(payload).await);
            }
            if !share.grow(chunk.len()) {
                log::error!("bodies of more than {BODIES_BYTES_MAX} bytes arrive at one time: one is refused");
                return Err(Refusal::TooManyBodies);
            }
            body.extend_from_slice(&chunk);
        }
        Ok((body.freeze(), share))
    }
}

/// Reads the rest of a body that is too large, up to a limit.
async fn discard(mut payload: Payload) -> Refusal {
    let mut discarded = 0;
    while let Some(Ok(chunk)) = payload.next().await {
        discarded += chunk.len();
        if discarded > DISCARDED_BYTES_MAX {
            break;
        }
    }
    Refusal::BodyTooLarge
}
