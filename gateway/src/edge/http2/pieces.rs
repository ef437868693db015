//! An answer's body in pieces of at most one frame. Whatever was begun to be sent waits in the connection's memory until its
//! caller takes it: that is one piece, not as much as an instance has sent at once.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::account::SeenBody;
use crate::activity::Activity;
use crate::upstream::instance_body::BodyError;

/// HTTP/2 sends no larger frames unless both sides agree to.
const PIECE_BYTES: usize = 16 * 1024;

/// See the module.
pub(super) struct Pieces {
    body: SeenBody,
    /// What is left of the part that was taken last.
    rest: Bytes,
    activity: Rc<Activity>,
}

impl Pieces {
    pub(super) fn new(body: SeenBody, activity: Rc<Activity>) -> Self {
        Self { body, rest: Bytes::new(), activity }
    }

    fn piece(&mut self, mut bytes: Bytes) -> Frame<Bytes> {
        let piece = bytes.split_to(bytes.len().min(PIECE_BYTES));
        self.rest = bytes;
        Frame::data(piece)
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = if self.rest.is_empty() {
            Pin::new(&mut self.body).poll_frame(cx)
        } else {
            Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.rest)))))
        };
        // The next one is asked for when the caller has room for more.
        self.activity.offered(polled.is_ready());
        polled.map_ok(|frame| match frame.into_data() {
            Ok(bytes) => self.piece(bytes),
            Err(other) => other,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    /// What is to come still.
    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut all = SizeHint::new();
        all.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            all.set_upper(upper + rest);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Full};

    use super::*;
    use crate::answer::AnswerBody;

    #[tokio::test]
    async fn a_large_body_comes_in_frames_and_whole() {
        let whole = Bytes::from((0..50_000_u32).map(|at| at.to_le_bytes()[1]).collect::<Vec<_>>());
        let mut pieces = Pieces::new(SeenBody::new(AnswerBody::Own(Full::new(whole.clone())), None), Rc::default());
        assert_eq!(pieces.size_hint().exact(), Some(50_000));
        let mut seen = Vec::new();
        while let Some(frame) = pieces.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(!piece.is_empty() && piece.len() <= PIECE_BYTES);
            seen.extend_from_slice(&piece);
            assert_eq!(pieces.size_hint().exact(), Some(50_000 - seen.len() as u64));
            assert_eq!(pieces.is_end_stream(), seen.len() == 50_000);
        }
        assert_eq!(seen, whole);
    }
}
