//! The requests under way of one connection of HTTP/2. Each has a task of its own, which ends with the caller's reset, with the
//! connection, or when its answer stands still: then its caller is sent a reset, and the others go on.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use hyper::rt::Executor;
use tokio::time::timeout;

use super::super::stalled::{say_cut, say_stalled};
use super::frames::Flood;
use crate::activity::Activity;
use crate::worker::Worker;

/// Looks in a row that find no request until the connection is asked to end; after as many more it is closed.
const IDLE_LOOKS: u32 = 2;

/// Shared, on one thread, by the connection and its requests.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: Cell<usize>,
    has_moved: Cell<bool>,
    idle_looks: Cell<u32>,
    /// Of the request that was called last and has no task yet.
    begun: RefCell<Option<Rc<Activity>>>,
    flood: Cell<Option<Flood>>,
    has_resets: Cell<bool>,
}

/// What a look finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idle {
    /// There are requests, or were some a moment ago.
    No,
    /// There is none: the connection may end.
    Ending,
    /// It should have ended.
    Ended,
}

impl Streams {
    /// A request begins; its task follows at once.
    pub(super) fn begin(&self, activity: Rc<Activity>) {
        self.begun.replace(Some(activity));
    }

    pub(super) fn set_flood(&self, flood: Flood) {
        self.flood.set(Some(flood));
    }

    pub(super) fn flood(&self) -> Option<Flood> {
        self.flood.get()
    }

    pub(super) fn set_has_resets(&self, has_resets: bool) {
        self.has_resets.set(has_resets);
    }

    /// A caller who takes requests back may have taken this one back in the same breath: hyper asks only once its future waits.
    /// Without it each would cost a connection to an instance, which is closed with the request on it.
    pub(super) async fn not_taken_back(&self) {
        if self.has_resets.get() {
            tokio::task::yield_now().await;
        }
    }

    /// Whether the connection is used.
    pub(super) fn look(&self) -> Idle {
        if self.has_moved.take() || self.open.get() > 0 {
            self.idle_looks.set(0);
            return Idle::No;
        }
        let looks = self.idle_looks.get() + 1;
        self.idle_looks.set(looks);
        match looks {
            ..IDLE_LOOKS => Idle::No,
            IDLE_LOOKS => Idle::Ending,
            _ if looks < 2 * IDLE_LOOKS => Idle::No,
            _ => Idle::Ended,
        }
    }

    fn count(&self, open: usize) {
        self.open.set(open);
        self.has_moved.set(true);
    }
}

/// Runs the requests of one connection on its thread.
#[derive(Clone)]
pub(super) struct StreamTasks {
    pub(super) worker: Rc<Worker>,
    pub(super) peer: SocketAddr,
    pub(super) streams: Rc<Streams>,
}

impl<F> Executor<F> for StreamTasks
where
    F: Future<Output = ()> + 'static,
{
    fn execute(&self, request: F) {
        // hyper calls the service and hands its future over in one go: it is the one that has just begun. What sends for a stream
        // that has left HTTP comes here too, has begun before, and is under way until it ends.
        let activity = self.streams.begun.take().unwrap_or_default();
        tokio::task::spawn_local(run(request, Open::new(Rc::clone(&self.streams)), activity, self.clone()));
    }
}

async fn run(request: impl Future<Output = ()>, _open: Open, activity: Rc<Activity>, tasks: StreamTasks) {
    let mut request = pin!(request);
    let between_looks = Activity::between_looks(Duration::from_millis(tasks.worker.config.stall_timeout_ms));
    // What is dropped sends a reset.
    loop {
        tokio::select! {
            biased;
            outcome = timeout(between_looks, request.as_mut()) => match outcome.is_err().then(|| activity.look()) {
                None => return,
                Some(Some(stalled)) => return say_stalled(&tasks.worker, stalled, tasks.peer),
                Some(None) => {}
            },
            cut = activity.cut() => return say_cut(&tasks.worker, &cut, tasks.peer),
        }
    }
}

/// A request under way.
struct Open(Rc<Streams>);

impl Open {
    fn new(streams: Rc<Streams>) -> Self {
        streams.count(streams.open.get() + 1);
        Self(streams)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.count(self.0.open.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_without_requests_is_asked_to_end_and_then_closed() {
        let streams = Rc::new(Streams::default());
        let look = || streams.look();
        assert_eq!([(); 4].map(|()| look()), [Idle::No, Idle::Ending, Idle::No, Idle::Ended]);
        let open = Open::new(Rc::clone(&streams));
        assert_eq!([(); 9].map(|()| look()), [Idle::No; 9]);
        drop(open);
        assert_eq!([(); 5].map(|()| look()), [Idle::No, Idle::No, Idle::Ending, Idle::No, Idle::Ended]);
    }
}
