//! The connections of one thread of the generator.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use eurus_service::Clock;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet};

use super::connection::{Connection, Scratch};
use super::schedule::{Due, Schedule};
use super::tally::{Latencies, Tally};
use super::{Load, Pace};
use crate::failure::Failure;

/// What one thread does.
pub(crate) struct Plan {
    pub(crate) load: Load,
    /// How many of the load's connections are its own.
    pub(crate) connections: usize,
    /// Its share of the load's rate.
    pub(crate) share: f64,
    pub(crate) tally: Arc<Tally>,
    pub(crate) clock: Clock,
}

/// What the connections of a thread share.
struct Lane {
    plan: Plan,
    scratch: Scratch,
    due: Due,
    latencies: RefCell<Latencies>,
    /// Since when each connection's request has been due; `None`: it waits for one.
    under_way: RefCell<Vec<Option<i64>>>,
}

impl Plan {
    /// Runs until stopped, or until all requests that are sent once are answered.
    ///
    /// # Errors
    /// When there is no runtime or no timer.
    pub(crate) fn run(self, stopped: oneshot::Receiver<()>) -> Result<Latencies, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let lane = Rc::new(Lane {
            scratch: Scratch::new(),
            due: Due::default(),
            latencies: RefCell::new(Latencies::new()?),
            under_way: RefCell::new(vec![None; self.connections]),
            plan: self,
        });
        let tasks = LocalSet::new();
        tasks.block_on(&runtime, Rc::clone(&lane).serve(stopped))?;
        // The tasks hold the lane: they end first.
        drop(tasks);
        let lane = Rc::into_inner(lane).ok_or_else(|| Failure::new("a connection outlived its thread"))?;
        Ok(lane.latencies.into_inner())
    }
}

impl Lane {
    async fn serve(self: Rc<Self>, mut stopped: oneshot::Receiver<()>) -> Result<(), Failure> {
        let mut connections = JoinSet::new();
        for number in 0..self.plan.connections {
            connections.spawn_local(Rc::clone(&self).serve_connection(number));
        }
        let schedule = match self.plan.load.pace {
            Pace::Closed => None,
            Pace::Open { per_second } => Some(Schedule::new(per_second * self.plan.share, self.plan.clock.clone())?),
        };
        let scheduled = async {
            match schedule {
                Some(schedule) => schedule.run(&self.due).await,
                None => std::future::pending().await,
            }
        };
        let finished = async { while connections.join_next().await.is_some() {} };
        let result = tokio::select! {
            _ = &mut stopped => Ok(()),
            failure = scheduled => Err(failure),
            () = finished => Ok(()),
        };
        self.record_unanswered();
        connections.shutdown().await;
        result
    }

    async fn serve_connection(self: Rc<Self>, number: usize) {
        let tally = &self.plan.tally;
        let addresses = &self.plan.load.addresses;
        let Some(address) = addresses.get(number % addresses.len().max(1)) else { return };
        let mut connection = Connection::to(*address);
        // What stands in the way shows, and is counted, with the first request.
        let _ = connection.connect().await;
        tally.stands();
        let mut outgoing = Vec::new();
        let mut made = 0;
        while !tally.is_hopeless() {
            let due_us = match self.plan.load.pace {
                Pace::Closed => self.plan.clock.now_us(),
                Pace::Open { .. } => self.due.next().await,
            };
            let Some(request) = self.plan.load.requests.next(&mut outgoing) else { break };
            self.set_under_way(number, Some(due_us));
            let result = connection.exchange(request, &self.scratch, |part| tally.receive(part.len())).await;
            self.set_under_way(number, None);
            tally.count(&result);
            tally.count_connections(connection.made - std::mem::replace(&mut made, connection.made));
            self.record(due_us);
        }
    }

    fn set_under_way(&self, number: usize, due_us: Option<i64>) {
        if let Some(entry) = self.under_way.borrow_mut().get_mut(number) {
            *entry = due_us;
        }
    }

    fn record(&self, due_us: i64) {
        let now_us = self.plan.clock.now_us();
        // A closed loop counts what ended since then, for large answers take as long as a slice.
        let moment_us = if self.plan.load.pace == Pace::Closed { now_us } else { due_us };
        if self.plan.tally.records(moment_us) {
            self.latencies.borrow_mut().record(now_us - due_us);
        }
    }

    /// Requests of an open loop that were due and are not answered have waited at least until now: leaving them out
    /// would flatter the server that is slowest.
    fn record_unanswered(&self) {
        if matches!(self.plan.load.pace, Pace::Open { .. }) {
            self.under_way.borrow().iter().flatten().for_each(|due_us| self.record(*due_us));
            self.due.drain().for_each(|due_us| self.record(due_us));
        }
    }
}
