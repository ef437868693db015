//! What went wrong between this process and a registry, for a person who has to act on it.

use std::fmt;

/// Why a call to the registry failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The client was told something that cannot work: nothing was sent.
    Config,
    /// No connection, or it broke before the answer was complete.
    Away,
    /// No answer in time.
    TimedOut,
    /// The registry cannot serve now: 5xx, or 403 to a full fetch while it starts.
    Unavailable(u16),
    /// The registry answered, and the answer is no.
    Refused(u16),
    /// The answer is not what a Eureka registry sends.
    Unparsable,
    /// The answer is larger than the client's bound.
    TooLarge,
}

impl FailureKind {
    /// What a person can do about it.
    const fn advice(self) -> &'static str {
        match self {
            Self::Config => "Correct the configuration",
            Self::Away => "Check that a registry runs at the URLs above and can be reached from here",
            Self::TimedOut => "Check the load of the registry and the network to it, or raise the time-outs",
            Self::Unavailable(_) => "Look into the registry's log: it starts, is overloaded or broken",
            Self::Refused(401 | 403) => {
                "Check the user and password (or token) in the service URL, and what they may do"
            }
            Self::Refused(404) => "Check the path of the service URL; most registries answer under /eureka/",
            Self::Refused(_) => "The registry answered and refused: compare with its log",
            Self::Unparsable => "Check that the service URL is a Eureka registry's and no proxy answers for it",
            Self::TooLarge => "Check that the service URL is a Eureka registry's: its answer is beyond the bound",
        }
    }
}

/// A failed call. Its text names the call, the instance, each URL that was tried, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientError {
    kind: FailureKind,
    call: String,
    tries: Vec<String>,
}

impl ClientError {
    /// `what` is wrong with `subject`; nothing was sent.
    pub(crate) fn config(subject: &str, what: impl Into<String>) -> Self {
        Self { kind: FailureKind::Config, call: subject.to_owned(), tries: vec![what.into()] }
    }

    /// `call` failed before anything was sent, because a harness wanted it so.
    pub fn injected(call: &str) -> Self {
        Self::failed(FailureKind::Away, call, vec!["made to fail by a fault plan".to_owned()])
    }

    /// `call` failed; `tries` say `url: what happened`, in order, without credentials; `kind` is the last one's.
    pub(crate) fn failed(kind: FailureKind, call: &str, tries: Vec<String>) -> Self {
        Self { kind, call: call.to_owned(), tries }
    }

    /// Why it failed: the last try's reason.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The call and its instance, such as `register JAVA-SERVICE/host:8080`.
    pub fn call(&self) -> &str {
        &self.call
    }

    /// `url: what happened`, in the order of the tries.
    pub fn tries(&self) -> &[String] {
        &self.tries
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}. {}", self.call, self.tries.join("; "), self.kind.advice())
    }
}

impl std::error::Error for ClientError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_call_urls_reasons_and_advice() {
        let error = ClientError::failed(
            FailureKind::TimedOut,
            "heartbeat A/h:1",
            vec!["http://a/eureka/: connection refused".into(), "http://b/eureka/: no answer in time".into()],
        );
        assert_eq!(
            error.to_string(),
            "heartbeat A/h:1 failed: http://a/eureka/: connection refused; http://b/eureka/: no answer in time. \
             Check the load of the registry and the network to it, or raise the time-outs"
        );
    }
}
