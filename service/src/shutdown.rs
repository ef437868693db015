//! One signal that tells all loops of a process to stop.

use std::io;

use tokio::sync::watch;

/// Cheap to clone; every clone sees the one signal. It cannot be taken back.
#[derive(Clone)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// Not yet signalled.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Tells all who wait.
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was signalled.
    pub fn is_triggered(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the signal. Returns at once when it was given before.
    pub async fn wait(&self) {
        // We hold the sender ourselves, so the channel cannot close.
        let _ = self.0.subscribe().wait_for(|triggered| *triggered).await;
    }

    /// Triggers on Ctrl-C and SIGTERM.
    ///
    /// # Errors
    /// When the operating system refuses the handlers.
    pub fn on_signals(&self) -> io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "Ctrl-C",
            };
            log::info!("{name}: stopping; requests under way are finished first");
            shutdown.trigger();
        });
        Ok(())
    }
}
