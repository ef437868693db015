//! Fetches, one at a time, and publishes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use eurus_model::Applications;
use eurus_service::faults::Way;
use eurus_service::{Clock, Faults};
use parking_lot::Mutex;

use crate::config::FetchConfig;
use crate::error::{ClientError, FailureKind};
use crate::events::{Fetch, FetchKind, FetchListener};
use crate::fetched::{Applied, Fetched};
use crate::points;
use crate::reach::{Away, Reach};
use crate::registries::Registries;
use crate::vanished::{Vanished, Verdict};

/// What readers see, swapped as a whole.
#[derive(Default)]
pub(crate) struct Published {
    pub(crate) registry: Arc<Applications>,
    /// Kind and time of the fetch that brought it, epoch milliseconds; `None` before the first.
    pub(crate) last: Option<(FetchKind, i64)>,
}

/// The one writer of the fetched copy.
pub(crate) struct Fetcher {
    clock: Clock,
    config: FetchConfig,
    listeners: Vec<Arc<dyn FetchListener>>,
    published: ArcSwap<Published>,
    // Held across the request on purpose: the next fetch must not begin before the last one is published. Readers never
    // take it. Tokio's mutex is fair, and whoever waited for a full fetch shares one.
    progress: tokio::sync::Mutex<Progress>,
    fulls_begun: AtomicU64,
    /// The registry suddenly shows no service, and the last list stays in use.
    keeps_last: AtomicBool,
    reach: Mutex<Reach>,
    faults: Faults,
}

#[derive(Default)]
struct Progress {
    fetched: Fetched,
    vanished: Vanished,
    /// A mismatch or a failure left no way but the whole list.
    full_due: bool,
    /// Number of the last full fetch that succeeded; counts from 1.
    full_done: u64,
    /// Oddities of the registry that were said and still last: they come back at every turn.
    delta_unreadable: bool,
    hash_odd: bool,
}

impl Fetcher {
    pub(crate) fn new(
        clock: Clock,
        config: FetchConfig,
        listeners: Vec<Arc<dyn FetchListener>>,
        faults: Faults,
    ) -> Self {
        Self {
            clock,
            config,
            listeners,
            published: ArcSwap::default(),
            progress: tokio::sync::Mutex::default(),
            fulls_begun: AtomicU64::new(0),
            keeps_last: AtomicBool::new(false),
            reach: Mutex::default(),
            faults,
        }
    }

    /// The published copy and its fetch.
    pub(crate) fn published(&self) -> Arc<Published> {
        self.published.load_full()
    }

    /// The row of failures, while it lasts.
    pub(crate) fn away(&self) -> Option<Away> {
        self.reach.lock().away().cloned()
    }

    /// Whether the last whole list was not believed, because it suddenly showed no service.
    pub(crate) fn keeps_last(&self) -> bool {
        self.keeps_last.load(Ordering::Relaxed)
    }

    /// One turn of the loop: the delta where there is one, else the whole list.
    pub(crate) async fn follow(&self, registries: &Registries) -> Result<(), ClientError> {
        let mut progress = self.progress.lock().await;
        let outcome = self.follow_locked(&mut progress, registries).await;
        self.note(&outcome);
        self.faults.pass(&points::TAKEN_IN, "").await;
        outcome
    }

    /// A full fetch that begins after this call; callers who wait together share one.
    pub(crate) async fn refresh(&self, registries: &Registries) -> Result<(), ClientError> {
        let begun_before = self.fulls_begun.load(Ordering::SeqCst);
        let mut progress = self.progress.lock().await;
        if progress.full_done > begun_before {
            return Ok(());
        }
        let outcome = self.fetch_full(&mut progress, registries).await;
        self.note(&outcome);
        outcome
    }

    async fn follow_locked(&self, progress: &mut Progress, registries: &Registries) -> Result<(), ClientError> {
        if !self.config.disable_delta && !progress.full_due && progress.fetched.has_copy() {
            match self.fetch_delta(progress, registries).await {
                Ok(true) => {
                    progress.delta_unreadable = false;
                    return Ok(());
                }
                Ok(false) => {}
                // The registry answers, but not with a delta we can read: the whole list may do.
                Err(error) if is_answer(error.kind()) => {
                    progress.full_due = true;
                    let level = level_of_oddity(std::mem::replace(&mut progress.delta_unreadable, true));
                    log::log!(level, "{error}. Taking the whole list instead");
                }
                Err(error) => return Err(error),
            }
        }
        self.fetch_full(progress, registries).await
    }

