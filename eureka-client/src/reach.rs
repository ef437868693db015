//! Whether a loop reaches the registry: logged when it changes, not at every try. Pure but for the log.

use crate::error::ClientError;

/// Since when one loop fails, and why.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    away: Option<Away>,
}

/// A row of failures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// When the first of them ended, epoch milliseconds.
    pub since_ms: i64,
    /// How many in a row.
    pub failures: u64,
    /// The last one.
    pub last_error: ClientError,
}

impl Reach {
    /// `consequence` says what holds until the registry is back. Returns whether this was news.
    pub(crate) fn failed(&mut self, now_ms: i64, error: &ClientError, consequence: &str) -> bool {
        // Another reason is another thing to do: said once as well.
        let is_news = self.away.as_ref().is_none_or(|away| away.last_error.kind() != error.kind());
        let before = self.away.take();
        let failures = before.as_ref().map_or(0, |away| away.failures) + 1;
        if is_news {
            log::warn!("{error}. {consequence}");
        } else {
            log::debug!("{error} (failure {failures} in a row)");
        }
        let since_ms = before.map_or(now_ms, |away| away.since_ms);
        self.away = Some(Away { since_ms, failures, last_error: error.clone() });
        is_news
    }

    /// `what` worked.
    pub(crate) fn succeeded(&mut self, now_ms: i64, what: &str) {
        if let Some(away) = self.away.take() {
            log::info!(
                "{what} works again, after {} failures in {} s",
                away.failures,
                now_ms.saturating_sub(away.since_ms) / 1_000
            );
        }
    }

    /// The row of failures, while it lasts.
    pub(crate) fn away(&self) -> Option<&Away> {
        self.away.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FailureKind;

    #[test]
    fn a_row_of_failures_keeps_its_start_and_its_last_reason() {
        let error = |kind| ClientError::failed(kind, "full fetch", Vec::new());
        let mut reach = Reach::default();
        let said: Vec<bool> = [FailureKind::Away, FailureKind::Away, FailureKind::TimedOut, FailureKind::TimedOut]
            .into_iter()
            .zip(1..)
            .map(|(kind, second)| reach.failed(second * 1_000, &error(kind), ""))
            .collect();
        assert_eq!(said, [true, false, true, false], "once for each reason");
        let away = reach.away().unwrap();
        assert_eq!((away.since_ms, away.failures, away.last_error.kind()), (1_000, 4, FailureKind::TimedOut));
        reach.succeeded(5_000, "full fetch");
        assert_eq!(reach.away(), None);
        assert!(reach.failed(6_000, &error(FailureKind::Away), ""), "a new row");
    }
}
