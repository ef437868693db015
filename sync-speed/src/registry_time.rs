//! How long a request may take at the registry: one deadline over all of its calls, in real time, as sockets are. It ends
//! before the turn does that the request has for its applications: who stood still for so long changes nothing any more.

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
    /// The time was over before an answer came.
    TooLate(Duration),
    /// The time was over before it was asked.
    NotBegun(Duration),
}

impl RegistryTime {
    /// From now on.
    pub fn starting(within: Duration) -> Self {
        Self { within, until: Instant::now() + within }
    }

    /// The same time again: to undo. Never beyond the turn, of which this is the last third.
    pub fn anew(&self) -> Self {
        Self { within: self.within, until: (Instant::now() + self.within).min(self.until + self.within * 2) }
    }

    /// Whether nothing is asked any more.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.until
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
        if self.is_over() {
            // Not even begun: a call that is only dropped may be on its way already.
            return Err(CallFailure::NotBegun(self.within));
        }
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
            Self::NotBegun(_) => false,
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
            Self::NotBegun(within) => write!(
                f,
                "not asked: its {} ms at the registry were over (eurus.sync-speed.registry-within-ms)",
                within.as_millis()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn who_is_too_late_does_not_even_begin() {
        let is_begun = AtomicBool::new(false);
        let call = || async {
            is_begun.store(true, Ordering::SeqCst);
            Ok(())
        };
        let over = RegistryTime::starting(Duration::ZERO);
        for time in [over, over.anew()] {
            let failure = time.bound(call()).await.unwrap_err();
            assert!(matches!(failure, CallFailure::NotBegun(_)) && !failure.may_have_happened(), "{failure}");
        }
        assert!(!is_begun.load(Ordering::SeqCst));
        RegistryTime::starting(Duration::from_secs(60)).bound(call()).await.unwrap();
        assert!(is_begun.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn what_is_undone_is_undone_before_the_turn_ends() {
        let within = Duration::from_millis(5);
        let time = RegistryTime::starting(within);
        tokio::time::sleep_until(time.until + within * 2).await;
        assert!(time.is_over() && time.anew().is_over(), "a turn is three times as long, and a little more");
        assert!(!RegistryTime::starting(Duration::from_secs(60)).anew().is_over());
    }
}
