//! Answers' bodies, read and compared as they come.

use bytes::Bytes;
use eurus_service::clock::Timer;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::super::account::Outcome;
use super::super::content::Reading;
use super::super::events::event;
use super::super::kind::Request;
use super::wire::in_words;

/// A short answer's text: longer ones are cut.
const TEXT_BYTES_MAX: usize = 400;
/// Who reads slowly pauses so long whenever so much has come, and longer every so many times.
const PAUSE_MS: i64 = 5;
const PAUSE_BYTES: u64 = 16 * 1024;
const PAUSES_TO_LONG_PAUSE: u64 = 40;
const LONG_PAUSE_MS: i64 = 250;

/// How a computed body is read.
pub(super) struct Manner {
    /// Slowly.
    pub(super) pause: Option<Timer>,
    /// It is left when so much has come.
    pub(super) until_bytes: Option<u64>,
}

/// The trailers of a body that was read to its end and is right.
pub(super) async fn computed(
    mut body: Incoming,
    reading: &mut Reading,
    length: u64,
    mut manner: Manner,
) -> Result<Option<HeaderMap>, Outcome> {
    let mut trailers = None;
    let mut pauses = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(reading, &error))?;
        match frame.into_data() {
            Ok(data) => reading.take(&data),
            Err(frame) => trailers = frame.into_trailers().ok(),
        }
        if manner.until_bytes.is_some_and(|until| reading.seen >= until) {
            return match reading.wrong_at {
                None => Err(Outcome::Abandoned),
                Some(place) => Err(Outcome::Wrong(format!("byte {place} is another one"))),
            };
        }
        let has_come = reading.seen / PAUSE_BYTES;
        if let Some(pause) = manner.pause.as_mut().filter(|_| has_come > pauses) {
            let is_long = has_come / PAUSES_TO_LONG_PAUSE > pauses / PAUSES_TO_LONG_PAUSE;
            pauses = has_come;
            pause.sleep_ms(if is_long { LONG_PAUSE_MS } else { PAUSE_MS }).await;
        }
    }
    reading.verdict(length).map_err(Outcome::Wrong)?;
    Ok(trailers)
}

/// What came before it broke must be right all the same.
fn broken(reading: &Reading, error: &hyper::Error) -> Outcome {
    match reading.wrong_at {
        Some(place) => Outcome::Wrong(format!("byte {place} is another one, then it broke: {}", in_words(error))),
        None => Outcome::Broken(format!("behind {} bytes: {}", reading.seen, in_words(error))),
    }
}

/// A short body that is text.
pub(super) async fn text(mut body: Incoming) -> Result<String, Outcome> {
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Outcome::Broken(in_words(&error)))?;
        text.extend_from_slice(&frame.into_data().unwrap_or_default());
        text.truncate(TEXT_BYTES_MAX);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// All events, and the one that ends them; how many bytes.
pub(super) async fn events(request: Request, mut body: Incoming) -> Result<u64, Outcome> {
    let (mut next, mut expected, mut seen) = (0, Bytes::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Outcome::Broken(format!("at event {next}: {}", in_words(&error))))?;
        let mut data = frame.into_data().unwrap_or_default();
        seen += data.len() as u64;
        while !data.is_empty() {
            if expected.is_empty() {
                if next > request.count {
                    return Err(Outcome::Wrong("more than the last event".to_owned()));
                }
                expected = event(request, next);
                next += 1;
            }
            let length = data.len().min(expected.len());
            if data.split_to(length) != expected.split_to(length) {
                return Err(Outcome::Wrong(format!("event {} is another one", next - 1)));
            }
        }
    }
    if next <= request.count || !expected.is_empty() {
        return Err(Outcome::Wrong(format!("{next} of {} events, as if they were all", request.count + 1)));
    }
    Ok(seen)
}
