//! `GET /offline/{id}/events`: an entry as it goes on, as server-sent events.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{Stream, stream};
use tokio::sync::{OwnedSemaphorePermit, broadcast};
use tokio::time::Instant;

use super::problem::Answered;
use super::{Api, Problem, answer, caller};
use crate::entry::Entry;
use crate::error::Refusal;
use crate::store::Store;
use eurus_service::Shutdown;

/// Streams at one time.
pub(super) const STREAMS_MAX: usize = 64;
/// How often an entry is looked at without being told of a change, real time: another node may be working on it.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long nothing is sent at most, so that whoever is between does not take the connection for dead.
const SILENCE_MAX: Duration = Duration::from_secs(15);

struct Watch {
    store: Store,
    shutdown: Shutdown,
    id: String,
    changes: broadcast::Receiver<i64>,
    sent: String,
    last_sent: Instant,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

pub(super) async fn get(http: HttpRequest, id: web::Path<String>, api: web::Data<Api>) -> Answered {
    let who = caller::admitted(&http)?.who;
    let place = api.streams.clone().try_acquire_owned().map_err(|_| {
        Problem::from(Refusal::Busy(format!("{STREAMS_MAX} streams are open; GET /offline/{id} tells the same")))
    })?;
    let store = api.downline.store.clone();
    // Before the first look, so that no change falls between.
    let changes = store.changes();
    super::offline::seen_by(&who, &id, &api).await?;
    let watch = Watch {
        store,
        shutdown: api.shutdown.clone(),
        id: id.into_inner(),
        changes,
        sent: String::new(),
        last_sent: Instant::now(),
        is_over: false,
        _place: place,
    };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("cache-control", "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(events(watch)))
}

fn events(watch: Watch) -> impl Stream<Item = Result<web::Bytes, actix_web::Error>> {
    stream::unfold(watch, |mut watch| async move {
        let text = watch.next().await?;
        Some((Ok(web::Bytes::from(text)), watch))
    })
}

impl Watch {
    /// What is sent next; `None` when all is said.
    async fn next(&mut self) -> Option<String> {
        if self.is_over {
            return None;
        }
        loop {
            match self.store.entry(&self.id).await {
                Ok(Some(entry)) => {
                    if let Some(text) = self.news(&entry) {
                        return Some(text);
                    }
                }
                Ok(None) => return self.last("event: end\ndata: {}\n\n".to_owned()),
                Err(error) => {
                    log::error!("a stream of {} ends: {error}", self.id);
                    return None;
                }
            }
            if self.last_sent.elapsed() >= SILENCE_MAX {
                self.last_sent = Instant::now();
                return Some(": still here\n\n".to_owned());
            }
            tokio::select! {
                _ = tokio::time::timeout(LOOK_EVERY, self.changes.recv()) => {}
                () = self.shutdown.wait() => return None,
            }
        }
    }

    /// The entry, where it is another than was sent; with the end, where nothing of it changes any more.
    fn news(&mut self, entry: &Entry) -> Option<String> {
        let data = serde_json::to_string(&answer::entry(entry)).unwrap_or_default();
        let is_final = entry.is_final();
        if data == self.sent && !is_final {
            return None;
        }
        let event = format!("event: entry\nid: {}\ndata: {data}\n\n", entry.updated_ms);
        self.sent = data;
        self.last_sent = Instant::now();
        match is_final {
            true => self.last(format!("{event}event: end\ndata: {{}}\n\n")),
            false => Some(event),
        }
    }

    fn last(&mut self, text: String) -> Option<String> {
        self.is_over = true;
        Some(text)
    }
}
