//! Several nodes on one database: this one keeps what it works on, and takes over what a node that is gone has left.

use eurus_service::{Shutdown, Timer};
use tokio::sync::mpsc;

use crate::recovery::Left;
use crate::store::{RENEW_EVERY_MS, Store, StoreError};

/// The loop.
pub(crate) struct Claims {
    pub(crate) store: Store,
    /// Recovery finishes them.
    pub(crate) taken: mpsc::Sender<Left>,
    /// Taken over, and not handed on yet: with a database that failed in between they are this node's, and nobody's.
    pub(crate) owed: Vec<i64>,
}

impl Claims {
    /// Until the signal.
    pub(crate) async fn run(mut self, mut timer: Timer, shutdown: Shutdown) {
        tokio::select! {
            () = self.work(&mut timer) => {}
            () = shutdown.wait() => {}
        }
    }

    async fn work(&mut self, timer: &mut Timer) {
        loop {
            if let Err(error) = self.look(timer.clock().now_ms()).await {
                log::error!("claims on entries of the downline could not be renewed: {error}");
            }
            timer.sleep_ms(RENEW_EVERY_MS).await;
        }
    }

    async fn look(&mut self, now_ms: i64) -> Result<(), StoreError> {
        self.store.renew_claims(now_ms).await?;
        self.hand_on().await?;
        // As many as recovery has room for: what is taken over is this node's to finish.
        let room = self.taken.capacity();
        self.store.take_over(now_ms, room, &mut self.owed).await?;
        self.hand_on().await
    }

    async fn hand_on(&mut self) -> Result<(), StoreError> {
        while let Some(number) = self.owed.first() {
            if let Some(entry) = self.store.entry_by_number(*number).await? {
                let id = entry.id.clone();
                if self.taken.try_send(Left::Open(entry)).is_err() {
                    log::warn!("{id}: its node is gone; it is finished here as soon as there is room");
                    return Ok(());
                }
                log::warn!("{id}: its node is gone; it is finished here");
            }
            self.owed.remove(0);
        }
        Ok(())
    }
}