    /// Whether a delta brought the copy up to date.
    async fn fetch_delta(&self, progress: &mut Progress, registries: &Registries) -> Result<bool, ClientError> {
        let started_ms = self.clock.now_ms();
        self.may_fetch().await?;
        let Some(delta) = registries.delta().await? else {
            log::debug!("{} serves no deltas; taking the whole list", registries.current_url());
            return Ok(false);
        };
        self.faults.pass(&points::TAKE_IN, "delta").await;
        match progress.fetched.apply(&delta) {
            Applied::Fits(registry) => {
                let changed =
                    delta.instances().map(|held| (held.app.to_uppercase(), held.instance_id.clone())).collect();
                self.publish(FetchKind::Delta, started_ms, registry, changed);
                Ok(true)
            }
            Applied::Mismatch { ours, registrys } => {
                progress.full_due = true;
                log::info!(
                    "after the delta the copy's hash is '{ours}', the registry's '{registrys}'; taking the whole list"
                );
                Ok(false)
            }
            Applied::NoCopy => Ok(false),
        }
    }

    async fn fetch_full(&self, progress: &mut Progress, registries: &Registries) -> Result<(), ClientError> {
        let number = self.fulls_begun.fetch_add(1, Ordering::SeqCst) + 1;
        let started_ms = self.clock.now_ms();
        // Before the answer: whatever ends this early, a failure or the caller's own bound, the next fetch is full.
        progress.full_due = true;
        self.may_fetch().await?;
        let full = registries.apps().await?;
        self.faults.pass(&points::TAKE_IN, "full").await;
        let ours = full.reconcile_hash();
        let hash_was_odd = std::mem::replace(&mut progress.hash_odd, ours != full.hashcode);
        if progress.hash_odd {
            log::log!(
                level_of_oddity(hash_was_odd),
                "{} sent a list whose hash is '{ours}' and said '{}': it is used, but deltas may not fit it",
                registries.current_url(),
                full.hashcode
            );
        }
        progress.full_done = number;
        // Kept: the next turn asks for the whole list again, because a delta has nothing to do with the copy any more.
        if self.is_believed(progress, &full, registries) {
            let registry = progress.fetched.replace(full);
            self.publish(FetchKind::Full, started_ms, registry, Vec::new());
            progress.full_due = false;
        }
        Ok(())
    }

    async fn may_fetch(&self) -> Result<(), ClientError> {
        match self.faults.pass(&points::FETCH, "").await {
            Way::Fails => Err(ClientError::injected("fetch")),
            Way::On | Way::Skips => Ok(()),
        }
    }

    /// Whether a whole list replaces the copy now.
    fn is_believed(&self, progress: &mut Progress, full: &Applications, registries: &Registries) -> bool {
        let now_ms = self.clock.now_ms();
        let Progress { vanished, fetched, .. } = progress;
        let verdict = vanished.judge(fetched.copy(), full, self.config.keep_last_on_empty_ms, now_ms);
        let url = registries.current_url();
        match verdict {
            Verdict::Take => {}
            Verdict::TakeAfterAll { since_ms } => log::warn!(
                "{url} has shown no service for {} s: this is believed now, and the last list with services is given up",
                (now_ms - since_ms) / 1_000
            ),
            Verdict::Keep { until_ms, is_news: true } => log::warn!(
                "{url} suddenly shows no service at all. It may have restarted: the last list with services stays in use \
                 until it shows some again, at most {} s (eurus.client.keep-last-on-empty-ms)",
                (until_ms - now_ms) / 1_000
            ),
            Verdict::Keep { until_ms, is_news: false } => {
                log::debug!("{url} still shows no service; the last list stays for {} ms", until_ms - now_ms);
            }
        }
        let is_kept = matches!(verdict, Verdict::Keep { .. });
        self.keeps_last.store(is_kept, Ordering::Relaxed);
        !is_kept
    }

    /// Listeners first, in order; then everybody.
    fn publish(&self, kind: FetchKind, started_ms: i64, registry: Arc<Applications>, changed: Vec<(String, String)>) {
        let fetch = Fetch { kind, started_ms, received_ms: self.clock.now_ms(), registry, changed };
        for listener in &self.listeners {
            listener.fetched(&fetch);
        }
        self.published
            .store(Arc::new(Published { registry: fetch.registry, last: Some((fetch.kind, fetch.received_ms)) }));
    }

    fn note(&self, outcome: &Result<(), ClientError>) {
        let now_ms = self.clock.now_ms();
        match outcome {
            Ok(()) => self.reach.lock().succeeded(now_ms, "fetching the list"),
            Err(error) => {
                let consequence = match self.published.load().last {
                    Some((_, received_ms)) => {
                        format!("The copy of {} s ago stays in use", (now_ms - received_ms) / 1_000)
                    }
                    None => "No list has been fetched yet".to_owned(),
                };
                self.reach.lock().failed(now_ms, error, &consequence);
            }
        }
    }
}

/// Whether some registry answered at all.
fn is_answer(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Unparsable | FailureKind::TooLarge | FailureKind::Refused(_))
}

/// A warning the first time, then for those who look closely.
fn level_of_oddity(said_before: bool) -> log::Level {
    if said_before { log::Level::Debug } else { log::Level::Warn }
}
