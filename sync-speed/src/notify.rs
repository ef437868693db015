//! Telling the gateways: all nodes in parallel, repeated until each has acknowledged or the entry's time is over.
//!
//! One loop owns the one timer. It answers a waiting request as soon as all nodes have acknowledged, or when the
//! request has waited long enough; what is left is repeated in the background.
//!
//! | module | what |
//! |---|---|
//! | `courier` | how an entry comes to the loop |
//! | `book` | what is still to be told to whom, and when |
//! | `batch` | all that one entry has to tell |
//! | `backoff` | how long to wait before a call is repeated |
//! | `attempt` | one call, and what journal and registry say where its answer is no plain yes |
//! | `gateway` | the admin API of a gateway |
//! | `outcome` | what an entry has come to, for whoever waits |
//! | `report` | what the log says of a call |
//! | `unwritten` | what the journal has not taken yet |
//! | `writing` | telling the journal, and who waits for that |

mod attempt;
mod backoff;
mod batch;
mod book;
mod courier;
mod gateway;
mod outcome;
mod report;
mod transport;
mod unwritten;
mod writing;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use eurus_client::EurekaClient;
use eurus_model::Applications;
use eurus_service::{Clock, Faults, Shutdown, Timer};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc;

use crate::config::{NotifyConfig, SyncSpeedConfig};
use crate::nodes::{self, Announced};
use crate::store::Store;
use crate::tally::Tally;
use attempt::{Answered, Attempt};
pub use batch::GroupsByApp;
use book::{Book, Retry};
pub use courier::Courier;
use courier::{Delivery, Letter};
use gateway::Failure;
pub use gateway::{GatewayClient, UnderWay};
pub use outcome::{Outcome, Told};
use unwritten::Unwritten;
use writing::Waiting;

/// Entries that may wait to be taken in by the loop.
const INBOX_ENTRIES_MAX: usize = 64;
/// How often, while entries are open, a new copy of the registry is looked for: it may show gateways that came up.
const LOOK_EVERY_MS: i64 = 1_000;
/// How long an acknowledgement may wait for those of the other gateways, so that all are written at once. Until then it
/// is as if it were on its way.
const GATHER_MS: i64 = 10;
/// A deadline that never comes.
const NEVER_MS: i64 = i64::MAX / 1_000;

/// A call under way. It carries a timer until its answer is booked: on a manual clock, time stands still while the
/// network is asked.
type CallUnderWay = Pin<Box<dyn Future<Output = Answered> + Send>>;

/// The loop.
pub struct NotifyLoop {
    config: NotifyConfig,
    client: Arc<EurekaClient>,
    attempt: Attempt,
    store: Store,
    clock: Clock,
    inbox: mpsc::Receiver<Letter>,
    open_calls: Arc<AtomicUsize>,
    book: Book,
    /// The copy that was looked through for nodes, and when the next one is looked for.
    seen: Arc<Applications>,
    /// Gateways that announced themselves, at the last look; and those that were looked through.
    announced: Vec<Announced>,
    seen_announced: Vec<Announced>,
    look_ms: i64,
    unwritten: Unwritten,
    faults: Faults,
    /// Of the whole service: a call under way ends early only with an abort.
    shutdown: Shutdown,
    tally: Arc<Tally>,
    under_way: FuturesUnordered<CallUnderWay>,
    waiting: BTreeMap<i64, Waiting>,
}

impl NotifyLoop {
    /// The loop and the way to hand entries to it.
    pub(crate) fn new(
        config: &SyncSpeedConfig,
        client: Arc<EurekaClient>,
        gateways: GatewayClient,
        store: Store,
        clock: Clock,
        shutdown: Shutdown,
        tally: Arc<Tally>,
    ) -> (Courier, Self) {
        let faults = config.faults.clone();
        let config = config.notify.clone();
        let (sender, inbox) = mpsc::channel(INBOX_ENTRIES_MAX);
        let open_calls = Arc::new(AtomicUsize::new(0));
        let courier = Courier::new(sender, Arc::clone(&open_calls), config.retry_for_ms, clock.clone());
        let book = Book::new(Retry { base_ms: config.retry_base_ms, max_ms: config.retry_max_ms });
        let attempt = Attempt { gateways, client: Arc::clone(&client), store: store.clone(), faults: faults.clone() };
        let notify_loop = Self {
            config,
            seen: client.registry(),
            announced: Vec::new(),
            seen_announced: Vec::new(),
            client,
            attempt,
            store,
            look_ms: clock.now_ms(),
            clock,
            inbox,
            open_calls,
            book,
            unwritten: Unwritten::default(),
            faults,
            shutdown,
            tally,
            under_way: FuturesUnordered::new(),
            waiting: BTreeMap::new(),
        };
        (courier, notify_loop)
    }

    /// Until the signal. What is open then is in the journal.
    pub async fn run(mut self, mut timer: Timer, shutdown: Shutdown) {
        loop {
            self.start_due_calls();
            let wake_ms = self.next_wake_ms();
            tokio::select! {
                () = shutdown.wait() => break,
                Some(letter) = self.inbox.recv() => self.open(letter).await,
                Some(answered) = self.under_way.next(), if !self.under_way.is_empty() => self.book_in(answered).await,
                () = timer.sleep_until_ms(wake_ms) => {}
            }
            self.look_for_nodes().await;
            if self.unwritten.is_due(self.clock.now_ms()) {
                self.record(&[]).await;
            }
            self.release_who_waited_long_enough().await;
        }
        if !self.unwritten.is_empty() {
            self.write().await;
        }
        log::info!("sync-speed stops telling gateways; {} calls stay open in the journal", self.book.open_calls());
    }

