//! After a restart: entries that a stop left unfinished are finished. And at any time: what was reported as failed, and
//! may have been done at the registry, is undone.
//!
//! Whether the registry was asked before the stop is not known; setting a status twice is harmless, so it is asked
//! (again), unless a newer entry or a newer registration of the instance has come since.

mod left;
mod writing;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use eurus_service::{Shutdown, Timer};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use crate::downline::Downline;
use crate::entry::{Entry, EntryState, OVERTAKEN, Step};
use crate::error::Refusal;
use crate::pauses::Pauses;
use crate::registry_memory::Life;
use crate::registry_step;
use crate::registry_time::RegistryTime;
use crate::request::Kind;
use crate::store::StoreError;
pub use left::Left;

/// Up to which age the registry is still asked, milliseconds: who asked before that has done something else since.
const ASK_WITHIN_MS: i64 = 300_000;
/// Entries that wait to be taken in, and as many that wait for their turn: more than there are requests under way, so that
/// a database that fails loses none of them. Still more are left to the next start.
pub const LEFT_MAX: usize = 512;
/// Entries that are finished side by side. One that waits for the registry does not hold up the others.
const FINISHED_AT_ONCE_MAX: usize = 16;

/// What such an entry says.
const TOO_OLD: &str = "interrupted by a stop more than 5 minutes ago, and not carried out any more; whether the registry did it before is not known: \
     look at its status there, ask again if it is still wanted";

/// What recovery works on.
pub struct Recovery {
    /// The way.
    pub downline: Arc<Downline>,
    /// Left unfinished by the last stop, oldest first.
    pub open: Vec<Entry>,
    /// Left since.
    pub left: mpsc::Receiver<Left>,
    /// How long after the request an unknown outcome is followed, milliseconds.
    pub settle_for_ms: i64,
}

impl Recovery {
    /// Until the signal.
    pub async fn run(mut self, mut timer: Timer, shutdown: Shutdown) {
        tokio::select! {
            () = self.work(&mut timer) => {}
            () = shutdown.wait() => {}
        }
    }

    async fn work(&mut self, timer: &mut Timer) {
        let mut waiting = VecDeque::from_iter(std::mem::take(&mut self.open).into_iter().map(Left::Open));
        if !waiting.is_empty() {
            log::warn!("{} entries were left unfinished by the last stop; they are finished now", waiting.len());
            wait_for_a_copy(&self.downline, timer).await;
        }
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < FINISHED_AT_ONCE_MAX
                && let Some(left) = waiting.pop_front()
            {
                let timer = timer.clock().timer("recovery");
                under_way.push(finish(Arc::clone(&self.downline), left, self.settle_for_ms, timer));
            }
            tokio::select! {
                Some(()) = under_way.next() => {}
                Some(left) = self.left.recv(), if waiting.len() < LEFT_MAX => waiting.push_back(left),
                () = timer.idle() => {}
            }
        }
    }
}

async fn finish(downline: Arc<Downline>, left: Left, settle_for_ms: i64, mut timer: Timer) {
    let (mut entry, is_written) = match left {
        Left::Open(entry) => (entry, true),
        Left::Unwritten(entry) => (entry, false),
        Left::Drained(entry) => return writing::drained(&downline, &entry, &mut timer).await,
    };
    if !is_written {
        writing::known(&downline, &entry, &mut timer).await;
    }
    if entry.stop_waiting_for_requests() {
        writing::drained(&downline, &entry, &mut timer).await;
    }
    if entry.is_uncertain() {
        settle(&downline, entry, settle_for_ms, &mut timer).await;
    } else if is_written {
        go_on(&downline, entry, &mut timer).await;
    }
}

/// What was reported as failed must not hold: undone as soon as the registry answers.
async fn settle(downline: &Downline, mut entry: Entry, settle_for_ms: i64, timer: &mut Timer) {
    let apps: BTreeSet<String> = entry.instances.iter().map(|instance| instance.app.clone()).collect();
    let deadline_ms = entry.created_ms.saturating_add(settle_for_ms);
    let mut pauses = Pauses::default();
    while let Err(why) = settle_all(downline, &mut entry, &apps).await {
        let wait_ms = pauses.next_ms();
        if timer.clock().now_ms().saturating_add(wait_ms) > deadline_ms {
            let last = format!("given up: look at its status at the registry: {why}");
            log::error!("{}: whether it was done stays unknown; {last}", entry.id);
            entry.add_note(&last);
            break;
        }
        log::warn!("{}: whether it was done is not known yet, asked again in {wait_ms} ms: {why}", entry.id);
        timer.sleep_ms(wait_ms).await;
    }
    entry.state = EntryState::Failed;
    writing::answer(downline, &entry, timer).await;
}

