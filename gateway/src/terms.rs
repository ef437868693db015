//! What holds for one request: how long it may take, how often it is tried, how much it may carry. The gateway's defaults,
//! unless its route has others.

use std::time::Duration;

use crate::config::EdgeConfig;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) time_outs: TimeOuts,
    /// How many times it is tried at most, the first time included.
    pub(crate) tries_max: usize,
    /// Bytes of its body at most; 0: any number.
    pub(crate) body_bytes_max: u64,
}

/// How long the parts of a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeOuts {
    /// To open a connection to an instance.
    pub(crate) connect: Duration,
    /// From the last byte of the request to the head of its answer.
    pub(crate) response: Duration,
    /// From the head of the request to the end of its answer; `None`: any time.
    pub(crate) whole: Option<Duration>,
    /// While nothing moves of the request's body, or of the answer; `None`: as for all.
    pub(crate) idle: Option<Duration>,
}

impl Terms {
    /// Of a request whose route says nothing else.
    pub(crate) fn of(config: &EdgeConfig) -> Self {
        Self {
            time_outs: TimeOuts {
                connect: Duration::from_millis(config.connect_timeout_ms),
                response: Duration::from_millis(config.response_timeout_ms),
                whole: None,
                idle: None,
            },
            tries_max: config.tries_max,
            body_bytes_max: config.limits.body_bytes_max,
        }
    }

    /// With what a route says.
    pub(crate) fn with(self, own: &OwnTerms) -> Self {
        let or = |ms: Option<u64>, default: Duration| ms.map_or(default, Duration::from_millis);
        Self {
            time_outs: TimeOuts {
                connect: or(own.connect_timeout_ms, self.time_outs.connect),
                response: or(own.response_timeout_ms, self.time_outs.response),
                whole: own.whole_timeout_ms.map(Duration::from_millis).or(self.time_outs.whole),
                idle: own.idle_timeout_ms.map(Duration::from_millis).or(self.time_outs.idle),
            },
            tries_max: own.tries_max.unwrap_or(self.tries_max),
            body_bytes_max: own.body_bytes_max.unwrap_or(self.body_bytes_max),
        }
    }
}

/// What a route says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OwnTerms {
    pub(crate) connect_timeout_ms: Option<u64>,
    pub(crate) response_timeout_ms: Option<u64>,
    pub(crate) whole_timeout_ms: Option<u64>,
    pub(crate) idle_timeout_ms: Option<u64>,
    pub(crate) tries_max: Option<usize>,
    pub(crate) body_bytes_max: Option<u64>,
}
