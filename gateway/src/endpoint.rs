//! One instance at one address, as requests meet it. The object lives on across snapshots: what is counted here
//! counts for requests that picked it from any of them.

mod passing_over;
#[cfg(test)]
mod tests;
mod ticket;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::destination::{Destination, Destinations};
use crate::tally::InstanceTally;
use crate::traffic::Traffic;
pub(crate) use ticket::{StartTicket, UnderWay};

/// The end of a pause that is none.
const NOT_REFUSED: i64 = i64::MIN;

/// Where requests can go.
///
/// **The barrier.** A request that picked this endpoint takes a [`StartTicket`] after its last wait and before its
/// first byte; [`start`](Self::start) raises `starting` and only then looks at `open`. A writer lowers `open` and only
/// then looks at `starting`. All four are sequentially consistent: one of the two always sees the other, so once the
/// writer has seen zero, no request can begin here that did not see `open` first.
#[derive(Debug)]
pub(crate) struct Endpoint {
    application: String,
    instance_id: String,
    destinations: Destinations,
    /// Of no other endpoint since the start.
    number: u64,
    open: AtomicBool,
    /// Requests between their last look at `open` and their first byte.
    starting: AtomicUsize,
    /// Told when `starting` falls to zero while closed, and on opening.
    changed: Notify,
    traffic: Traffic,
    tally: Arc<InstanceTally>,
    refused_until_ms: AtomicI64,
    /// Refused connections since it last accepted one; and until when none is to be told again.
    refusals: AtomicU64,
    told_until_ms: AtomicI64,
    /// Requests in a row that were not answered, and whether it is passed over for them.
    failures: AtomicU32,
    is_failing: AtomicBool,
}

/// How waiting for a closed endpoint ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quiet {
    /// No request picked before can begin here any more.
    Reached,
    /// It was opened again meanwhile.
    Reopened,
}

impl Endpoint {
    /// Closed, until a writer opens it; counted by itself.
    #[cfg(test)]
    pub(crate) fn new(application: &str, instance_id: &str, address: SocketAddr) -> Self {
        Self::counted(application, instance_id, address.into(), Arc::default())
    }

    /// Closed, until a writer opens it.
    pub(crate) fn counted(
        application: &str,
        instance_id: &str,
        destinations: Destinations,
        tally: Arc<InstanceTally>,
    ) -> Self {
        static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);
        Self {
            application: application.to_owned(),
            instance_id: instance_id.to_owned(),
            destinations,
            number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed),
            open: AtomicBool::new(false),
            starting: AtomicUsize::new(0),
            changed: Notify::new(),
            traffic: Traffic::default(),
            tally,
            refused_until_ms: AtomicI64::new(NOT_REFUSED),
            refusals: AtomicU64::new(0),
            told_until_ms: AtomicI64::new(NOT_REFUSED),
            failures: AtomicU32::new(0),
            is_failing: AtomicBool::new(false),
        }
    }

    /// Upper-case application name.
    pub(crate) fn application(&self) -> &str {
        &self.application
    }

    /// Instance id.
    pub(crate) fn instance_id(&self) -> &str {
        &self.instance_id
    }

    /// Where it is called.
    pub(crate) fn address(&self) -> SocketAddr {
        self.destinations.main.address
    }

    /// Where it is called, and what is spoken there.
    pub(crate) fn destination(&self) -> &Destination {
        &self.destinations.main
    }

    /// The same, for gRPC.
    pub(crate) fn grpc_destination(&self) -> &Destination {
        self.destinations.grpc.as_ref().unwrap_or(&self.destinations.main)
    }

    /// By which connections to it are known.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// What is counted for the metrics.
    pub(crate) fn tally(&self) -> &InstanceTally {
        &self.tally
    }

    /// Requests whose first byte was written here since the start.
    pub(crate) fn requests(&self) -> u64 {
        self.traffic.begun()
    }

    /// Requests that have leave to begin here, or have begun and whose answer has not ended. Never too few; one that
    /// begins or ends meanwhile may count although it is over, and whoever waits for none is told of its end.
    pub(crate) fn under_way(&self) -> u64 {
        // In this order: a request is in the second count before it leaves the first.
        let starting = self.starting() as u64;
        starting + self.traffic.under_way()
    }

    /// Whether so many requests are under way, or more; upgraded connections do not count.
    pub(crate) fn is_busy(&self, requests_max: u64) -> bool {
        let under_way = self.under_way();
        under_way >= requests_max && under_way.saturating_sub(self.upgraded()) >= requests_max
    }

    /// Requests that became upgraded connections here since the start.
    pub(crate) fn upgrades(&self) -> u64 {
        self.traffic.upgrades()
    }

    /// Of the requests under way: those that are upgraded connections.
    pub(crate) fn upgraded(&self) -> u64 {
        self.traffic.upgraded()
    }

    /// Waits until no request is under way. At an open endpoint the next one may begin at once.
    pub(crate) async fn idle(&self) {
        let watch = self.traffic.watch();
        loop {
            let idle = watch.idle();
            tokio::pin!(idle);
            // Registered before the look, so that no end in between is missed.
            idle.as_mut().enable();
            if self.under_way() == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Leave to write the first byte of one request; `None` when the endpoint is closed.
    pub(crate) fn start(self: &Arc<Self>) -> Option<StartTicket> {
        self.starting.fetch_add(1, Ordering::SeqCst);
        let ticket = StartTicket::new(Arc::clone(self));
        // The ticket of a closed endpoint is given back by its drop.
        self.open.load(Ordering::SeqCst).then_some(ticket)
    }

    /// Lets requests begin. For the directory only.
    pub(crate) fn open(&self) {
        if !self.open.swap(true, Ordering::SeqCst) {
            self.changed.notify_waiters();
        }
    }

    /// Lets no further request begin. For the directory only, after the snapshot without it is published: a request
    /// that is turned away here finds the new snapshot.
    pub(crate) fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
    }

    /// Whether requests may begin here.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// Requests between their last look and their first byte.
    pub(crate) fn starting(&self) -> usize {
        self.starting.load(Ordering::SeqCst)
    }

    /// Waits until a closed endpoint is quiet.
    pub(crate) async fn quiet(&self) -> Quiet {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change in between is missed.
            changed.as_mut().enable();
            if self.is_open() {
                return Quiet::Reopened;
            }
            if self.starting() == 0 {
                return Quiet::Reached;
            }
            changed.await;
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} at {}", self.application, self.instance_id, self.address())
    }
}

impl Endpoint {
    fn give_start_back(&self) {
        if self.starting.fetch_sub(1, Ordering::SeqCst) == 1 && !self.is_open() {
            self.changed.notify_waiters();
        }
    }

    /// Only when somebody waits: telling takes a lock.
    fn tell_if_idle(&self) {
        if self.traffic.is_watched() && self.under_way() == 0 {
            self.traffic.tell_idle();
        }
    }
}
