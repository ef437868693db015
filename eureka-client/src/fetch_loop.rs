//! Follows the registry's list, turn by turn.

use eurus_service::{Shutdown, Timer};

use crate::backoff::Backoff;
use crate::fetcher::Fetcher;
use crate::registries::Registries;

/// Fetches at once, then again and again until the shutdown. An answer under way is not waited for then.
pub(crate) async fn follow(
    fetcher: &Fetcher,
    registries: &Registries,
    mut backoff: Backoff,
    mut timer: Timer,
    shutdown: &Shutdown,
) {
    loop {
        let outcome = tokio::select! {
            biased;
            () = shutdown.wait() => return,
            outcome = fetcher.follow(registries) => outcome,
        };
        // The fetcher has logged and kept it.
        let wait_ms = backoff.after(outcome.map_err(|error| error.kind()));
        tokio::select! {
            biased;
            () = shutdown.wait() => return,
            () = timer.sleep_ms(wait_ms) => {}
        }
    }
}
