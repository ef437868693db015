//! Keeps this process registered, turn by turn, and takes it out at the end.

use std::time::Duration;

use eurus_service::{Shutdown, Timer};

use crate::backoff::Backoff;
use crate::registration::Registration;
use crate::registries::Registries;

/// A process that stops does not wait longer than this for the registry; its lease ends by itself then.
pub const CANCEL_DURATION_MAX: Duration = Duration::from_secs(5);

/// Registers at once, renews until the shutdown, then cancels.
pub(crate) async fn keep(
    registration: &Registration,
    registries: &Registries,
    mut backoff: Backoff,
    mut timer: Timer,
    shutdown: &Shutdown,
) {
    loop {
        let outcome = tokio::select! {
            biased;
            () = shutdown.wait() => break,
            outcome = registration.renew(registries) => outcome,
        };
        // The registration has logged and kept it.
        let wait_ms = backoff.after(outcome.map_err(|error| error.kind()));
        tokio::select! {
            biased;
            () = shutdown.wait() => break,
            () = timer.sleep_ms(wait_ms) => {}
        }
    }
    match tokio::time::timeout(CANCEL_DURATION_MAX, registration.cancel(registries)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::warn!("{error}. The registry shows this instance until its lease is over"),
        Err(_) => log::warn!(
            "no answer to the cancel at {} within {} s. The registry shows this instance until its lease is over",
            registries.current_url(),
            CANCEL_DURATION_MAX.as_secs()
        ),
    }
}
