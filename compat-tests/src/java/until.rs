//! Bounded waiting for what another process does.

use eurus_service::Clock;

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
    let mut timer = clock.timer("until");
    let until_ms = clock.now_ms() + within_ms;
    while !holds().await? {
        Failure::unless(clock.now_ms() < until_ms, || format!("not within {within_ms} ms: {what}"))?;
        timer.sleep_ms(PAUSE_MS).await;
    }
    Ok(())
}
