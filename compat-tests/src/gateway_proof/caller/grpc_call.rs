//! A call of gRPC, of any of the four kinds.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use tokio::sync::mpsc;

use super::super::account::Outcome;
use super::super::body::{Body, BoxError, full};
use super::super::content::{Content, Sender};
use super::super::grpc::{Messages, framed, is_right};
use super::super::kind::{Kind, Request};
use super::seen::{Seen, refused, who_answered};
use super::wire::{Wire, in_words};
use super::{reading, sending};

/// A deadline that none meets.
const TIMEOUT: &str = "25S";
/// Messages that wait to be sent.
const AHEAD_MAX: usize = 2;

/// Calls, reads, checks.
pub(super) async fn ask(request: Request, wire: &mut Wire, gateway: SocketAddr) -> Seen {
    let authority = gateway.to_string();
    let (say, said) = mpsc::channel(AHEAD_MAX);
    // A request that was never sent may be made a second time: then nobody said anything yet.
    let said = std::sync::Arc::new(tokio::sync::Mutex::new(said));
    let make = || {
        let builder = sending::builder(request, &authority, true);
        let builder = builder.header("content-type", "application/grpc").header("te", "trailers");
        builder.header("grpc-timeout", TIMEOUT).body(body(request, std::sync::Arc::clone(&said)))
    };
    let talk = Talk { request, say: Some(say), answers: 0, bytes: 0 };
    let (mut talk, answer) = tokio::join!(talk.first(), wire.send(gateway, make));
    let answer = match answer {
        Ok(answer) => answer,
        Err(outcome) => return Seen::new(outcome),
    };
    if !answer.status().is_success() {
        let status = answer.status();
        return Seen::new(refused(status, &reading::text(answer.into_body()).await.unwrap_or_default()));
    }
    let mut seen = Seen { has_head: true, ..Seen::new(Outcome::Whole) };
    if let Some(status) = answer.headers().get("grpc-status") {
        let message = answer.headers().get("grpc-message");
        return Seen { outcome: Outcome::Refused(format!("grpc-status {status:?} {message:?}")), ..seen };
    }
    match who_answered(request, answer.headers()) {
        Ok(instance) => seen.instance = Some(instance),
        Err(outcome) => return Seen { outcome, ..seen },
    }
    if let Err(outcome) = talk.hear(answer.into_body()).await {
        seen.outcome = outcome;
    }
    Seen { bytes: talk.bytes, ..seen }
}

type Said = std::sync::Arc<tokio::sync::Mutex<mpsc::Receiver<Bytes>>>;

fn message(request: Request, number: u64) -> Bytes {
    framed(&Content::of(request.number, Sender::Caller).message(number).whole(request.size))
}

fn body(request: Request, said: Said) -> Body {
    match request.kind {
        Kind::GrpcBothWays => {
            let frames = stream::unfold(said, |said| async {
                let word = said.lock().await.recv().await?;
                Some((Ok::<_, BoxError>(Frame::data(word)), said))
            });
            StreamBody::new(frames).boxed_unsync()
        }
        Kind::GrpcClientStream => {
            let frames = (0..request.count).map(move |number| Ok::<_, BoxError>(Frame::data(message(request, number))));
            StreamBody::new(stream::iter(frames)).boxed_unsync()
        }
        _ => full(message(request, 0)),
    }
}

struct Talk {
    request: Request,
    say: Option<mpsc::Sender<Bytes>>,
    answers: u64,
    bytes: u64,
}

impl Talk {
    /// Says the first word of a talk that goes both ways.
    async fn first(mut self) -> Self {
        self.say_next(0).await;
        self
    }

    /// What was asked is answered before the next is asked.
    async fn say_next(&mut self, number: u64) {
        if number == self.request.count {
            self.say = None;
        }
        let Some(say) = self.say.as_ref().filter(|_| self.request.kind == Kind::GrpcBothWays) else { return };
        // Nobody listens: the call has ended, which is heard.
        drop(say.send(message(self.request, number)).await);
    }

    async fn hear(&mut self, mut body: Incoming) -> Result<(), Outcome> {
        let mut messages = Messages::default();
        let mut trailers = None;
        while let Some(frame) = body.frame().await {
            let broken =
                |error: hyper::Error| Outcome::Broken(format!("at message {}: {}", self.answers, in_words(&error)));
            match frame.map_err(broken)?.into_data() {
                Ok(data) => messages.take(&data),
                Err(frame) => trailers = frame.into_trailers().ok(),
            }
            while let Some(message) = messages.next().map_err(Outcome::Wrong)? {
                self.bytes += message.len() as u64;
                let content = Content::of(self.request.number, Sender::Instance);
                if !is_right(content, self.answers, self.request.size, &message) {
                    return Err(Outcome::Wrong(format!("message {} is another one", self.answers)));
                }
                self.answers += 1;
                self.say_next(self.answers).await;
            }
        }
        self.end(&trailers.unwrap_or_default(), messages.is_between())
    }

    fn end(&self, trailers: &HeaderMap, is_between: bool) -> Result<(), Outcome> {
        let said = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok());
        if said("grpc-status") != Some("0") {
            return Err(Outcome::Broken(format!("behind {} messages: {trailers:?}", self.answers)));
        }
        let (asked, answered) = match self.request.kind {
            Kind::GrpcUnary => (1, 1),
            Kind::GrpcServerStream => (1, self.request.count),
            Kind::GrpcClientStream => (self.request.count, 1),
            _ => (self.request.count, self.request.count),
        };
        let read = said("x-read").and_then(|read| read.parse().ok());
        if is_between && self.answers == answered && read == Some(asked) {
            return Ok(());
        }
        Err(Outcome::Wrong(format!("{} of {answered} answers, {read:?} of {asked} messages read", self.answers)))
    }
}
