//! What an instance answers, by what was asked and how it is.

use std::sync::Arc;

use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{HeaderMap, Response, StatusCode, Version};

use super::bodies::{broken_off, computed};
use super::line::Spoiling;
use super::mood::{Mood, Sabotage};
use super::{INSTANCE_HEADER, NUMBER_HEADER, grpc_server, web_socket};
use crate::gateway_proof::body::{Body, BoxError, full};
use crate::gateway_proof::content::{Content, Reading, Sender};
use crate::gateway_proof::digest::{DIGEST_TRAILER, Digest};
use crate::gateway_proof::events;
use crate::gateway_proof::fate::Fate;
use crate::gateway_proof::kind::{Kind, Request};

type Asked = hyper::Request<Incoming>;
/// Before the head of who is slow: within the gateway's time-out.
const SLOW_HEAD_MS: i64 = 250;

/// # Errors
/// The connection, or the stream, is to end without an answer.
pub(super) async fn answer(asked: Asked, spoiling: Spoiling, mood: Arc<Mood>) -> Result<Response<Body>, BoxError> {
    let Some(request) = Request::from_path(asked.uri().path()) else { return Ok(Response::new(full("healthy"))) };
    match mood.fate() {
        Some(Fate::Drop) => {
            // Trailers that come in behind the reset of a stream end the whole connection of HTTP/2: the library that serves here
            // remembers fifty reset streams, and takes a frame of headers of another one for an error of its peer's.
            if request.kind == Kind::Trailers {
                digested(request, asked).await?;
            }
            return Err(broken_off());
        }
        Some(Fate::Mute) => {
            // Not for ever: what is never read or reset takes room from all other streams of its connection.
            mood.until_not(Fate::Mute).await;
            return Err(broken_off());
        }
        Some(Fate::Garbage) => spoiling.spoil(asked.version() == Version::HTTP_2),
        Some(Fate::Slow) => mood.clock.timer("head").sleep_ms(SLOW_HEAD_MS).await,
        _ => {}
    }
    let mut answer = if mood.sabotage == Some(Sabotage::Unavailable) {
        with_status(StatusCode::SERVICE_UNAVAILABLE)
    } else {
        sound_answer(request, asked, &mood).await?
    };
    answer.headers_mut().insert(INSTANCE_HEADER, mood.number.into());
    answer.headers_mut().insert(NUMBER_HEADER, request.number.into());
    Ok(answer)
}

fn with_status(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(full(""));
    *answer.status_mut() = status;
    answer
}

async fn sound_answer(request: Request, asked: Asked, mood: &Arc<Mood>) -> Result<Response<Body>, BoxError> {
    Ok(match request.kind {
        Kind::Get | Kind::SlowGet | Kind::Abandon | Kind::Options => {
            sized(request, mood, computed(request, mood, None))
        }
        Kind::Head => sized(request, mood, full("")),
        Kind::Delete if request.number % 2 == 1 => with_status(StatusCode::NO_CONTENT),
        Kind::Delete => sized(request, mood, computed(request, mood, None)),
        Kind::Post | Kind::Put => {
            let (digest, _) = digested(request, asked).await?;
            Response::new(full(digest.to_string()))
        }
        Kind::Trailers => {
            let (digest, said) = digested(request, asked).await?;
            let mut trailers = HeaderMap::new();
            trailers.insert(DIGEST_TRAILER, format!("{digest}, said {said}").parse()?);
            let mut answer = Response::new(computed(request, mood, Some(trailers)));
            // HTTP/1.1 sends those that it has announced.
            answer.headers_mut().insert("trailer", DIGEST_TRAILER.parse()?);
            answer
        }
        Kind::Echo => Response::new(asked.into_body().map_err(BoxError::from).boxed_unsync()),
        Kind::Events => Response::builder().header("content-type", "text/event-stream").body(told(request, mood))?,
        Kind::WebSocket => web_socket::accept(request, asked, mood)?,
        Kind::GrpcUnary | Kind::GrpcServerStream | Kind::GrpcClientStream | Kind::GrpcBothWays => {
            grpc_server::answer(request, asked, mood)?
        }
    })
}

/// With its length for even numbers; in chunks, or as long as it is, for odd ones. With its length it could not be cut short unseen.
fn sized(request: Request, mood: &Mood, body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    if request.number.is_multiple_of(2) && mood.sabotage != Some(Sabotage::CutShort) {
        answer.headers_mut().insert("content-length", request.size.into());
    }
    answer
}

/// Reads what is sent to its end: what it was, and what its trailers say of it.
async fn digested(request: Request, asked: Asked) -> Result<(Digest, String), BoxError> {
    let mut body = asked.into_body();
    let mut reading = Reading::of(Content::of(request.number, Sender::Caller));
    let mut digest = Digest::default();
    let mut said = "nothing".to_owned();
    while let Some(frame) = body.frame().await {
        let frame = frame?;
        match frame.into_data() {
            Ok(data) => {
                reading.take(&data);
                digest.take(&data);
            }
            Err(trailers) => {
                let trailers = trailers.into_trailers().unwrap_or_default();
                if let Some(value) = trailers.get(DIGEST_TRAILER) {
                    said = value.to_str()?.to_owned();
                }
            }
        }
    }
    digest.is_right = reading.verdict(request.size).is_ok();
    Ok((digest, said))
}

/// Events, with pauses.
fn told(request: Request, mood: &Mood) -> Body {
    let breaks_at = (mood.fate() == Some(Fate::Half)).then_some(request.count / 2);
    let timer = mood.clock.timer("event");
    let events = stream::unfold((0, timer), move |(event, mut timer)| async move {
        if Some(event) == breaks_at {
            return Some((Err(broken_off()), (u64::MAX, timer)));
        }
        if event > request.count {
            return None;
        }
        timer.sleep_ms(events::pause_ms(request.number, event)).await;
        Some((Ok(Frame::data(events::event(request, event))), (event + 1, timer)))
    });
    StreamBody::new(events).boxed_unsync()
}
