//! What was acknowledged holds: offlines are asserted again when a registry has forgotten them, brought back when their
//! time is over, and end with the registration that they were for.

mod verdict;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use eurus_model::Applications;
use eurus_service::{Shutdown, Timer};

use crate::downline::Downline;
use crate::error::Refusal;
use crate::request::{Kind, Request, Target};
use crate::store::{Held, StoreError};
use verdict::{Verdict, verdict};

/// Between two looks.
const LOOK_EVERY_MS: i64 = 1_000;
/// What is done once by one node of several; and for how long a node that is gone keeps the others from it.
const LEADS: &str = "*holding";
const LEADS_FOR_MS: i64 = 15_000;
/// Before what could not be done is tried again; it doubles up to the second.
const TRY_AGAIN_MS: [i64; 2] = [1_000, 60_000];
/// How long an instance must be missing before its offline ends with its registration: longer than anybody takes to
/// register again after a registry's restart.
const LEFT_AFTER_MS: i64 = 600_000;
/// Who asks, in the journal.
const CALLER: &str = "sync-speed";

/// The loop.
pub(crate) struct Holding {
    pub(crate) downline: Arc<Downline>,
    /// Of which copy all has been looked at.
    seen: Arc<Applications>,
    /// What could not be done: when again, and the wait after that. By entry and instance.
    again: HashMap<(i64, String), (i64, i64)>,
    /// Since when the copy does not show them. By entry and instance.
    missing: HashMap<(i64, String), i64>,
}

impl Holding {
    pub(crate) fn new(downline: Arc<Downline>) -> Self {
        Self { downline, seen: Arc::default(), again: HashMap::new(), missing: HashMap::new() }
    }

    /// Until the signal.
    pub(crate) async fn run(mut self, mut timer: Timer, shutdown: Shutdown) {
        tokio::select! {
            () = self.work(&mut timer) => {}
            () = shutdown.wait() => {}
        }
    }

