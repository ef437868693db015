//! Where a caller's body stands.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

use super::Failure;
use crate::limits::Limits;

/// How a caller is too slow with its body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slow {
    /// It has paused for too long.
    Pause,
    /// It has paused for too long in all, for what has come.
    Rate,
    /// It has paused for longer than the request's route allows.
    Idle,
}

/// Where a body stands. Real time: it is compared with the time-out of a socket operation.
#[derive(Debug)]
pub(crate) struct Progress {
    bytes: Cell<u64>,
    moved: Cell<Instant>,
    ended: Cell<bool>,
    failure: Cell<Option<Failure>>,
    /// Since when it is the caller who must send more, and how long that was so before.
    waits_since: Cell<Option<Instant>>,
    waited: Cell<Duration>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            bytes: Cell::new(0),
            moved: Cell::new(Instant::now()),
            ended: Cell::new(false),
            failure: Cell::new(None),
            waits_since: Cell::new(None),
            waited: Cell::new(Duration::ZERO),
        }
    }

    /// When it last moved on.
    pub(crate) fn moved(&self) -> Instant {
        self.moved.get()
    }

    /// Bytes that have been handed over.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    /// Whether all of it has been handed over.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.get()
    }

    /// Why it will not go on.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.failure.get()
    }

    /// Whether it is the caller who must send more.
    pub(crate) fn is_awaited(&self) -> bool {
        self.waits_since.get().is_some()
    }

    /// Until when the caller is waited for, and by which limit; `None`: it is not the caller who must send more.
    pub(crate) fn caller_deadline(&self, limits: &Limits) -> Option<(Instant, Slow)> {
        let since = self.waits_since.get()?;
        let in_all = limits.body_wait_max(self.bytes.get()).map(|in_all| in_all.saturating_sub(self.waited.get()));
        let pause = limits.body_pause_max();
        match in_all.filter(|in_all| *in_all < pause) {
            Some(in_all) => Some((since + in_all, Slow::Rate)),
            None => Some((since + pause, Slow::Pause)),
        }
    }

    pub(super) fn waits(&self) {
        if self.waits_since.get().is_none() {
            self.waits_since.set(Some(Instant::now()));
        }
    }

    pub(super) fn goes_on(&self, bytes: usize) {
        let now = Instant::now();
        if let Some(since) = self.waits_since.take() {
            self.waited.set(self.waited.get().saturating_add(now - since));
        }
        self.bytes.set(self.bytes.get().saturating_add(bytes as u64));
        self.moved.set(now);
    }

    pub(super) fn set_ended(&self, ended: bool) {
        self.ended.set(ended);
    }

    pub(super) fn fails(&self, failure: Failure) {
        self.failure.set(Some(failure));
    }

    /// It begins anew.
    pub(super) fn rewound(&self) {
        self.ended.set(false);
        self.moved.set(Instant::now());
    }
}
