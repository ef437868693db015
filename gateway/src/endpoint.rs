//! One instance at one address, as requests meet it. The object lives on across snapshots: what is counted here
//! counts for requests that picked it from any of them.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::sync::Notify;

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
    address: SocketAddr,
    authority: Bytes,
    open: AtomicBool,
    /// Requests between their last look at `open` and their first byte.
    starting: AtomicUsize,
    /// Told when `starting` falls to zero while closed, and on opening.
    changed: Notify,
    requests: AtomicU64,
    refused_until_ms: AtomicI64,
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
    /// Closed, until a writer opens it.
    pub(crate) fn new(application: &str, instance_id: &str, address: SocketAddr) -> Self {
        Self {
            application: application.to_owned(),
            instance_id: instance_id.to_owned(),
            address,
            authority: Bytes::from(address.to_string()),
            open: AtomicBool::new(false),
            starting: AtomicUsize::new(0),
            changed: Notify::new(),
            requests: AtomicU64::new(0),
            refused_until_ms: AtomicI64::new(NOT_REFUSED),
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

    /// Where to connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a `Host` header says it.
    pub(crate) fn authority(&self) -> Bytes {
        self.authority.clone()
    }

    /// Requests whose first byte was written here since the start.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Leave to write the first byte of one request; `None` when the endpoint is closed.
    pub(crate) fn start(self: &Arc<Self>) -> Option<StartTicket> {
        self.starting.fetch_add(1, Ordering::SeqCst);
        let ticket = StartTicket { endpoint: Arc::clone(self) };
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

    /// Leave to go to an endpoint that is not refused. Always, but for one whose pause is over and that has accepted no
    /// connection since: of it, for the first who asks, and for everybody else after another pause.
    pub(crate) fn claim(&self, now_ms: i64, pause_ms: i64) -> bool {
        let until_ms = self.refused_until_ms.load(Ordering::Relaxed);
        let next_ms = now_ms.saturating_add(pause_ms);
        let renewed =
            || self.refused_until_ms.compare_exchange(until_ms, next_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        until_ms == NOT_REFUSED || (until_ms <= now_ms && renewed())
    }

    /// It accepted a connection; whether it had refused one before.
    pub(crate) fn set_connected(&self) -> bool {
        // The common case only reads: a cache line that nobody writes can be read by all.
        self.refused_until_ms.load(Ordering::Relaxed) != NOT_REFUSED
            && self.refused_until_ms.swap(NOT_REFUSED, Ordering::Relaxed) != NOT_REFUSED
    }

    /// Whether it refused the last connection.
    pub(crate) fn has_refused(&self) -> bool {
        self.refused_until_ms.load(Ordering::Relaxed) != NOT_REFUSED
    }

    /// It refused a connection: others are preferred until then.
    pub(crate) fn set_refused_until(&self, until_ms: i64) {
        self.refused_until_ms.store(until_ms, Ordering::Relaxed);
    }

    /// Whether it refused a connection a short time ago.
    pub(crate) fn is_refused(&self, now_ms: i64) -> bool {
        now_ms < self.refused_until_ms.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} at {}", self.application, self.instance_id, self.address)
    }
}

/// Leave to write the first byte of one request to one endpoint. Dropped with the first byte, or when none will be written.
#[derive(Debug)]
pub(crate) struct StartTicket {
    endpoint: Arc<Endpoint>,
}

impl StartTicket {
    /// The first byte is written. Counted before the ticket is given back, so that a writer who sees an endpoint
    /// quiet also sees its final count.
    pub(crate) fn first_byte_written(self) {
        self.endpoint.requests.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for StartTicket {
    fn drop(&mut self) {
        if self.endpoint.starting.fetch_sub(1, Ordering::SeqCst) == 1 && !self.endpoint.is_open() {
            self.endpoint.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;

    use super::*;

    fn endpoint() -> Arc<Endpoint> {
        Arc::new(Endpoint::new("APP", "1", SocketAddr::from(([127, 0, 0, 2], 80))))
    }

    #[tokio::test]
    async fn a_closed_endpoint_is_quiet_when_its_last_ticket_is_back() {
        let endpoint = endpoint();
        assert!(endpoint.start().is_none());
        assert_eq!(endpoint.starting(), 0);
        endpoint.open();
        let (written, dropped) = (endpoint.start().unwrap(), endpoint.start().unwrap());
        endpoint.close();
        assert!(endpoint.start().is_none());
        let quiet = endpoint.quiet();
        tokio::pin!(quiet);
        assert!(quiet.as_mut().now_or_never().is_none());
        written.first_byte_written();
        assert!(quiet.as_mut().now_or_never().is_none());
        drop(dropped);
        assert_eq!(quiet.await, Quiet::Reached);
        assert_eq!(endpoint.requests(), 1);
    }

    #[tokio::test]
    async fn opening_ends_the_wait() {
        let endpoint = endpoint();
        endpoint.open();
        let _ticket = endpoint.start().unwrap();
        endpoint.close();
        let quiet = endpoint.quiet();
        tokio::pin!(quiet);
        assert!(quiet.as_mut().now_or_never().is_none());
        endpoint.open();
        assert_eq!(quiet.await, Quiet::Reopened);
    }

    #[test]
    fn after_the_pause_only_the_first_may_go_there() {
        let endpoint = endpoint();
        assert!(endpoint.claim(5, 10) && endpoint.claim(5, 10));
        endpoint.set_refused_until(10);
        assert!(!endpoint.claim(9, 10));
        assert!(endpoint.claim(10, 10));
        // As one that looked before the first had renewed the pause.
        assert!(!endpoint.claim(10, 10) && !endpoint.claim(19, 10));
        assert!(endpoint.claim(20, 10));
        assert!(endpoint.set_connected());
        assert!(endpoint.claim(20, 10) && endpoint.claim(20, 10));
    }

    /// Ends the threads of a test, also when it fails.
    struct StopOnDrop<'a>(&'a AtomicBool);

    impl Drop for StopOnDrop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Threads start requests as fast as they can while the endpoint is closed and opened: once it is quiet, the
    /// count of first bytes stands still.
    #[test]
    fn no_first_byte_after_quiet() {
        let endpoint = endpoint();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let _stop_on_drop = StopOnDrop(&stop);
            for _ in 0..3 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        if let Some(ticket) = endpoint.start() {
                            ticket.first_byte_written();
                        }
                    }
                });
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            for _ in 0..300 {
                let before = endpoint.requests();
                endpoint.open();
                while endpoint.requests() == before {
                    std::thread::yield_now();
                }
                endpoint.close();
                let bounded = async { tokio::time::timeout(Duration::from_secs(10), endpoint.quiet()).await };
                assert_eq!(runtime.block_on(bounded), Ok(Quiet::Reached));
                let at_quiet = endpoint.requests();
                std::thread::yield_now();
                assert_eq!(endpoint.requests(), at_quiet);
            }
        });
    }
}
