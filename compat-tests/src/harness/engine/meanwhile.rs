//! Requests while an order is under way: as fast as the gateways answer, so that an answer that comes too early is caught
//! by a request that begins after it.

use std::sync::Arc;
use std::time::Duration;

use eurus_service::Shutdown;
use parking_lot::Mutex;
use tokio::task::JoinSet;

use super::super::history::Happening;
use super::super::scenario::{LoadPart, Through};
use super::Engine;
use super::patience::WaitsFor;
use super::request::ask;
use crate::Failure;

/// Connections of each load.
const CONNECTIONS: usize = 3;
/// Requests of each connection before it pauses, and how long it does, real time.
const AT_FULL_SPEED: usize = 200;
const PAUSE: Duration = Duration::from_millis(10);
/// Requests of each connection at most: an order that takes longer than these goes on without.
const REQUESTS_MAX: usize = 20_000;
/// Requests of each connection after the order was answered.
const AFTER_THE_END: usize = 5;

type Ended = Arc<Mutex<Vec<(String, Result<String, String>)>>>;

/// A load without pauses; it ends with [`Meanwhile::end`].
pub(super) struct Meanwhile {
    stop: Shutdown,
    running: JoinSet<()>,
    ended: Ended,
}

impl Engine {
    /// The loads through gateways that are under way now, without their pauses.
    pub(super) fn load_meanwhile(&self) -> Result<Meanwhile, Failure> {
        let now_ms = self.world.now_ms();
        let is_on = |load: &&LoadPart| load.from_ms <= now_ms && load.until_ms.is_none_or(|until_ms| now_ms < until_ms);
        let mut meanwhile =
            Meanwhile { stop: Shutdown::new(), running: JoinSet::new(), ended: Arc::new(Mutex::new(Vec::new())) };
        for load in self.scenario.loads.iter().filter(is_on) {
            let Through::Gateway(name) = &load.through else { continue };
            let found = self.world.gateways.iter().find(|one| one.part.name == *name);
            let Some(gateway) = found.filter(|gateway| gateway.running.is_up()) else { continue };
            let url = format!("{}/{}/harness", gateway.address().url, load.app.to_lowercase());
            for _ in 0..CONNECTIONS {
                // A client each, so that each has a connection of its own.
                let http = reqwest::Client::builder().no_proxy().build()?;
                meanwhile.running.spawn(send(
                    http,
                    name.clone(),
                    url.clone(),
                    meanwhile.stop.clone(),
                    Arc::clone(&meanwhile.ended),
                ));
            }
        }
        Ok(meanwhile)
    }

    /// Ends it after the requests under way, and notes what became of them.
    ///
    /// # Errors
    /// When one of them does not end.
    pub(super) async fn end_meanwhile(&mut self, mut meanwhile: Meanwhile) -> Result<(), Failure> {
        meanwhile.stop.trigger();
        let ended = Arc::clone(&meanwhile.ended);
        let all = tokio::spawn(async move { while meanwhile.running.join_next().await.is_some() {} });
        self.answer_of(all, WaitsFor::AnyPoint).await?;
        self.note_begun();
        let started_ms = self.world.now_ms();
        let ended = std::mem::take(&mut *ended.lock());
        for (through, outcome) in ended {
            let outcome = outcome.map(|id| self.world.names.get(&id).cloned().unwrap_or(id));
            self.note(Happening::Ended { through, started_ms, outcome });
        }
        Ok(())
    }
}

/// At full speed first, which is as long as an order takes where nothing is in its way; then with pauses, so that one that
/// waits for a time-out does not cost seconds of work. Some more go out after the end: they are the ones that an answer
/// promised too early would be caught by.
async fn send(http: reqwest::Client, through: String, url: String, stop: Shutdown, ended: Ended) {
    let (mut sent, mut sent_after) = (0, 0);
    while sent_after < AFTER_THE_END && sent < REQUESTS_MAX {
        let is_over = stop.is_triggered();
        sent_after += usize::from(is_over);
        sent += 1;
        if sent > AT_FULL_SPEED && !is_over {
            // The stop ends the pause; else the time-out does.
            let _ = tokio::time::timeout(PAUSE, stop.wait()).await;
        }
        let outcome = ask(&http, &url).await;
        ended.lock().push((through.clone(), outcome));
    }
}
