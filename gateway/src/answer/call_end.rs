//! A call of gRPC whose answer has begun, and that its instance does not end: its deadline is over, or the connection broke. Its
//! caller reads it where an instance would have said it, behind the messages.

use std::future::{Future as _, Pending, pending};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::Frame;
use tokio::time::{Timeout, timeout_at};

use crate::grpc::{self, Call, Status};
use crate::time_limits::Whole;
use crate::upstream::instance_body::BodyError;

/// See the module.
pub(super) struct CallEnd {
    call: Call,
    /// Its route's time for it.
    whole: Option<Whole>,
    deadline: Option<Pin<Box<Timeout<Pending<()>>>>>,
    is_over: bool,
}

impl CallEnd {
    pub(super) fn new(call: Call, whole: Option<Whole>) -> Self {
        // Where its route's is the shorter one, that is what ends it.
        let whole = whole.filter(|whole| call.deadline().is_none_or(|deadline| whole.over() < deadline));
        let deadline = whole.map(|whole| whole.over()).or(call.deadline());
        Self { call, whole, deadline: deadline.map(|at| Box::pin(timeout_at(at, pending()))), is_over: false }
    }

    /// Whether the gateway has ended it.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// What the caller gets of what the instance sends, or does not.
    pub(super) fn pass(
        &mut self,
        cx: &mut Context<'_>,
        frame: Poll<Option<Result<Frame<Bytes>, BodyError>>>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let (status, why) = match &frame {
            Poll::Ready(Some(Err(error))) if !error.is_reset() => {
                (Status::Unavailable, format!("the instance broke off its answer: {error}"))
            }
            Poll::Pending if self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready()) => {
                (Status::DeadlineExceeded, self.whole.map_or_else(|| self.call.over(), |whole| whole.in_words()))
            }
            _ => return frame,
        };
        self.is_over = true;
        Poll::Ready(Some(Ok(Frame::trailers(grpc::end(status, &why)))))
    }
}
