//! What came of one request, as its caller saw it.

use std::fmt;

use super::kind::Request;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) request: Request,
    pub(super) is_http2: bool,
    /// Milliseconds since 1970.
    pub(super) began_ms: i64,
    pub(super) ended_ms: i64,
    /// Who answered, by the answer's head.
    pub(super) instance: Option<usize>,
    pub(super) outcome: Outcome,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything came, and is what it must be.
    Whole,
    /// The caller went, as it was to.
    Abandoned,
    /// The gateway answered instead of an instance.
    Refused(String),
    /// No head of an answer, and no error of the gateway either.
    NoAnswer(String),
    /// It began, and was seen to break.
    Broken(String),
    /// It looked whole and was something else.
    Wrong(String),
    /// It did not end within the bound.
    Endless,
}

impl Outcome {
    /// For the table of the report.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Abandoned => "abandoned",
            Self::Refused(_) => "refused",
            Self::NoAnswer(_) => "no answer",
            Self::Broken(_) => "broken",
            Self::Wrong(_) => "wrong",
            Self::Endless => "endless",
        }
    }

    fn details(&self) -> &str {
        match self {
            Self::Whole | Self::Abandoned | Self::Endless => "",
            Self::Refused(words) | Self::NoAnswer(words) | Self::Broken(words) | Self::Wrong(words) => words,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, is_http2, began_ms, ended_ms, instance, outcome } = self;
        let protocol = if *is_http2 { "h2c" } else { "HTTP/1.1" };
        let instance = instance.map_or("nobody".to_owned(), |instance| format!("instance {instance}"));
        write!(
            f,
            "request {} ({} over {protocol}, size {}, count {}) from {began_ms} to {ended_ms} by {instance}: {} {}",
            request.number,
            request.kind.word(),
            request.size,
            request.count,
            outcome.word(),
            outcome.details()
        )
    }
}
