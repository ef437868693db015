//! Reports of instances that refuse connections, for sync-speed to look at: their process may have died without a word.
//! Off unless it is asked for. Noted on the request path, which never waits; sent by a loop of its own.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use eurus_service::{Clock, Shutdown, Timer};
use serde::Serialize;
use tokio::sync::mpsc;

use super::call::SyncSpeed;
use crate::directory::Directory;
use crate::endpoint::Endpoint;

/// Reports that wait to be sent; more are dropped, counted and said.
const WAITING_MAX: usize = 256;

/// Where refused connections are noted. Cheap to clone; does nothing when reports are off.
#[derive(Clone, Default)]
pub(crate) struct Refusals(Option<Arc<Queue>>);

struct Queue {
    waiting: mpsc::Sender<Noted>,
    dropped: AtomicU64,
    clock: Clock,
}

/// One instance, once in a pause.
struct Noted {
    endpoint: Arc<Endpoint>,
    refusals: u64,
    /// On a manual clock no time passes until the loop has it.
    _arriving: Timer,
}

/// The loop that sends them.
pub(crate) struct Reporter {
    node: String,
    sync_speeds: Vec<SyncSpeed>,
    directory: Arc<Directory>,
    queue: Arc<Queue>,
    noted: mpsc::Receiver<Noted>,
    timer: Timer,
    /// Of which instances the last report could not be sent: said once.
    unsaid: BTreeSet<String>,
}

/// What sync-speed is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    node: String,
    application: String,
    instance_id: String,
    registration: Registration,
    address: SocketAddr,
    refusals: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    ip: String,
    service_up_timestamp: i64,
}

impl Refusals {
    /// An instance has refused a connection, and a new pause begins for it: so often since it last accepted one.
    pub(crate) fn note(&self, endpoint: &Arc<Endpoint>, refusals: u64) {
        let Some(queue) = &self.0 else { return };
        let arriving = queue.clock.timer("refused connections");
        let noted = Noted { endpoint: Arc::clone(endpoint), refusals, _arriving: arriving };
        if queue.waiting.try_send(noted).is_err() {
            queue.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Reporter {
    /// And where it is told.
    pub(super) fn new(
        node: &str,
        sync_speeds: Vec<SyncSpeed>,
        directory: Arc<Directory>,
        clock: &Clock,
    ) -> (Refusals, Self) {
        let (waiting, noted) = mpsc::channel(WAITING_MAX);
        let queue = Arc::new(Queue { waiting, dropped: AtomicU64::new(0), clock: clock.clone() });
        let timer = clock.timer("refused connections");
        let reporter = Self {
            node: node.to_owned(),
            sync_speeds,
            directory,
            queue: Arc::clone(&queue),
            noted,
            timer,
            unsaid: BTreeSet::new(),
        };
        (Refusals(Some(queue)), reporter)
    }

    /// Until the shutdown.
    pub(super) async fn run(mut self, stop: &Shutdown) {
        loop {
            let noted = tokio::select! {
                biased;
                () = stop.wait() => return,
                // It holds a sender itself, so the channel does not close.
                Some(noted) = self.noted.recv() => noted,
                () = self.timer.idle() => continue,
            };
            let dropped = self.queue.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                log::warn!("{dropped} reports of refused connections were dropped: {WAITING_MAX} were waiting");
            }
            tokio::select! {
                biased;
                () = stop.wait() => return,
                () = self.report(&noted) => {}
            }
        }
    }

    /// To the first sync-speed that answers.
    async fn report(&mut self, noted: &Noted) {
        let Some(report) = self.report_of(noted) else { return };
        let mut failed = Vec::new();
        for sync_speed in &self.sync_speeds {
            match sync_speed.report(&report).await {
                Ok(outcome) => {
                    self.unsaid.remove(&report.instance_id);
                    log::info!("{}: reported as refusing connections; sync-speed: {outcome}", noted.endpoint);
                    return;
                }
                Err(why) => failed.push(format!("{}: {why}", sync_speed.url)),
            }
        }
        if self.unsaid.len() < WAITING_MAX && self.unsaid.insert(report.instance_id) {
            log::warn!("{}: refuses connections, and no sync-speed was told: {}", noted.endpoint, failed.join("; "));
        }
    }

    /// `None`: it is not in rotation any more, somebody knows already.
    fn report_of(&self, noted: &Noted) -> Option<Report> {
        let endpoint = &noted.endpoint;
        let snapshot = self.directory.snapshot();
        let service = snapshot.services.get(endpoint.application())?;
        let is_it = |view: &&crate::service::InstanceView| {
            view.in_rotation() && view.endpoint.as_ref().is_some_and(|known| Arc::ptr_eq(known, endpoint))
        };
        let fetched = &service.instances.iter().find(is_it)?.fetched;
        Some(Report {
            node: self.node.clone(),
            application: endpoint.application().to_owned(),
            instance_id: endpoint.instance_id().to_owned(),
            registration: Registration {
                ip: fetched.ip_addr.clone(),
                service_up_timestamp: fetched.lease.service_up_ms,
            },
            address: endpoint.address(),
            refusals: noted.refusals,
        })
    }
}
