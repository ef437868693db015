//! How an entry comes to the loop that tells the gateways.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use eurus_service::{Clock, Timer};
use tokio::sync::{mpsc, oneshot};

use super::batch::{Batch, GroupsByApp};
use super::outcome::{Outcome, Told};
use crate::entry::Entry;

/// Calls that may be open, waiting or under way, over all entries: beyond, no new request is accepted.
const OPEN_CALLS_MAX: usize = 10_000;

/// Where entries are handed to the loop.
#[derive(Clone)]
pub struct Courier {
    inbox: mpsc::Sender<Letter>,
    open_calls: Arc<AtomicUsize>,
    retry_for_ms: i64,
    clock: Clock,
}

/// What the loop is told.
pub(super) enum Letter {
    /// There is something to tell.
    Entry(Box<Delivery>),
    /// A gateway announced itself: it may be waited for. With a timer, as a delivery.
    NodeCame(Timer),
}

/// An entry on its way to the loop.
pub(super) struct Delivery {
    pub(super) batch: Batch,
    /// Signalled when all have acknowledged, or the wait is over.
    pub(super) told: oneshot::Sender<Told>,
    /// What the entry is so far.
    pub(super) outcome: Outcome,
    /// On a manual clock no time passes until the loop has taken this in.
    pub(super) arriving: Timer,
}

impl Courier {
    pub(super) fn new(
        inbox: mpsc::Sender<Letter>,
        open_calls: Arc<AtomicUsize>,
        retry_for_ms: i64,
        clock: Clock,
    ) -> Self {
        Self { inbox, open_calls, retry_for_ms, clock }
    }

    /// Whether the loop can take more in.
    pub fn has_room(&self) -> bool {
        self.open_calls.load(Ordering::Relaxed) < OPEN_CALLS_MAX
    }

    /// Calls that are open, waiting or under way.
    pub(crate) fn open_calls(&self) -> usize {
        self.open_calls.load(Ordering::Relaxed)
    }

    /// Hands an entry over; the receiver hears when all nodes have acknowledged, or when the answer should not wait
    /// longer. It hears nothing (its sender is dropped) when the service stops: the journal has the rest.
    pub async fn deliver(&self, entry: &Entry, groups: &GroupsByApp) -> oneshot::Receiver<Told> {
        let (told, hears) = oneshot::channel();
        let outcome = Outcome::begun(entry);
        let batch = Batch::of(entry, groups, entry.created_ms.saturating_add(self.retry_for_ms));
        let arriving = self.clock.timer("entry for the gateways");
        if self.inbox.send(Letter::Entry(Box::new(Delivery { batch, outcome, told, arriving }))).await.is_err() {
            log::warn!("{}: the service stops; its gateways are told after the next start", entry.id);
        }
        hears
    }

    /// A gateway has announced itself.
    pub fn node_came(&self) {
        // With a full inbox, or at the end, it is seen by the next look.
        let _ = self.inbox.try_send(Letter::NodeCame(self.clock.timer("entry for the gateways")));
    }
}