    fn start_due_calls(&mut self) {
        while self.under_way.len() < self.config.concurrency
            && let Some((id, call)) = self.book.start_next_due(self.clock.now_us())
        {
            let timer = self.clock.timer("call to a gateway");
            let (attempt, clock) = (self.attempt.clone(), self.clock.clone());
            // A task of its own, so that its latency does not count what this loop does meanwhile.
            let shutdown = self.shutdown.clone();
            let task = tokio::spawn(async move {
                let answer = tokio::select! {
                    answer = attempt.make(&call) => answer,
                    () = shutdown.aborted() => Err(Failure::Unclear("the service is gone".to_owned())),
                };
                (answer, clock.now_us())
            });
            let clock = self.clock.clone();
            self.under_way.push(Box::pin(async move {
                let (answer, at_us) = task.await.unwrap_or_else(|error| {
                    (Err(Failure::Unclear(format!("the call broke off: {error}"))), clock.now_us())
                });
                Answered { id, answer, at_us, _timer: timer }
            }));
        }
    }

    fn next_wake_ms(&self) -> i64 {
        let next_answer_ms = self.waiting.values().map(|waiting| waiting.answer_by_ms).min();
        // With all places taken, a due call waits for an answer, not for a time.
        let next_call_ms = self.book.next_due_ms().filter(|_| self.under_way.len() < self.config.concurrency);
        let next_look_ms = self.book.has_open_entries().then_some(self.look_ms);
        let next_write_ms = self.unwritten.due_ms();
        let next_ms = next_answer_ms.into_iter().chain(next_call_ms).chain(next_look_ms).chain(next_write_ms);
        next_ms.min().unwrap_or(NEVER_MS)
    }

    /// Nodes that came up while an entry is open are told of it; entries whose nodes never did are over.
    async fn look_for_nodes(&mut self) {
        let now_ms = self.clock.now_ms();
        if now_ms < self.look_ms {
            return;
        }
        self.look_ms = now_ms.saturating_add(LOOK_EVERY_MS);
        self.book.expire(now_ms);
        let copy = self.client.registry();
        if self.book.has_open_entries() {
            self.read_announced(now_ms).await;
        }
        if !Arc::ptr_eq(&copy, &self.seen) || self.announced != self.seen_announced {
            let (announced, networks) = (&self.announced, &self.config.networks);
            let came = self.book.newcomers(now_ms, |group| nodes::known_of_group(&copy, announced, group, networks));
            if !came.is_empty() {
                log::info!("{} gateway nodes came up that must hear of open entries", came.len());
                for (number, node) in &came {
                    if let Some(outcome) = self.outcome_of(*number) {
                        outcome.node_came(node);
                    }
                }
                self.unwritten.add_nodes(came);
            }
            self.seen = copy;
            self.seen_announced.clone_from(&self.announced);
        }
        self.record(&[]).await;
    }

    /// On an error those of the last time count.
    async fn read_announced(&mut self, now_ms: i64) {
        match self.store.announced(now_ms).await {
            Ok(announced) => self.announced = announced,
            Err(error) => log::error!("gateways that announced themselves are not known: {error}"),
        }
    }

    async fn open(&mut self, letter: Letter) {
        match letter {
            Letter::Entry(delivery) => self.take_in(*delivery).await,
            // From here on this loop's own timer is awake.
            Letter::NodeCame(arriving) => {
                drop(arriving);
                self.look_ms = self.clock.now_ms();
            }
        }
    }

    async fn take_in(&mut self, delivery: Delivery) {
        let Delivery { batch, outcome, told, arriving } = delivery;
        // From here on this loop's own is awake.
        drop(arriving);
        let now_ms = self.clock.now_ms();
        let number = batch.number;
        let answer_by_ms = now_ms.saturating_add(self.config.answer_within_ms);
        let outcome = (!self.store.is_shared()).then_some(outcome);
        self.waiting.insert(number, Waiting { answer_by_ms, told, outcome });
        let superseded = self.book.add(batch, now_ms);
        // The entry's nodes were named by some earlier copy.
        self.seen = Arc::default();
        // The calls go out before anything is written: what is to be told is in the journal already.
        self.start_due_calls();
        // By this a call that fails is told from one to a gateway that is gone.
        self.read_announced(now_ms).await;
        self.record(&superseded).await;
    }

    /// Books an answer, and all others that are there by now: one write for all.
    async fn book_in(&mut self, first: Answered) {
        let mut answers = vec![first];
        while let Some(Some(next)) = self.under_way.next().now_or_never() {
            answers.push(next);
        }
        let copy = self.client.registry();
        let mut updates = Vec::with_capacity(answers.len());
        // Its timer goes: from here on this loop's own is awake.
        for Answered { id, answer, at_us, _timer: _ } in answers {
            updates.extend(self.book.answered(id, answer, at_us, |call| {
                nodes::find_known(&copy, &self.announced, (&call.group, &call.node), &self.config.networks)
            }));
        }
        for update in &updates {
            report::call(update);
            self.tally.call(&update.ack, update.latency_us);
        }
        if self.under_way.is_empty() || self.book.has_finished() || self.is_somebody_told() {
            self.record(&updates).await;
        } else {
            // Others answer in a moment.
            self.remember(&updates, &[]);
            self.unwritten.add(&updates, Vec::new());
            self.unwritten.gather_until(self.clock.now_ms().saturating_add(GATHER_MS));
        }
    }

    /// Whether a request may be answered.
    fn is_somebody_told(&self) -> bool {
        self.waiting.keys().any(|number| self.book.is_told(*number))
    }
}