    async fn work(&mut self, timer: &mut Timer) {
        loop {
            if let Err(error) = self.look().await {
                log::error!("whether offlines still hold could not be looked at: {error}");
            }
            timer.sleep_ms(LOOK_EVERY_MS).await;
        }
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        let downline = Arc::clone(&self.downline);
        downline.memory.note().await?;
        if !downline.store.leads(LEADS, now_ms, now_ms.saturating_add(LEADS_FOR_MS)).await? {
            return Ok(());
        }
        let held = downline.store.held().await?;
        let keys: HashSet<(i64, String)> = held.iter().map(key).collect();
        self.again.retain(|key, _| keys.contains(key));
        self.missing.retain(|key, _| keys.contains(key));
        let copy = downline.client.registry();
        let is_new = !Arc::ptr_eq(&copy, &self.seen);
        let mut is_all_seen = true;
        for held in &held {
            if held.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms) {
                self.bring_back(held).await;
            } else if is_new || self.is_due(held) || self.may_have_left(held) {
                is_all_seen &= self.compare(held, &copy).await?;
            }
        }
        if is_all_seen {
            self.seen = copy;
        }
        Ok(())
    }

    /// What the copy shows, confirmed live, against what was acknowledged. `false`: it has to be looked at again.
    async fn compare(&mut self, held: &Held, copy: &Applications) -> Result<bool, StoreError> {
        let Some(shown) = copy.get(&held.app, &held.instance_id) else {
            self.missing.entry(key(held)).or_insert_with(|| self.downline.clock.now_ms());
            return self.end_if_left(held).await;
        };
        self.missing.remove(&key(held));
        if verdict(held, shown, None) == Verdict::Holds {
            return Ok(true);
        }
        if !self.may_try(held) {
            return Ok(false);
        }
        let downline = Arc::clone(&self.downline);
        let read = downline.client.registries().instance(&held.app, &held.instance_id);
        let live = match downline.registry_time().bound(read).await {
            Ok(Some(live)) => live,
            Ok(None) => return Ok(true),
            Err(error) => {
                log::warn!("whether {} still holds is not known: {error}", held.entry);
                self.later(held);
                return Ok(false);
            }
        };
        match verdict(held, &live, downline.memory.explains(&live, &held.registration).await) {
            Verdict::Holds => {}
            Verdict::Ended(why) => {
                log::info!("{}: {}/{} is not kept out any longer: {why}", held.entry, held.app, held.instance_id);
                downline.store.end(held, why, self.now_ms()).await?;
            }
            Verdict::Forgotten => self.assert_again(held).await,
        }
        Ok(true)
    }

    fn may_have_left(&self, held: &Held) -> bool {
        self.missing.get(&key(held)).is_some_and(|since_ms| since_ms.saturating_add(LEFT_AFTER_MS) <= self.now_ms())
    }

    async fn end_if_left(&mut self, held: &Held) -> Result<bool, StoreError> {
        if !self.may_have_left(held) || !self.may_try(held) {
            return Ok(true);
        }
        let downline = Arc::clone(&self.downline);
        let read = downline.client.registries().instance(&held.app, &held.instance_id);
        match downline.registry_time().bound(read).await {
            Ok(None) => {
                log::info!("{}: {}/{} has left the registry", held.entry, held.app, held.instance_id);
                downline.store.end(held, "it has left the registry", self.now_ms()).await?;
            }
            // The copy will show it.
            Ok(Some(_)) => drop(self.missing.remove(&key(held))),
            Err(error) => {
                log::warn!("whether {} still holds is not known: {error}", held.entry);
                self.later(held);
            }
        }
        Ok(true)
    }

    async fn assert_again(&mut self, held: &Held) {
        let Held { entry, app, instance_id, .. } = held;
        log::warn!("{entry}: the registry has forgotten that {app}/{instance_id} is out of service: asserted again");
        let reason = format!("asserted again: the registry has forgotten {entry}");
        let expires_after_ms = held.expires_ms.map(|expires_ms| expires_ms.saturating_sub(self.now_ms()).max(1));
        // It was allowed when it was asked.
        let request = Request { force: true, expires_after_ms, ..own(Kind::Offline, held, &reason) };
        let done = self.downline.carry_out(&request).await;
        self.note(held, done.map(|_| ()));
    }

    async fn bring_back(&mut self, held: &Held) {
        if !self.may_try(held) {
            return;
        }
        let Held { entry, app, instance_id, .. } = held;
        log::info!("{entry}: its time is over, {app}/{instance_id} is brought back");
        let request = own(Kind::Online, held, &format!("the time of {entry} is over"));
        let done = match self.downline.carry_out(&request).await {
            // Nobody is there to be brought back.
            Err(Refusal::NoInstance { .. }) => {
                let ended = self.downline.store.end(held, "its time is over, and it has left", self.now_ms());
                ended.await.map_err(Refusal::Store)
            }
            done => done.map(|_| ()),
        };
        self.note(held, done);
    }

    fn note(&mut self, held: &Held, done: Result<(), Refusal>) {
        match done {
            Ok(()) => {
                self.again.remove(&key(held));
            }
            Err(refusal) => {
                log::error!("{}: {}/{}: {refusal}; tried again", held.entry, held.app, held.instance_id);
                self.later(held);
            }
        }
    }

    fn later(&mut self, held: &Held) {
        let now_ms = self.now_ms();
        let [first_ms, longest_ms] = TRY_AGAIN_MS;
        let wait_ms = self.again.get(&key(held)).map_or(first_ms, |(_, wait_ms)| (wait_ms * 2).min(longest_ms));
        self.again.insert(key(held), (now_ms.saturating_add(wait_ms), wait_ms));
    }

    fn may_try(&self, held: &Held) -> bool {
        self.again.get(&key(held)).is_none_or(|(at_ms, _)| *at_ms <= self.now_ms())
    }

    fn is_due(&self, held: &Held) -> bool {
        self.again.get(&key(held)).is_some_and(|(at_ms, _)| *at_ms <= self.now_ms())
    }

    fn now_ms(&self) -> i64 {
        self.downline.clock.now_ms()
    }
}

fn key(held: &Held) -> (i64, String) {
    (held.number, held.instance_id.clone())
}

fn own(kind: Kind, held: &Held, reason: &str) -> Request {
    let target =
        Target { app: Some(held.app.clone()), instance_ids: [held.instance_id.clone()].into(), ..Target::default() };
    Request::own(kind, target, CALLER, reason)
}
