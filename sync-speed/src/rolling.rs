//! Share by share: a rolling offline is an entry with a plan, and each share an entry of its own that names it. So a
//! share is carried out, recorded, repeated and recovered as any other offline; what is left of the plan is what no
//! share has dealt with, also after a restart.

mod share;
mod waiting;

use std::collections::BTreeSet;
use std::sync::Arc;

use eurus_service::{Shutdown, Timer};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use crate::candidates::{INSTANCES_PER_REQUEST_MAX, Selected};
use crate::downline::Downline;
use crate::entry::{Entry, EntryState, InstanceRecord, OVERTAKEN, Plan, Planned, Step};
use crate::error::Refusal;
use crate::pauses::Pauses;
use crate::request::{Request, Rolling};
use crate::store::{NewEntry, StoreError};
use share::Taken;
use waiting::Waiting;

/// Rolling offlines under way at one time.
pub(crate) const ROLLINGS_MAX: usize = 32;
/// How long one takes, where nothing is said: an hour, milliseconds.
const WITHIN_MS: i64 = 3_600_000;
/// Between two looks whether enough others are UP, or whether the registry answers again.
const LOOK_AGAIN_MS: i64 = 1_000;

/// The loop that carries them out.
pub(crate) struct RollingLoop {
    pub(crate) downline: Arc<Downline>,
    pub(crate) begun: mpsc::Receiver<Entry>,
}

impl RollingLoop {
    /// Until the signal. What is left then is in the journal.
    pub(crate) async fn run(mut self, mut timer: Timer, shutdown: Shutdown) {
        tokio::select! {
            () = self.work(&mut timer) => {}
            () = shutdown.wait() => {}
        }
    }

    async fn work(&mut self, timer: &mut Timer) {
        let mut under_way = FuturesUnordered::new();
        loop {
            let has_room = under_way.len() < ROLLINGS_MAX;
            tokio::select! {
                Some(()) = under_way.next() => {}
                Some(entry) = self.begun.recv(), if has_room => {
                    let timer = timer.clock().timer("rolling offlines");
                    under_way.push(roll(Arc::clone(&self.downline), entry, timer));
                }
                () = timer.idle() => {}
            }
        }
    }
}

impl Downline {
    /// Writes the plan down and hands it to the loop.
    pub(crate) async fn begin_rolling(
        &self,
        request: &Request,
        rolling: &Rolling,
        selected: Selected,
    ) -> Result<Entry, Refusal> {
        let place = self.rollings.try_reserve().map_err(|_| {
            Refusal::Busy(format!("{ROLLINGS_MAX} rolling offlines are under way; ask again when one has ended"))
        })?;
        let Selected { live, beside, turn, .. } = selected;
        // Shares take their own turns.
        drop(turn);
        let now_ms = self.clock.now_ms();
        let share = Plan::share_of(rolling.percent, live.len()).min(INSTANCES_PER_REQUEST_MAX);
        let plan = Plan {
            share,
            min_up: match rolling.min_up {
                Some(min_up) => min_up,
                None => self.up_of(&live).saturating_sub(share),
            },
            until_ms: now_ms.saturating_add(rolling.within_ms.unwrap_or(WITHIN_MS)),
            force: request.force,
            drain_within_ms: request.drain_within_ms,
            expires_after_ms: request.expires_after_ms,
            instances: live.iter().map(Planned::of).collect(),
        };
        // What is asked of each instance is asked of its share.
        let whole = Request { drain_within_ms: None, expires_after_ms: None, ..request.clone() };
        let new = NewEntry { request: &whole, instances: beside, plan: Some(plan), expires_ms: None, now_ms };
        let entry = match self.store.record(new).await {
            Err(error) if error.is_duplicate() => {
                let known = self.sent_before(request).await?;
                return known.ok_or(Refusal::Store(error));
            }
            recorded => recorded?,
        };
        log::info!("{}: rolling, {} instances, {share} at a time, from {}", entry.id, live.len(), entry.caller);
        place.send(entry.clone());
        Ok(entry)
    }

    /// How many instances of these applications are UP: the fewest, where there are several. The copy may be older than an
    /// online: who was read live counts as that.
    fn up_of(&self, instances: &[eurus_model::InstanceInfo]) -> usize {
        let copy = self.client.registry();
        let apps: BTreeSet<String> = instances.iter().map(|instance| instance.app.to_uppercase()).collect();
        let up = |app: &String| share::count_up(copy.by_name.get(app), app, instances);
        apps.iter().map(up).min().unwrap_or_default()
    }
}

async fn roll(downline: Arc<Downline>, entry: Entry, mut timer: Timer) {
    let id = entry.id.clone();
    let through = go_through(&downline, &entry, &mut timer).await;
    if is_elsewhere(&downline, &entry).await {
        log::warn!("{id}: another sync-speed goes on with it: this one was away for too long");
        return;
    }
    let why = match through {
        Ok(()) => None,
        Err(why) => {
            log::error!("{id}: stopped: {why}; what was not taken stays in service");
            Some(why)
        }
    };
    let mut pauses = Pauses::default();
    while let Err(error) = finish(&downline, &entry, why.as_deref()).await {
        if matches!(error, StoreError::TakenOver(_)) {
            log::warn!("{id}: {error}");
            return;
        }
        let pause_ms = pauses.next_ms();
        log::error!("{id}: that it has ended is not in the journal, written again in {pause_ms} ms: {error}");
        timer.sleep_ms(pause_ms).await;
    }
}

