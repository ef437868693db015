//! What has happened since the start, counted. Whoever shows it reads it from here; nothing is decided by it.

use std::sync::atomic::{AtomicU64, Ordering};

use eurus_service::counting::{Grid, Histogram, Sharded};
use eurus_service::label;

use crate::entry::{Ack, Entry, EntryState};
use crate::error::Refusal;
use crate::request::Kind;

label! {
    /// Which way.
    pub(crate) enum Way as "kind" {
        Offline = "offline",
        Online = "online",
    }
}

label! {
    /// What an order was answered.
    pub(crate) enum Outcome as "outcome" {
        Done = "done",
        /// Some gateway is still being told, or an instance was refused.
        Partial = "partial",
        Failed = "failed",
        /// Answered before its end: a rolling one, or one that somebody else carries out.
        Begun = "begun",
        NoInstance = "no_instance",
        TooManyInstances = "too_many_instances",
        NotAllowed = "not_allowed",
        LastUp = "last_up",
        KeepPercent = "keep_percent",
        Registry = "registry",
        IdempotencyKey = "idempotency_key",
        Busy = "busy",
        Store = "store",
    }
}

label! {
    /// What a call to a gateway came to.
    pub(crate) enum Told as "outcome" {
        Applied = "applied",
        Superseded = "superseded",
        PassedOver = "passed_over",
        /// It is called again.
        Again = "again",
        Rejected = "rejected",
        Gone = "gone",
        Refused = "refused",
        GaveUp = "gave_up",
    }
}

label! {
    /// What became of an offline that holds.
    pub(crate) enum Held as "event" {
        /// The registry had forgotten it.
        AssertedAgain = "asserted_again",
        /// Its time was over.
        BroughtBack = "brought_back",
        /// With the registration, or because somebody else brought the instance back.
        Ended = "ended",
    }
}

label! {
    /// Of an answer's status.
    pub(crate) enum Class as "class" {
        Success = "2xx",
        Redirection = "3xx",
        CallerError = "4xx",
        ServerError = "5xx",
    }
}

/// All counters.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Sharded<Counts>,
    /// As the holding loop saw them last.
    offlines_held: AtomicU64,
}

/// See the metrics of the same names.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) answers: Grid<(Class,)>,
    pub(crate) orders: Grid<(Way, Outcome)>,
    pub(crate) order_time: Grid<(Way,), Histogram>,
    pub(crate) calls: Grid<(Told,)>,
    pub(crate) acknowledged: Grid<(), Histogram>,
    pub(crate) held: Grid<(Held,)>,
}

impl Tally {
    /// Of this thread.
    pub(crate) fn mine(&self) -> &Counts {
        self.counts.mine()
    }

    pub(crate) fn counts(&self) -> &Sharded<Counts> {
        &self.counts
    }

    /// An order was answered, so long after it was asked.
    pub(crate) fn order(&self, kind: Kind, answered: &Result<Entry, Refusal>, took_us: i64) {
        let way = match kind {
            Kind::Offline => Way::Offline,
            Kind::Online => Way::Online,
        };
        let mine = self.mine();
        mine.orders.count((way, Outcome::of(answered)));
        // A refusal takes no time, and waiting for the end of a rolling one is not what is measured.
        if answered.as_ref().is_ok_and(|entry| entry.plan.is_none() && entry.drain.is_none()) {
            mine.order_time.cell((way,)).observe_ns(took_us.saturating_mul(1_000));
        }
    }

    /// A gateway was called.
    pub(crate) fn call(&self, ack: &Ack, latency_us: Option<i64>) {
        let mine = self.mine();
        mine.calls.count((Told::of(ack),));
        if let Some(latency_us) = latency_us.filter(|_| *ack == Ack::Applied) {
            mine.acknowledged.cell(()).observe_ns(latency_us.saturating_mul(1_000));
        }
    }

    /// So many offlines hold.
    pub(crate) fn set_offlines_held(&self, count: usize) {
        self.offlines_held.store(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn offlines_held(&self) -> u64 {
        self.offlines_held.load(Ordering::Relaxed)
    }
}

impl Outcome {
    fn of(answered: &Result<Entry, Refusal>) -> Self {
        match answered {
            Ok(entry) => match entry.state {
                EntryState::Done => Self::Done,
                EntryState::Partial | EntryState::Notifying => Self::Partial,
                EntryState::Failed => Self::Failed,
                EntryState::Recorded => Self::Begun,
            },
            Err(refusal) => match refusal {
                Refusal::NoInstance { .. } => Self::NoInstance,
                Refusal::TooMany { .. } => Self::TooManyInstances,
                Refusal::NotAllowed { .. } => Self::NotAllowed,
                Refusal::LastUp { .. } => Self::LastUp,
                Refusal::KeepPercent { .. } => Self::KeepPercent,
                Refusal::Registry { .. } | Refusal::Unknown { .. } => Self::Registry,
                Refusal::KeyReused { .. } => Self::IdempotencyKey,
                Refusal::Busy(_) => Self::Busy,
                Refusal::Store(_) | Refusal::Unfinished { .. } => Self::Store,
            },
        }
    }
}

impl Told {
    fn of(ack: &Ack) -> Self {
        match ack {
            Ack::Applied => Self::Applied,
            Ack::Superseded => Self::Superseded,
            Ack::PassedOver(_) => Self::PassedOver,
            Ack::Pending | Ack::Retrying(_) => Self::Again,
            Ack::Rejected(_) => Self::Rejected,
            Ack::Gone => Self::Gone,
            Ack::Refused(_) => Self::Refused,
            Ack::GaveUp(_) => Self::GaveUp,
        }
    }
}

impl Class {
    /// Of a status.
    pub(crate) fn of(status: u16) -> Self {
        match status {
            0..=299 => Self::Success,
            300..=399 => Self::Redirection,
            400..=499 => Self::CallerError,
            _ => Self::ServerError,
        }
    }
}
