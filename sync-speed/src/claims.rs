//! Several nodes on one database: this one keeps what it works on, and takes over what a node that is gone has left.

use eurus_service::{Shutdown, Timer};
use tokio::sync::mpsc;

use crate::entry::Entry;
use crate::store::{RENEW_EVERY_MS, Store, StoreError};

/// The loop.
pub(crate) struct Claims {
    pub(crate) store: Store,
    /// Recovery finishes them.
    pub(crate) taken: mpsc::Sender<Entry>,
}

impl Claims {
    /// Until the signal.
    pub(crate) async fn run(self, mut timer: Timer, shutdown: Shutdown) {
        tokio::select! {
            () = self.work(&mut timer) => {}
            () = shutdown.wait() => {}
        }
    }

    async fn work(&self, timer: &mut Timer) {
        loop {
            if let Err(error) = self.look(timer.clock().now_ms()).await {
                log::error!("claims on entries of the downline could not be renewed: {error}");
            }
            timer.sleep_ms(RENEW_EVERY_MS).await;
        }
    }

    async fn look(&self, now_ms: i64) -> Result<(), StoreError> {
        self.store.renew_claims(now_ms).await?;
        // As many as recovery has room for: what is taken over is this node's to finish.
        let room = self.taken.capacity();
        for number in self.store.take_over(now_ms, room).await? {
            let Some(entry) = self.store.entry_by_number(number).await? else { continue };
            log::warn!("{}: its node is gone; it is finished here", entry.id);
            if self.taken.try_send(entry).is_err() {
                log::error!("entry {number} was taken over and has no place here: it is finished after a restart");
            }
        }
        Ok(())
    }
}
