//! What a caller saw of one request.

use http::{HeaderMap, StatusCode};

use super::super::account::Outcome;
use super::super::instance::{INSTANCE_HEADER, NUMBER_HEADER};
use super::super::kind::Request;

/// See the module.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) instance: Option<usize>,
    pub(super) outcome: Outcome,
    /// Whether the head of an answer with 2xx, or of a WebSocket with 101, has come.
    pub(super) has_head: bool,
    /// Of the bodies, both ways.
    pub(super) bytes: u64,
}

impl Seen {
    pub(super) fn new(outcome: Outcome) -> Self {
        Self { instance: None, outcome, has_head: false, bytes: 0 }
    }
}

/// Who answered; what is wrong with the head otherwise.
pub(super) fn who_answered(request: Request, headers: &HeaderMap) -> Result<usize, Outcome> {
    let number = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let instance = number(INSTANCE_HEADER).and_then(|instance| usize::try_from(instance).ok());
    let Some(instance) = instance else { return Err(Outcome::Wrong("an answer of no instance".to_owned())) };
    match number(NUMBER_HEADER) {
        Some(number) if number == request.number => Ok(instance),
        other => Err(Outcome::Wrong(format!("the answer to another request: {other:?}"))),
    }
}

/// The gateway's, or an instance's own, in words.
pub(super) fn refused(status: StatusCode, words: &str) -> Outcome {
    Outcome::Refused(format!("{status} {}", words.escape_debug()))
}
