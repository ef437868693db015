//! The four kinds of calls of gRPC.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::Response;
use hyper::body::{Frame, Incoming};

use super::bodies::broken_off;
use super::mood::{Mood, Sabotage};
use crate::gateway_proof::body::{Body, BoxError};
use crate::gateway_proof::content::{Content, Sender};
use crate::gateway_proof::fate::Fate;
use crate::gateway_proof::grpc::{Messages, framed, is_right, well};
use crate::gateway_proof::kind::{Kind, Request};

struct Call {
    request: Request,
    asked: Incoming,
    messages: Messages,
    read: u64,
    said: u64,
    breaks_at: Option<u64>,
    flips: bool,
    has_ended: bool,
}

/// # Errors
/// None that is known.
pub(super) fn answer(
    request: Request,
    asked: hyper::Request<Incoming>,
    mood: &Arc<Mood>,
) -> Result<Response<Body>, BoxError> {
    let call = Call {
        request,
        asked: asked.into_body(),
        messages: Messages::default(),
        read: 0,
        said: 0,
        breaks_at: (mood.fate() == Some(Fate::Half)).then_some(request.count / 2),
        flips: mood.sabotage == Some(Sabotage::FlipBit),
        has_ended: false,
    };
    let frames = stream::unfold(Some(call), |call| async {
        let mut call = call?;
        if call.has_ended {
            return None;
        }
        match call.next().await {
            Ok(frame) => Some((Ok(frame), Some(call))),
            Err(error) => Some((Err(error), None)),
        }
    });
    let answer = Response::builder().header("content-type", "application/grpc");
    Ok(answer.body(StreamBody::new(frames).boxed_unsync())?)
}

impl Call {
    /// The next message, or the end.
    async fn next(&mut self) -> Result<Frame<Bytes>, BoxError> {
        if self.breaks_at == Some(self.said) {
            return Err(broken_off());
        }
        match self.request.kind {
            Kind::GrpcBothWays => {
                if self.read_one().await?.is_none() {
                    return Ok(self.end());
                }
            }
            // Their answers follow the last message.
            _ => while self.read_one().await?.is_some() {},
        }
        let answers = match self.request.kind {
            Kind::GrpcUnary | Kind::GrpcClientStream => 1,
            _ => self.request.count,
        };
        if self.said == answers {
            return Ok(self.end());
        }
        let mut message =
            Content::of(self.request.number, Sender::Instance).message(self.said).whole(self.request.size).to_vec();
        if self.flips {
            message.iter_mut().take(1).for_each(|byte| *byte ^= 1);
        }
        self.said += 1;
        Ok(Frame::data(framed(&message)))
    }

    fn end(&mut self) -> Frame<Bytes> {
        self.has_ended = true;
        let mut trailers = well();
        trailers.insert("x-read", self.read.into());
        Frame::trailers(trailers)
    }

    /// `None`: the caller has said all. A message that is not what it must be is the end of the call.
    async fn read_one(&mut self) -> Result<Option<()>, BoxError> {
        loop {
            if let Some(message) = self.messages.next()? {
                let Request { number, size, .. } = self.request;
                if !is_right(Content::of(number, Sender::Caller), self.read, size, &message) {
                    return Err(BoxError::from("a message is not what was sent"));
                }
                self.read += 1;
                return Ok(Some(()));
            }
            match self.asked.frame().await {
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        self.messages.take(&data);
                    }
                }
                None => return Ok(None),
            }
        }
    }
}
