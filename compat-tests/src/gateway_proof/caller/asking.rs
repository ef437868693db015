//! One request of HTTP, and whether its answer is right.

use std::net::SocketAddr;

use eurus_service::Clock;
use http::StatusCode;
use hyper::Response;
use hyper::body::Incoming;

use super::super::account::Outcome;
use super::super::content::{Content, Reading, Sender};
use super::super::digest::DIGEST_TRAILER;
use super::super::kind::{Kind, Request};
use super::reading::{self, Manner};
use super::seen::{Seen, refused, who_answered};
use super::sending;
use super::upload;
use super::wire::Wire;

/// Asks, reads, checks.
pub(super) async fn ask(request: Request, wire: &mut Wire, gateway: SocketAddr, clock: &Clock) -> Seen {
    let is_http2 = matches!(wire, Wire::Http2(_));
    let authority = gateway.to_string();
    let answer = wire.send(gateway, || sending::make(request, &authority, is_http2, clock)).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(outcome) => return Seen::new(outcome),
    };
    let status = answer.status();
    let has_head = status.is_success();
    if !has_head {
        let words = reading::text(answer.into_body()).await.unwrap_or_default();
        return Seen::new(refused(status, &words));
    }
    let mut seen = Seen { has_head, ..Seen::new(Outcome::Whole) };
    match who_answered(request, answer.headers()) {
        Ok(instance) => seen.instance = Some(instance),
        Err(outcome) => return Seen { outcome, ..seen },
    }
    if let Err(outcome) = check(request, answer, clock, &mut seen.bytes).await {
        seen.outcome = outcome;
    }
    seen
}

async fn check(request: Request, answer: Response<Incoming>, clock: &Clock, bytes: &mut u64) -> Result<(), Outcome> {
    match request.kind {
        Kind::Head => headless(request, &answer),
        Kind::Delete if answer.status() == StatusCode::NO_CONTENT => empty(answer).await,
        Kind::Post | Kind::Put => {
            let said = reading::text(answer.into_body()).await?;
            *bytes += request.size;
            same("the digest", &upload::digest(request).to_string(), &said)
        }
        Kind::Events => {
            *bytes += reading::events(request, answer.into_body()).await?;
            Ok(())
        }
        _ => computed(request, answer, clock, bytes).await,
    }
}

async fn computed(request: Request, answer: Response<Incoming>, clock: &Clock, bytes: &mut u64) -> Result<(), Outcome> {
    let is_echo = request.kind == Kind::Echo;
    let is_slow = is_echo || request.kind == Kind::SlowGet;
    let mut reading = Reading::of(Content::of(request.number, if is_echo { Sender::Caller } else { Sender::Instance }));
    let manner = Manner {
        pause: is_slow.then(|| clock.timer("reader")),
        until_bytes: (request.kind == Kind::Abandon).then_some(request.size / 2),
    };
    let read = reading::computed(answer.into_body(), &mut reading, request.size, manner).await;
    *bytes += reading.seen;
    let trailers = read?;
    if request.kind != Kind::Trailers {
        return Ok(());
    }
    let digest = upload::digest(request);
    let said = trailers.as_ref().and_then(|trailers| trailers.get(DIGEST_TRAILER)?.to_str().ok());
    same("the trailer", &format!("{digest}, said {digest}"), said.unwrap_or("none"))
}

fn same(what: &str, expected: &str, said: &str) -> Result<(), Outcome> {
    if said == expected { Ok(()) } else { Err(Outcome::Wrong(format!("{what} is {said:?} instead of {expected:?}"))) }
}

/// The answer to HEAD has the length that a GET's would have, where that is said.
fn headless(request: Request, answer: &Response<Incoming>) -> Result<(), Outcome> {
    let length = answer.headers().get("content-length").and_then(|length| length.to_str().ok()).unwrap_or("none");
    let is_said = request.number.is_multiple_of(2);
    if is_said { same("content-length", &request.size.to_string(), length) } else { Ok(()) }
}

async fn empty(answer: Response<Incoming>) -> Result<(), Outcome> {
    same("the body of 204", "", &reading::text(answer.into_body()).await?)
}
