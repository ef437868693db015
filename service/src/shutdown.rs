//! One signal that tells all loops of a process to stop.

use std::io;

use tokio::sync::watch;

/// Cheap to clone; every clone sees the one signal. It cannot be taken back.
#[derive(Clone)]
pub struct Shutdown(watch::Sender<Signal>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Signal {
    None,
    /// Requests under way are finished, registrations taken back.
    Stop,
    /// As if the process were killed: nothing is finished, nobody is told.
    Abort,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// Not yet signalled.
    pub fn new() -> Self {
        Self(watch::Sender::new(Signal::None))
    }

    /// Tells all who wait.
    pub fn trigger(&self) {
        self.raise(Signal::Stop);
    }

    /// Ends everything at once, as a kill would: nothing is finished, nobody is told. For a harness that plays a crash.
    pub fn abort(&self) {
        self.raise(Signal::Abort);
    }

    /// Whether it was signalled, either way.
    pub fn is_triggered(&self) -> bool {
        *self.0.borrow() != Signal::None
    }

    /// Whether it is an end without a goodbye.
    pub fn is_aborted(&self) -> bool {
        *self.0.borrow() == Signal::Abort
    }

    /// Waits for the signal, either way. Returns at once when it was given before.
    pub async fn wait(&self) {
        self.reached(Signal::Stop).await;
    }

    /// Waits for the end without a goodbye.
    pub async fn aborted(&self) {
        self.reached(Signal::Abort).await;
    }

    fn raise(&self, signal: Signal) {
        self.0.send_if_modified(|given| {
            let is_more = *given < signal;
            *given = signal.max(*given);
            is_more
        });
    }

    async fn reached(&self, signal: Signal) {
        // We hold the sender ourselves, so the channel cannot close.
        let _ = self.0.subscribe().wait_for(|given| *given >= signal).await;
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn an_abort_is_a_stop_too_and_is_not_taken_back() {
        let shutdown = Shutdown::new();
        assert!(shutdown.wait().now_or_never().is_none());
        shutdown.trigger();
        assert!(shutdown.wait().now_or_never().is_some());
        assert!(shutdown.aborted().now_or_never().is_none() && !shutdown.is_aborted());
        shutdown.abort();
        shutdown.trigger();
        assert!(shutdown.aborted().now_or_never().is_some() && shutdown.is_aborted() && shutdown.is_triggered());
    }
}
