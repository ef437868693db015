//! Waiting for the head of an answer, and for the caller's body while that is on its way.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::grpc::Call;
use crate::limits::Limits;
use crate::upstream::upload::{Progress, Slow};

/// Who is waited for, when a time-out is over.
pub(super) enum TooLong {
    Caller(Slow),
    Instance,
    /// Nobody any more: the call's own deadline.
    Call,
    /// The instance, to take more of the request's body.
    Upload,
}

/// Waits for the head of an answer: `limit` after the last byte of the request's body that moved, and as long as the caller
/// may take for its body; while that body is on its way, `idle` behind what moved of it. A call of gRPC has neither of a body's limits: a message now and then is what streams are for.
pub(super) async fn in_time<T>(
    mut answer: Pin<&mut impl Future<Output = T>>,
    upload: Option<&Progress>,
    limit: Duration,
    limits: &Limits,
    idle: Option<Duration>,
    call: Option<&Call>,
) -> Result<T, TooLong> {
    let began = Instant::now();
    let idle_deadline = || {
        let upload = upload.filter(|upload| !upload.has_ended())?;
        let who = if upload.is_awaited() { TooLong::Caller(Slow::Idle) } else { TooLong::Upload };
        Some((upload.moved() + idle?, who))
    };
    let ordinary_deadline = || match upload.and_then(|upload| upload.caller_deadline(limits)) {
        Some((deadline, slow)) if call.is_none() => (deadline, TooLong::Caller(slow)),
        _ => {
            let silent = upload.map_or(began, Progress::moved) + limit;
            match call.and_then(Call::deadline) {
                Some(over) if over < silent => (over, TooLong::Call),
                _ => (silent, TooLong::Instance),
            }
        }
    };
    let deadline = || match (ordinary_deadline(), idle_deadline()) {
        ((until, _), Some((over, who))) if over < until => (over, who),
        (ordinary, _) => ordinary,
    };
    loop {
        let now = Instant::now();
        let (until, why) = deadline();
        if until <= now {
            return Err(why);
        }
        // Who is waited for may change meanwhile, to a shorter deadline.
        let look = match upload {
            Some(upload) if !upload.has_ended() => until.min(now + limits.body_pause_max()),
            _ => until,
        };
        if let Ok(outcome) = timeout_at(look, answer.as_mut()).await {
            return Ok(outcome);
        }
    }
}