async fn settle_all(downline: &Downline, entry: &mut Entry, apps: &BTreeSet<String>) -> Result<(), String> {
    let _turn = downline.order.turn(apps).await.map_err(|error| error.to_string())?;
    // One for all of them: what this turn has no time for is for another one.
    let time = downline.registry_time();
    let number = entry.number;
    if !downline.store.owns(number).await.map_err(|error| error.to_string())? {
        log::warn!("{}: another sync-speed works on it now, and undoes it", entry.id);
        return Ok(());
    }
    for instance in entry.instances.iter_mut().filter(|instance| instance.step == Step::Uncertain) {
        let overtaken = downline.store.is_overtaken(number, &instance.app, &instance.instance_id).await;
        if overtaken.map_err(|error| error.to_string())? {
            instance.step = Step::PassedOver;
            instance.detail = Some(OVERTAKEN.to_owned());
            continue;
        }
        registry_step::settle(downline.at_registry(time), instance).await?;
        log::info!("{} is settled: {}", instance.name(), instance.detail.as_deref().unwrap_or_default());
    }
    Ok(())
}

/// Without a fetched copy every gateway would seem to have left.
async fn wait_for_a_copy(downline: &Downline, timer: &mut Timer) {
    let mut pauses = Pauses::default();
    while let Err(error) = downline.client.refresh().await {
        let wait_ms = pauses.next_ms();
        log::warn!("unfinished entries wait for the registry, asked again in {wait_ms} ms: {error}");
        timer.sleep_ms(wait_ms).await;
    }
}

async fn go_on(downline: &Downline, entry: Entry, timer: &mut Timer) {
    let id = entry.id.clone();
    if entry.plan.is_some() {
        log::warn!("{id}: a rolling offline goes on after a restart");
        if downline.rollings.send(entry).await.is_err() {
            log::error!("{id}: goes on after the next restart: the service stops");
        }
        return;
    }
    match entry.state {
        EntryState::Recorded => match ask_the_registry(downline, entry, timer).await {
            Ok(()) => log::info!("{id}: finished at the registry after a restart"),
            Err(refusal) => log::error!("{id}: could not be finished after a restart: {refusal}"),
        },
        EntryState::Notifying => writing::told(downline, entry, timer).await,
        EntryState::Done | EntryState::Partial | EntryState::Failed => {}
    }
}

async fn ask_the_registry(downline: &Downline, mut entry: Entry, timer: &mut Timer) -> Result<(), Refusal> {
    let apps: BTreeSet<String> = entry.instances.iter().map(|instance| instance.app.clone()).collect();
    let mut pauses = Pauses::default();
    loop {
        let not_yet = match downline.order.turn(&apps).await {
            Err(error) => Refusal::Store(error),
            // Not held over the wait: new requests for these applications go first, and overtake this entry.
            Ok(turn) => {
                // One for all that is asked in this turn.
                let time = downline.registry_time();
                let now_ms = timer.clock().now_ms();
                if now_ms.saturating_sub(entry.created_ms) > ASK_WITHIN_MS {
                    drop(downline.fail(entry, TOO_OLD.to_owned()).await?);
                    return Ok(());
                }
                match check(downline, &mut entry, now_ms, &time).await {
                    Ok(()) if time.is_over() => Refusal::Busy("the turn was over before it was asked".to_owned()),
                    Ok(()) => {
                        // Nobody waits for this answer.
                        drop(downline.complete(entry, turn, time).await?);
                        return Ok(());
                    }
                    Err(refusal @ (Refusal::LastUp { .. } | Refusal::KeepPercent { .. })) => {
                        drop(downline.fail(entry, refusal.to_string()).await?);
                        return Ok(());
                    }
                    Err(refusal @ Refusal::Store(StoreError::TakenOver(_))) => return Err(refusal),
                    Err(refusal) => refusal,
                }
            }
        };
        let wait_ms = pauses.next_ms();
        log::warn!("{}: asked again in {wait_ms} ms: {not_yet}", entry.id);
        timer.sleep_ms(wait_ms).await;
    }
}

/// Takes out of the entry what it is too late for; what is left passes the guards as a new request would.
async fn check(downline: &Downline, entry: &mut Entry, now_ms: i64, time: &RegistryTime) -> Result<(), Refusal> {
    if !downline.store.owns(entry.number).await? {
        return Err(StoreError::TakenOver(entry.number).into());
    }
    let mut left = Vec::new();
    for instance in entry.instances.iter_mut().filter(|instance| instance.step == Step::Pending) {
        let overtaken = downline.store.is_overtaken(entry.number, &instance.app, &instance.instance_id).await?;
        if entry.kind == Kind::Online && instance.was_not_there() && !overtaken {
            continue;
        }
        let live = downline.client.registries().instance(&instance.app, &instance.instance_id);
        let live = time.bound(live).await.map_err(|error| Refusal::registry_away(&error))?;
        let why = match downline.memory.life(live.as_ref(), &instance.registration, time).await {
            _ if overtaken => OVERTAKEN,
            Life::Same => {
                left.extend(live);
                continue;
            }
            Life::Over(why) => why,
            Life::Unsure(why) => return Err(Refusal::Busy(format!("{}: {why}", instance.name()))),
        };
        instance.step = Step::PassedOver;
        instance.detail = Some(why.to_owned());
    }
    if entry.kind == Kind::Offline {
        downline.candidates.guard(&left, is_forced(&entry.request), now_ms, time).await?;
    }
    Ok(())
}

/// What the stored body says; without a word, the guard holds.
fn is_forced(request: &str) -> bool {
    let body = serde_json::from_str::<serde_json::Value>(request);
    body.is_ok_and(|body| body.get("force") == Some(&serde_json::Value::Bool(true)))
}
