//! Time, injected. Domain functions take `now`; control loops own a [`Timer`]; nothing else waits.
//!
//! The manual clock lets minutes pass in milliseconds and stays deterministic: it moves from deadline to deadline,
//! and before each step waits until every [`Timer`] is asleep again, so that all a loop does at one moment is
//! done before the next moment comes. Sockets are real in both cases: time-outs that guard one socket
//! operation are tokio's, in real time.

mod manual;

use std::sync::Arc;
use std::time::Duration;

pub use manual::{Excuse, ManualClock, NotSettled};

/// Reads the time and hands out timers. Cheap to clone.
#[derive(Clone)]
pub struct Clock {
    source: Source,
    /// How far it goes wrong on purpose; 0 in production.
    ahead_ms: i64,
}

#[derive(Clone)]
enum Source {
    System(Arc<SystemClock>),
    Manual(ManualClock),
}

/// The wall clock at start plus what the monotonic clock has counted since: it never goes backwards.
struct SystemClock {
    epoch_ms_at_start: i64,
    #[allow(clippy::disallowed_types)] // The one place where real time enters.
    started: std::time::Instant,
}

impl Clock {
    /// Real time.
    #[allow(clippy::disallowed_types)] // The one place where real time enters.
    pub fn system() -> Self {
        let since_epoch =
            std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let source = Source::System(Arc::new(SystemClock {
            epoch_ms_at_start: i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX),
            started: std::time::Instant::now(),
        }));
        Self { source, ahead_ms: 0 }
    }

    /// A clock that stands still until [`ManualClock::advance_ms`] moves it.
    pub fn manual(start_ms: i64) -> (Self, ManualClock) {
        let manual = ManualClock::new(start_ms);
        (Self { source: Source::Manual(manual.clone()), ahead_ms: 0 }, manual)
    }

    /// The same time, wrong by so much, as on a machine whose clock was not set: durations are right, moments are not.
    #[must_use]
    pub fn ahead_by_ms(&self, ahead_ms: i64) -> Self {
        Self { source: self.source.clone(), ahead_ms: self.ahead_ms.saturating_add(ahead_ms) }
    }

    /// Now, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.now_us() / 1_000
    }

    /// Now, in microseconds since 1970: for latencies. The manual clock counts whole milliseconds.
    pub fn now_us(&self) -> i64 {
        let now_us = match &self.source {
            Source::System(clock) => {
                let elapsed_us = i64::try_from(clock.started.elapsed().as_micros()).unwrap_or(i64::MAX);
                (clock.epoch_ms_at_start * 1_000).saturating_add(elapsed_us)
            }
            Source::Manual(clock) => clock.now_ms() * 1_000,
        };
        now_us.saturating_add(self.ahead_ms.saturating_mul(1_000))
    }

    /// Now, in nanoseconds since 1970: for durations of microseconds. The manual clock counts whole milliseconds.
    pub fn now_ns(&self) -> i64 {
        let now_ns = match &self.source {
            Source::System(clock) => {
                let elapsed_ns = i64::try_from(clock.started.elapsed().as_nanos()).unwrap_or(i64::MAX);
                clock.epoch_ms_at_start.saturating_mul(1_000_000).saturating_add(elapsed_ns)
            }
            Source::Manual(clock) => clock.now_ms().saturating_mul(1_000_000),
        };
        now_ns.saturating_add(self.ahead_ms.saturating_mul(1_000_000))
    }

    /// A timer for one control loop. Create it before the loop is spawned and drop it with the loop:
    /// on a manual clock time stands still while a timer exists and does not sleep.
    pub fn timer(&self, name: &'static str) -> Timer {
        match &self.source {
            Source::System(_) => Timer { clock: self.clone(), manual: None },
            Source::Manual(clock) => Timer { clock: self.clone(), manual: Some(clock.timer(name)) },
        }
    }
}

/// The waiting of one control loop.
pub struct Timer {
    clock: Clock,
    manual: Option<manual::ManualTimer>,
}

impl Timer {
    /// Waits for a duration from now. Safe to drop half-way, as `select!` does.
    pub async fn sleep_ms(&mut self, duration_ms: i64) {
        self.sleep_until_ms(self.clock.now_ms().saturating_add(duration_ms)).await;
    }

    /// Waits until a moment; returns at once when it has passed.
    #[allow(clippy::disallowed_methods)] // The one place where real waiting happens.
    pub async fn sleep_until_ms(&mut self, at_ms: i64) {
        match &mut self.manual {
            Some(manual) => manual.sleep_until_ms(at_ms.saturating_sub(self.clock.ahead_ms)).await,
            None => {
                let wait_us = at_ms.saturating_mul(1_000).saturating_sub(self.clock.now_us());
                tokio::time::sleep(Duration::from_micros(u64::try_from(wait_us).unwrap_or(0))).await;
            }
        }
    }

    /// Waits without an end: for a loop that only reacts to other events now, so that a manual clock need not wait for it.
    pub async fn idle(&mut self) {
        self.sleep_until_ms(i64::MAX / 1_000).await;
    }

    /// The clock behind it.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_clock_that_is_ahead_shows_another_moment_and_waits_as_long() {
        let (clock, hand) = Clock::manual(1_000);
        for ahead_ms in [90_000, -500] {
            let (wrong, before_ms) = (clock.ahead_by_ms(ahead_ms), clock.now_ms());
            assert_eq!(wrong.now_ms(), before_ms + ahead_ms);
            let mut timer = wrong.timer("wrong");
            let slept = tokio::spawn(async move {
                timer.sleep_ms(20).await;
                timer.clock().now_ms()
            });
            hand.advance_ms(30).await.unwrap();
            assert_eq!(slept.await.unwrap(), before_ms + 20 + ahead_ms);
        }
    }
}
