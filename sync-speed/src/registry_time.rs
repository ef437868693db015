//! How long a request may take at the registry: one deadline over all of its calls, in real time, as sockets are.

use std::fmt;
use std::time::Duration;

use eurus_client::{ClientError, FailureKind};
use tokio::time::Instant;

/// A deadline over several calls.
#[derive(Clone, Copy, Debug)]
pub struct RegistryTime {
    within: Duration,
    until: Instant,
}

/// Why a call brought nothing.
#[derive(Debug)]
pub enum CallFailure {
    /// The registry refused, or is away.
    Registry(ClientError),
    /// The time was over.
    TooLate(Duration),
}

impl RegistryTime {
    /// From now on.
    pub fn starting(within: Duration) -> Self {
        Self { within, until: Instant::now() + within }
    }

    /// The same time again: to undo.
    pub fn anew(&self) -> Self {
        Self::starting(self.within)
    }

    /// Waits for something that is not the registry: its time does not run.
    pub async fn paused<T>(&mut self, wait: impl Future<Output = T>) -> Option<T> {
        let began = Instant::now();
        let waited = tokio::time::timeout(self.within, wait).await.ok();
        self.until += began.elapsed();
        waited
    }

    /// One call.
    ///
    /// # Errors
    /// The call's, or that the time is over.
    pub async fn bound<T>(&self, call: impl Future<Output = Result<T, ClientError>>) -> Result<T, CallFailure> {
        match tokio::time::timeout_at(self.until, call).await {
            Ok(answered) => answered.map_err(CallFailure::Registry),
            Err(_) => Err(CallFailure::TooLate(self.within)),
        }
    }
}

impl CallFailure {
    /// Whether a change may have been made although its answer is not there.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::TooLate(_) => true,
            Self::Registry(error) => match error.kind() {
                FailureKind::Away
                | FailureKind::TimedOut
                | FailureKind::Unavailable(_)
                | FailureKind::Unparsable
                | FailureKind::TooLarge => true,
                FailureKind::Config | FailureKind::Refused(_) => false,
            },
        }
    }
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(error) => write!(f, "{error}"),
            Self::TooLate(within) => write!(
                f,
                "the registry did not answer within {} ms (eurus.sync-speed.registry-within-ms)",
                within.as_millis()
            ),
        }
    }
}
