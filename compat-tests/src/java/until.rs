//! Bounded waiting for what another process does.

use eurus_service::Clock;
use eurus_service::clock::Timer;

use crate::Failure;

/// Between two looks.
const PAUSE_MS: i64 = 20;

/// Looks again and again until something holds. Another process keeps its own time, so the clock must be the real one.
///
/// # Errors
/// When it does not hold in time, or a look fails.
pub async fn until(
    clock: &Clock,
    within_ms: i64,
    what: &str,
    mut holds: impl AsyncFnMut() -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut patience = Patience::new(clock, within_ms);
    while !holds().await? {
        patience.wait(what).await?;
    }
    Ok(())
}

/// The waiting between two looks: for loops of their own.
pub struct Patience {
    timer: Timer,
    within_ms: i64,
    until_ms: i64,
}

impl Patience {
    /// From now on.
    pub fn new(clock: &Clock, within_ms: i64) -> Self {
        Self { timer: clock.timer("until"), within_ms, until_ms: clock.now_ms() + within_ms }
    }

    /// Waits a little.
    ///
    /// # Errors
    /// When it has lasted too long.
    pub async fn wait(&mut self, what: &str) -> Result<(), Failure> {
        let is_patient = self.timer.clock().now_ms() < self.until_ms;
        Failure::unless(is_patient, || format!("not within {} ms: {what}", self.within_ms))?;
        self.timer.sleep_ms(PAUSE_MS).await;
        Ok(())
    }
}
