//! SQLite's log is taken over into its file now and then, so that no request has to do it with its commit.

use eurus_service::{Shutdown, Timer};

use crate::store::Store;

/// How often. Without anything new it costs nothing.
const EVERY_MS: i64 = 5_000;

/// The loop.
pub(crate) struct Checkpoints {
    pub(crate) store: Store,
}

impl Checkpoints {
    /// Until the signal.
    pub(crate) async fn run(self, mut timer: Timer, shutdown: Shutdown) {
        tokio::select! {
            () = self.work(&mut timer) => {}
            () = shutdown.wait() => {}
        }
    }

    async fn work(&self, timer: &mut Timer) {
        loop {
            timer.sleep_ms(EVERY_MS).await;
            if let Err(error) = self.store.checkpoint().await {
                log::warn!("sync-speed's database keeps its log for now, requests may have to wait for it: {error}");
            }
        }
    }
}