/// Share after share.
///
/// # Errors
/// Why the rest is not taken.
async fn go_through(downline: &Arc<Downline>, entry: &Entry, timer: &mut Timer) -> Result<(), String> {
    let Some(plan) = &entry.plan else { return Ok(()) };
    // After a restart it may have said so before.
    let mut waiting = Waiting { entry, plan, said: entry.note.clone() };
    loop {
        if is_elsewhere(downline, entry).await {
            return Ok(());
        }
        let left = match downline.store.entry_by_number(entry.number).await {
            // Where this goes on after a restart: shares from before are finished by recovery first.
            Ok(Some(now)) if is_share_open(&now) => {
                waiting.pause(downline, timer, "a share is still under way").await?;
                continue;
            }
            Ok(Some(now)) if now.nodes.iter().any(|node| node.ack.is_failed()) => {
                return Err("not every gateway has its shares".to_owned());
            }
            Ok(Some(now)) => left_of(plan, &now),
            Ok(None) => return Err("its entry is gone".to_owned()),
            Err(error) => {
                waiting.pause(downline, timer, &error.to_string()).await?;
                continue;
            }
        };
        if left.is_empty() {
            return Ok(());
        }
        let share: Vec<&Planned> = left.iter().take(plan.share).collect();
        match downline.take_share(entry, plan, &share, timer).await {
            Taken::Yes => waiting.is_over(downline).await,
            Taken::NotYet(why) => waiting.pause(downline, timer, &why).await?,
            Taken::No(why) => return Err(why),
        }
    }
}

/// Whether another node has taken it over, and writes down how it ends. Where the database fails this shows later.
async fn is_elsewhere(downline: &Downline, entry: &Entry) -> bool {
    matches!(downline.store.owns(entry.number).await, Ok(false))
}

/// Whether it is not known yet what became of a share.
fn is_share_open(entry: &Entry) -> bool {
    entry.instances.iter().any(|instance| matches!(instance.step, Step::Pending | Step::Uncertain))
        || entry.nodes.iter().any(|node| node.ack.is_open())
}

/// What no share has dealt with. One that was refused is asked again.
fn left_of(plan: &Plan, entry: &Entry) -> Vec<Planned> {
    let dealt_with: BTreeSet<(&str, &str)> = entry
        .instances
        .iter()
        .filter(|instance| matches!(instance.step, Step::Done | Step::PassedOver | Step::Pending | Step::Uncertain))
        .map(|instance| (instance.app.as_str(), instance.instance_id.as_str()))
        .collect();
    plan.instances
        .iter()
        .filter(|planned| !dealt_with.contains(&(planned.app.as_str(), planned.instance_id.as_str())))
        .cloned()
        .collect()
}

/// What an order the other way has kept from being taken: whoever waits for this one must not think that they are out.
fn still_in_service(entry: &Entry) -> Option<String> {
    let is_overtaken = |one: &&InstanceRecord| one.step == Step::PassedOver && one.detail.as_deref() == Some(OVERTAKEN);
    let names: Vec<String> = entry.instances.iter().filter(is_overtaken).map(InstanceRecord::name).collect();
    (!names.is_empty()).then(|| format!("not taken, because a newer entry deals with them: {}", names.join(", ")))
}

/// The whole's state, from its shares'.
async fn finish(downline: &Downline, entry: &Entry, why: Option<&str>) -> Result<(), StoreError> {
    let Some(mut now) = downline.store.entry_by_number(entry.number).await? else { return Ok(()) };
    let done = now.instances.iter().any(|instance| instance.step == Step::Done);
    let overtaken = still_in_service(&now);
    let why = why.or(overtaken.as_deref());
    now.state = match why {
        None if now.nodes.iter().any(|node| node.ack.is_failed() || node.ack.is_open()) => EntryState::Partial,
        None => EntryState::Done,
        Some(_) if done => EntryState::Partial,
        Some(_) => EntryState::Failed,
    };
    // What it waited for last is over.
    now.note = why.map(str::to_owned);
    // Its own rows alone: instances and nodes are its shares'.
    now.instances = Vec::new();
    now.nodes = Vec::new();
    downline.write_answer(&now).await?;
    log::info!("{}: {}", now.id, now.state_in_words());
    Ok(())
}

#[cfg(test)]
mod tests {
    use eurus_model::InstanceInfo;

    use super::*;
    use crate::request::Kind;

    #[test]
    fn what_is_left() {
        let instance = |id: &str| InstanceInfo::new("A", id, "h", "10.0.0.1");
        let plan = Plan {
            share: 1,
            min_up: 0,
            until_ms: 0,
            force: false,
            drain_within_ms: None,
            expires_after_ms: None,
            instances: ["1", "2", "3", "4", "5"].map(|id| Planned::of(&instance(id))).to_vec(),
        };
        let steps = [("1", Step::Done), ("2", Step::Refused), ("3", Step::PassedOver), ("4", Step::RolledBack)];
        let instances = steps.map(|(id, step)| InstanceRecord { step, ..InstanceRecord::of(&instance(id)) }).to_vec();
        let entry = Entry {
            number: 1,
            id: String::new(),
            kind: Kind::Offline,
            request: String::new(),
            caller: String::new(),
            state: EntryState::Recorded,
            note: None,
            created_ms: 0,
            updated_ms: 0,
            instances,
            nodes: Vec::new(),
            expires_ms: None,
            plan: None,
            part_of: None,
            drain: None,
        };
        let left: Vec<String> = left_of(&plan, &entry).into_iter().map(|planned| planned.instance_id).collect();
        assert_eq!(left, ["2", "4", "5"]);
    }
}
