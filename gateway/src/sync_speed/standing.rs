//! How the gateway stands with sync-speed. Written by the loop, read by the health check.

use parking_lot::Mutex;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No sync-speed is configured.
    NotAsked,
    /// At the start: nothing is served before the live marks are there, or the wait is over.
    Waiting,
    /// The wait was over before any had answered: orders from before the start are not known.
    Missing,
    /// One answered; the last time then, epoch milliseconds.
    Answered(i64),
}

/// Shared.
pub(crate) struct Standing(
    // A plain mutex: held to copy one value; no request takes it.
    Mutex<State>,
);

impl Standing {
    pub(crate) fn new(state: State) -> Self {
        Self(Mutex::new(state))
    }

    pub(crate) fn state(&self) -> State {
        *self.0.lock()
    }

    pub(super) fn set(&self, state: State) {
        *self.0.lock() = state;
    }
}
