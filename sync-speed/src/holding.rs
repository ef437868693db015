//! What was acknowledged holds: offlines are asserted again when a registry has forgotten them, brought back when their
//! time is over, and end with the registration that they were for.

mod check;
mod patience;
mod verdict;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use eurus_model::Applications;
use eurus_service::{Shutdown, Timer};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::downline::Downline;
use crate::store::{Held, StoreError};
use check::{Due, Outcome, check};
use patience::Patience;
use verdict::{Verdict, verdict};

/// Between two looks.
const LOOK_EVERY_MS: i64 = 1_000;
/// What is done once by one node of several; and for how long a node that is gone keeps the others from it.
const LEADS: &str = "*holding";
const LEADS_FOR_MS: i64 = 15_000;
/// How long an instance must be missing before its offline ends with its registration: longer than anybody takes to
/// register again after a registry's restart.
const LEFT_AFTER_MS: i64 = 600_000;
/// Checks side by side: one that waits for a gateway, or for its turn, does not hold up the others. What is more is
/// looked at again when these have ended, at the latest at the next look.
const CHECKS_AT_ONCE_MAX: usize = 64;

/// Entry and instance.
type Key = (i64, String);

/// The loop.
pub(crate) struct Holding {
    downline: Arc<Downline>,
    /// The copy that `settled` is about.
    seen: Arc<Applications>,
    /// Who needs no check until there is a newer copy.
    settled: HashSet<Key>,
    /// What could not be done.
    patience: Patience,
    /// Since when the copy does not show them.
    missing: HashMap<Key, i64>,
    /// Who is being checked.
    checked: HashSet<Key>,
    /// More than could be checked at once.
    has_more: bool,
    /// Those that are not looked at, when that was last said.
    left_out: i64,
}

impl Holding {
    pub(crate) fn new(downline: Arc<Downline>) -> Self {
        Self {
            downline,
            seen: Arc::default(),
            settled: HashSet::new(),
            patience: Patience::default(),
            missing: HashMap::new(),
            checked: HashSet::new(),
            has_more: false,
            left_out: 0,
        }
    }

    /// Until the signal.
    pub(crate) async fn run(mut self, mut timer: Timer, shutdown: Shutdown) {
        tokio::select! {
            () = self.work(&mut timer) => {}
            () = shutdown.wait() => {}
        }
    }

    async fn work(&mut self, timer: &mut Timer) {
        let mut checks = FuturesUnordered::new();
        let mut look_at_ms = self.now_ms();
        loop {
            tokio::select! {
                Some((held, outcome)) = checks.next() => {
                    self.note(&held, outcome);
                    if self.has_more && checks.is_empty() {
                        look_at_ms = self.now_ms();
                    }
                }
                () = timer.sleep_until_ms(look_at_ms) => {
                    let due = self.look().await.unwrap_or_else(|error| {
                        log::error!("whether offlines still hold could not be looked at: {error}");
                        Vec::new()
                    });
                    for (held, due) in due {
                        // Its own: time stands still while it is busy, and goes on while it waits for others.
                        let timer = timer.clock().timer("an offline that holds");
                        checks.push(check(Arc::clone(&self.downline), held, due, timer));
                    }
                    look_at_ms = self.now_ms().saturating_add(LOOK_EVERY_MS);
                }
            }
        }
    }

    /// Who has to be checked now.
    async fn look(&mut self) -> Result<Vec<(Held, Due)>, StoreError> {
        let now_ms = self.now_ms();
        self.has_more = false;
        self.downline.memory.note().await?;
        if !self.downline.store.leads(LEADS, now_ms, now_ms.saturating_add(LEADS_FOR_MS)).await? {
            self.downline.tally.set_offlines_held(0);
            return Ok(Vec::new());
        }
        let (held, left_out) = self.downline.store.held().await?;
        self.say(held.len(), left_out);
        self.downline.tally.set_offlines_held(held.len());
        self.forget_all_but(&held);
        let copy = self.downline.client.registry();
        if !Arc::ptr_eq(&copy, &self.seen) {
            self.settled.clear();
            self.seen = copy;
        }
        let mut all = Vec::new();
        for held in held {
            let Some(due) = self.due(&held, now_ms) else { continue };
            if self.checked.len() >= CHECKS_AT_ONCE_MAX {
                self.has_more = true;
                break;
            }
            self.checked.insert(key(&held));
            all.push((held, due));
        }
        Ok(all)
    }

    /// What has to be found out, or done, about one. `None`: nothing now.
    fn due(&mut self, held: &Held, now_ms: i64) -> Option<Due> {
        let key = key(held);
        if self.checked.contains(&key) || !self.patience.may_try(&key, now_ms) {
            return None;
        }
        if held.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms) {
            return Some(Due::TimeIsOver);
        }
        let Some(shown) = self.seen.get(&held.app, &held.instance_id) else {
            let since_ms = *self.missing.entry(key).or_insert(now_ms);
            return (since_ms.saturating_add(LEFT_AFTER_MS) <= now_ms).then_some(Due::MayHaveLeft);
        };
        self.missing.remove(&key);
        let holds = self.settled.contains(&key) || verdict(held, shown, None) == Verdict::Holds;
        (!holds).then_some(Due::ShownOtherwise)
    }

    /// Once for each number of them.
    fn say(&mut self, looked_at: usize, left_out: i64) {
        if left_out > 0 && left_out != self.left_out {
            log::error!(
                "more offlines hold than are looked at ({looked_at}): {left_out} more, the newest, are neither asserted again \
                 nor brought back until others end; bring back what is not needed any more (eurus online), or set \
                 eurus.sync-speed.release-after-seconds"
            );
        }
        self.left_out = left_out;
    }

    fn note(&mut self, held: &Held, outcome: Outcome) {
        let key = key(held);
        self.checked.remove(&key);
        match outcome {
            Outcome::Settled => {
                self.patience.forget(&key);
                // The copy will show it.
                self.missing.remove(&key);
                self.settled.insert(key);
            }
            Outcome::NotYet => self.patience.later(key, self.now_ms()),
        }
    }

    fn forget_all_but(&mut self, held: &[Held]) {
        let keys: HashSet<Key> = held.iter().map(key).collect();
        self.patience.retain(&keys);
        self.missing.retain(|key, _| keys.contains(key));
        self.settled.retain(|key| keys.contains(key));
    }

    fn now_ms(&self) -> i64 {
        self.downline.clock.now_ms()
    }
}

fn key(held: &Held) -> Key {
    (held.number, held.instance_id.clone())
}
