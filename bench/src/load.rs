//! The load generator: many keep-alive connections from one thread or two, on raw TCP.
//!
//! Closed loop: each connection sends as soon as it has its answer; that finds the throughput. Open loop: requests are
//! due at a fixed rate whatever the server does, and a latency counts from the moment its request was due, so that a
//! server that stalls pays for all the requests that should have been sent meanwhile (no coordinated omission).
//!
//! | module | what |
//! |---|---|
//! | this | a load that runs: start, record, stop |
//! | `lane` | the connections of one thread |
//! | `schedule` | when requests of an open loop are due |
//! | `alarm` | waiting to the microsecond |
//! | `connection` | one exchange |
//! | `response`, `head`, `chunk` | reading its response |
//! | `requests` | what is sent |
//! | `tally` | what came of it |

pub(crate) mod broken;
pub(crate) mod connection;
pub(crate) mod requests;

mod alarm;
mod chunk;
mod head;
mod lane;
pub(crate) mod response;
mod schedule;
mod tally;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use eurus_service::Clock;
use tokio::sync::oneshot;

use crate::failure::Failure;
use requests::Requests;
pub(crate) use response::Answer;
pub(crate) use tally::Counts;
use tally::{Latencies, Tally};

/// All connections must stand within this time.
const CONNECTED_WITHIN: Duration = Duration::from_secs(20);
/// A stopped thread reports within this time.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
/// Requests that are each sent once are answered within this time.
const FINISHED_WITHIN: Duration = Duration::from_secs(240);

/// When requests are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// As soon as the last one is answered.
    Closed,
    /// At this rate over all connections.
    Open { per_second: f64 },
}

/// What to do to a server.
#[derive(Clone)]
pub(crate) struct Load {
    /// Connections go to these in turn.
    pub(crate) addresses: Arc<[SocketAddr]>,
    pub(crate) requests: Arc<Requests>,
    pub(crate) pace: Pace,
    pub(crate) connections: usize,
    pub(crate) threads: usize,
}

/// A load under way. It ends when this is dropped.
pub(crate) struct Running {
    tally: Arc<Tally>,
    lanes: Vec<LaneHandle>,
}

struct LaneHandle {
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<Result<Latencies, Failure>>,
}

impl Running {
    /// Starts the threads and returns when all connections stand.
    ///
    /// # Errors
    /// When they do not stand in time.
    pub(crate) async fn start(load: &Load, clock: &Clock) -> Result<Self, Failure> {
        let threads = load.threads.clamp(1, load.connections.max(1));
        let tally = Arc::new(Tally::new(load.connections));
        let mut lanes = Vec::new();
        for number in 0..threads {
            let lane = lane::Plan {
                load: load.clone(),
                connections: load.connections / threads + usize::from(number < load.connections % threads),
                share: 1.0 / threads as f64,
                tally: Arc::clone(&tally),
                clock: clock.clone(),
            };
            let (stop, stopped) = oneshot::channel();
            let (end, ended) = oneshot::channel();
            std::thread::Builder::new().name(format!("load-{number}")).spawn(move || {
                // Nobody waits for the result when the load was dropped.
                let _ = end.send(lane.run(stopped));
            })?;
            lanes.push(LaneHandle { stop, ended });
        }
        let running = Self { tally, lanes };
        match tokio::time::timeout(CONNECTED_WITHIN, running.tally.connected()).await {
            Ok(()) => Ok(running),
            Err(_) => Err(running.failure(&format!("not all {} connections stand", load.connections))),
        }
    }

    /// From now on latencies count.
    pub(crate) fn record_from(&self, now_us: i64) {
        self.tally.record_from(now_us);
    }

    /// What was counted so far, from the start on.
    pub(crate) fn counts(&self) -> Counts {
        self.tally.counts()
    }

    /// Ends it: all latencies recorded.
    ///
    /// # Errors
    /// When a thread failed.
    pub(crate) async fn stop(self) -> Result<Latencies, Failure> {
        let mut all = Latencies::new()?;
        for LaneHandle { stop, ended } in self.lanes {
            // A thread that ended by itself reports why below.
            let _ = stop.send(());
            let ended = tokio::time::timeout(STOPPED_WITHIN, ended).await;
            all.add(ended_lane(ended)?);
        }
        Ok(all)
    }

    /// Waits until requests that are each sent once are all answered.
    ///
    /// # Errors
    /// When one failed or was not answered with 2xx.
    pub(crate) async fn finish(mut self) -> Result<Counts, Failure> {
        for lane in &mut self.lanes {
            ended_lane(tokio::time::timeout(FINISHED_WITHIN, &mut lane.ended).await)?;
        }
        let counts = self.counts();
        if counts.failed() > 0 { Err(self.failure("not every request was answered with 2xx")) } else { Ok(counts) }
    }

    fn failure(&self, what: &str) -> Failure {
        match self.tally.first_failure() {
            Some(first) => Failure::new(format!("{what}; the first failure: {first}")),
            None => Failure::new(what),
        }
    }

    /// The first failure, in words.
    pub(crate) fn first_failure(&self) -> Option<String> {
        self.tally.first_failure()
    }
}

type Ended = Result<Result<Result<Latencies, Failure>, oneshot::error::RecvError>, tokio::time::error::Elapsed>;

fn ended_lane(ended: Ended) -> Result<Latencies, Failure> {
    match ended {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Failure::new("a thread of the load generator ended without a result")),
        Err(_) => Err(Failure::new("a thread of the load generator does not end")),
    }
}
