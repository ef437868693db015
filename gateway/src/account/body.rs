//! An answer's body, with the account that is closed with it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::Account;
use crate::answer::AnswerBody;
use crate::upstream::instance_body::BodyError;

/// See the module. `None`: nobody asks about this answer.
pub(crate) struct SeenBody {
    body: AnswerBody,
    account: Option<Account>,
}

impl SeenBody {
    pub(crate) fn new(body: AnswerBody, account: Option<Account>) -> Self {
        Self { body, account }
    }
}

impl Body for SeenBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let (Some(account), Some(Ok(frame))) = (&mut self.account, &frame)
            && let Some(data) = frame.data_ref()
        {
            account.bytes_leave(data.len());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
