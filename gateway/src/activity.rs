//! Whether anything moves on a caller's connection. An answer that stands still holds two connections and a place among
//! the callers: the instance may have stopped in its middle, or the caller may have stopped reading.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::Poll;
use std::time::Duration;

use crate::observed_stream::Observer;
use crate::time_limits::{Cut, TimeLimits};

/// How many looks in a row must find that nothing moved. A limit is divided by it: what stands still is closed after the
/// limit and before one and a half times as long.
const STILL_LOOKS: u32 = 2;

/// What is known of one caller's connection. Shared, on one thread, by its stream, by the answers on it, and by the one
/// timer that looks at them. A byte that moves only raises a number: neither a clock is read nor a timer set for it.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    /// Wraps around.
    moves: Cell<u32>,
    /// At the last look.
    seen_moves: Cell<u32>,
    still_looks: Cell<u32>,
    /// Further looks at which an instance may have said nothing.
    patience: Cell<u32>,
    /// A request has come, and its answer has not ended.
    under_way: Cell<bool>,
    /// The instance whose answer is under way.
    answering: Cell<Option<SocketAddr>>,
    /// Bytes are ready for the caller, who does not take them.
    is_caller_full: Cell<bool>,
    /// A request was refused, and the caller may still be sending it.
    refused: Cell<bool>,
    /// What the route of the answer under way allows for it; `None`: nothing of its own.
    limits: RefCell<Option<Box<TimeLimits>>>,
}

/// Why a connection is closed: nothing moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stalled {
    /// The instance sends no more.
    Instance(SocketAddr),
    /// The caller takes no more.
    Caller,
}

impl Activity {
    /// A byte went either way.
    pub(crate) fn moved(&self) {
        self.moves.set(self.moves.get().wrapping_add(1));
    }

    /// An answer was asked for more, and this is whether there was some: of one request among others on a connection, whose
    /// bytes cannot be told from theirs. Unless it is asked again, its caller takes no more.
    pub(crate) fn offered(&self, is_some: bool) {
        self.is_caller_full.set(is_some);
        if is_some {
            self.moved();
        }
    }

    /// A number that changes with what moves.
    pub(crate) fn moves(&self) -> u32 {
        self.moves.get()
    }

    /// A request is under way, or no longer.
    pub(crate) fn set_under_way(&self, is_under_way: bool) {
        self.under_way.set(is_under_way);
    }

    /// Whether the caller waits for an answer: what it has sent behind its request waits too.
    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.get()
    }

    /// An instance's answer is under way, or no longer.
    pub(crate) fn set_answering(&self, instance: Option<SocketAddr>) {
        self.patience.set(0);
        if instance.is_none() {
            self.limits.take();
        }
        self.answering.set(instance);
        self.moved();
    }

    /// What the route of the answer that begins allows for it.
    pub(crate) fn limit(&self, limits: Option<Box<TimeLimits>>) {
        self.limits.replace(limits);
    }

    /// What a route allows, of what is known of it.
    pub(crate) fn limited<T>(&self, known: impl FnOnce(&TimeLimits) -> Option<T>) -> Option<T> {
        self.limits.borrow().as_deref().and_then(known)
    }

    /// When the answer under way goes beyond what its route allows. To be polled behind what carries the answer on: that
    /// is where limits are set.
    pub(crate) async fn cut(&self) -> Cut {
        poll_fn(|cx| match &mut *self.limits.borrow_mut() {
            Some(limits) => limits.poll(cx, self.moves.get()),
            None => Poll::Pending,
        })
        .await
    }

    /// Its instance may be silent for this long, where others may for `limit`.
    pub(crate) fn set_patience(&self, silence: Duration, limit: Duration) {
        let looks = silence.as_nanos().div_ceil(Self::between_looks(limit).as_nanos().max(1));
        self.patience.set(u32::try_from(looks).unwrap_or(u32::MAX).saturating_sub(STILL_LOOKS));
    }

    /// A request is refused, and the connection with it.
    pub(crate) fn set_refused(&self) {
        self.refused.set(true);
    }

    /// Whether the caller may still be sending what nobody will read.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused.get()
    }

    /// How often to look.
    pub(crate) fn between_looks(limit: Duration) -> Duration {
        limit / STILL_LOOKS
    }

    /// What stands still for too long. Between two requests nothing moves, and nothing needs to: how long that may last
    /// is the head's time-out.
    pub(crate) fn look(&self) -> Option<Stalled> {
        let moves = self.moves.get();
        let still = if self.seen_moves.replace(moves) != moves { 0 } else { self.still_looks.get().saturating_add(1) };
        self.still_looks.set(still);
        if still < STILL_LOOKS {
            None
        } else if self.is_caller_full.get() {
            Some(Stalled::Caller)
        } else if still < STILL_LOOKS.saturating_add(self.patience.get()) {
            None
        } else {
            self.answering.get().map(Stalled::Instance)
        }
    }
}

impl Observer for Activity {
    fn received(&self, _bytes: &[u8]) {
        self.moved();
    }

    fn written(&self, outcome: &Poll<io::Result<usize>>) {
        self.is_caller_full.set(outcome.is_pending());
        if outcome.is_ready() {
            self.moved();
        }
    }
}

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance(address) => write!(f, "the instance at {address} stopped in the middle of its answer"),
            Self::Caller => f.write_str("a caller stopped reading its answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_still_for_two_looks_is_told() {
        let instance = SocketAddr::from(([127, 0, 0, 2], 80));
        let activity = Activity::default();
        // An idle connection.
        assert_eq!([(); 4].map(|()| activity.look()), [None; 4]);
        activity.set_answering(Some(instance));
        let stalled = Some(Stalled::Instance(instance));
        assert_eq!([(); 3].map(|()| activity.look()), [None, None, stalled]);
        activity.moved();
        assert_eq!([(); 3].map(|()| activity.look()), [None, None, stalled]);
        activity.written(&Poll::Pending);
        assert_eq!(activity.look(), Some(Stalled::Caller));
        activity.written(&Poll::Ready(Ok(1)));
        // Four times as long as others.
        activity.set_patience(Duration::from_secs(240), Duration::from_secs(60));
        assert_eq!([(); 8].map(|()| activity.look()), [None; 8]);
        assert_eq!(activity.look(), stalled);
        activity.moved();
        activity.written(&Poll::Pending);
        assert_eq!([(); 3].map(|()| activity.look()), [None, None, Some(Stalled::Caller)]);
        activity.written(&Poll::Ready(Ok(1)));
        activity.set_answering(None);
        assert_eq!([(); 4].map(|()| activity.look()), [None; 4]);
    }
}
