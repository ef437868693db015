//! A large body, handed to the server framework slice by slice.
//!
//! The framework copies what it sends into a buffer per connection. Of a whole list that would be a copy of the list
//! for each connection that reads it, made in memory that is new each time; slice by slice it is one small buffer
//! that stays in the processor's cache.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

/// Bytes that are handed over at a time: measured, larger ones gain nothing.
pub(crate) const SLICE_BYTES_MAX: usize = 64 << 10;

/// What is left of a body.
pub(crate) struct Slices(Bytes);

impl Slices {
    pub(crate) fn of(body: Bytes) -> Self {
        Self(body)
    }
}

impl MessageBody for Slices {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let slice_bytes = self.0.len().min(SLICE_BYTES_MAX);
        Poll::Ready(Some(Ok(self.0.split_to(slice_bytes))))
    }

    /// A small one need not be sliced.
    fn try_into_bytes(self) -> Result<Bytes, Self> {
        if self.0.len() <= SLICE_BYTES_MAX { Ok(self.0) } else { Err(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_the_whole() {
        for bytes in [0, 1, SLICE_BYTES_MAX, SLICE_BYTES_MAX + 1, 3 * SLICE_BYTES_MAX + 7] {
            let whole: Bytes = (0..bytes).map(|place| u8::try_from(place % 251).unwrap()).collect();
            let mut slices = Slices::of(whole.clone());
            assert_eq!(slices.size(), BodySize::Sized(bytes as u64));
            let is_one_piece = Slices::of(whole.clone()).try_into_bytes().is_ok();
            assert_eq!(is_one_piece, bytes <= SLICE_BYTES_MAX, "{bytes} bytes");
            let mut seen = Vec::new();
            let mut context = Context::from_waker(std::task::Waker::noop());
            while let Poll::Ready(Some(Ok(slice))) = Pin::new(&mut slices).poll_next(&mut context) {
                assert!(!slice.is_empty() && slice.len() <= SLICE_BYTES_MAX);
                seen.extend_from_slice(&slice);
            }
            assert_eq!(seen, whole, "{bytes} bytes");
        }
    }
}
