//! One share of a rolling offline.

use std::collections::BTreeSet;

use eurus_model::{Application, InstanceInfo, InstanceStatus};
use eurus_service::Timer;

use crate::downline::Downline;
use crate::entry::{Entry, EntryState, InstanceRecord, OVERTAKEN, Plan, Planned, Step};
use crate::error::Refusal;
use crate::guard;
use crate::points;
use crate::registry_memory::Life;
use crate::request::{Kind, Request, Target};
use crate::store::NewEntry;

/// What became of a share.
pub(super) enum Taken {
    /// Every gateway has it; or there was nothing left to take.
    Yes,
    /// It may be later.
    NotYet(String),
    /// It will not be.
    No(String),
}

impl Downline {
    pub(super) async fn take_share(&self, whole: &Entry, plan: &Plan, share: &[&Planned], timer: &mut Timer) -> Taken {
        match self.try_share(whole, plan, share, timer).await {
            Ok(taken) => taken,
            // Enough may be UP later; what is not known shows, and is undone.
            Err(
                refusal @ (Refusal::Registry { .. }
                | Refusal::Unknown { .. }
                | Refusal::Unfinished { .. }
                | Refusal::Store(_)
                | Refusal::Busy(_)),
            ) => Taken::NotYet(refusal.to_string()),
            // Without the copy's age, which is another one at each look: it is said once.
            Err(Refusal::KeepPercent { app, staying, percent, .. }) => Taken::NotYet(staying.in_words(&app, percent)),
            // Other shares have been taken: it must not say that nothing was changed.
            Err(Refusal::LastUp { app, taken }) => Taken::No(format!(
                "{} would be the last UP instance of {app}; \"force\": true takes it all the same",
                taken.join(", ")
            )),
            Err(refusal) => Taken::No(refusal.to_string()),
        }
    }

    async fn try_share(
        &self,
        whole: &Entry,
        plan: &Plan,
        share: &[&Planned],
        timer: &mut Timer,
    ) -> Result<Taken, Refusal> {
        let mut time = self.registry_time();
        let apps: BTreeSet<String> = share.iter().map(|planned| planned.app.clone()).collect();
        let turn = time.paused(self.order.turn(&apps)).await;
        let turn = turn.ok_or_else(|| Refusal::Busy("an earlier request is still at the registry".to_owned()))??;
        time.bound(self.client.refresh()).await.map_err(|error| Refusal::registry_away(&error))?;
        let overruled = self.overruled(whole, share).await?;
        let (live, passed_over) = if overruled.is_empty() {
            if let Some(why) = self.too_few(&apps, plan, share).await? {
                return Ok(Taken::NotYet(why));
            }
            self.still_there(share, &time).await?
        } else {
            // They are left alone at once; the others' turn is the next one.
            (Vec::new(), overruled)
        };
        self.candidates.guard(&live, plan.force, self.clock.now_ms(), &time).await?;
        let request = share_of(whole, plan, share);
        let instances = live.iter().map(InstanceRecord::of).chain(passed_over).collect();
        self.faults.pass(&points::RECORD, "").await;
        let (now_ms, expires_ms) = self.now_and_expiry(&request);
        let new = NewEntry { request: &request, instances, plan: None, expires_ms, now_ms };
        let entry = self.store.record(new).await?;
        log::info!("{}: a share of {}, {} instances", entry.id, whole.id, live.len());
        let (entry, told) = self.complete(entry, turn, time).await?;
        drop(told);
        let entry = self.until(entry, timer, plan.until_ms, Entry::is_told).await;
        let entry = match plan.drain_within_ms {
            Some(within_ms) => self.drain(entry, within_ms, timer).await,
            None => entry,
        };
        Ok(match entry.state {
            EntryState::Done => Taken::Yes,
            // What the registry refused is asked again; who has it has every gateway told.
            EntryState::Partial if !entry.nodes.iter().any(|node| node.ack.is_failed()) => {
                Taken::NotYet(entry.note.unwrap_or_else(|| format!("not all of the share {} was done", entry.id)))
            }
            _ => Taken::No(format!("the share {} is {}: not every gateway has it", entry.id, entry.state_in_words())),
        })
    }

    /// Those for which somebody has asked something newer, such as the way back: that stands.
    async fn overruled(&self, whole: &Entry, share: &[&Planned]) -> Result<Vec<InstanceRecord>, Refusal> {
        let mut overruled = Vec::new();
        for planned in share {
            if self.store.is_overruled(whole.number, &planned.app, &planned.instance_id).await? {
                overruled.push(gone(planned, OVERTAKEN));
            }
        }
        Ok(overruled)
    }

    /// Why a share must wait for others.
    async fn too_few(
        &self,
        apps: &BTreeSet<String>,
        plan: &Plan,
        share: &[&Planned],
    ) -> Result<Option<String>, Refusal> {
        for app in apps {
            let up = self.up_besides(app, share).await?;
            if up < plan.min_up {
                let asked = plan.min_up;
                return Ok(Some(format!(
                    "{app} has {up} instances UP besides the next share, and {asked} are asked for"
                )));
            }
        }
        Ok(None)
    }

    /// UP in the copy, not of the share, and not taken by this service.
    async fn up_besides(&self, app: &str, share: &[&Planned]) -> Result<usize, Refusal> {
        let taken: Vec<InstanceInfo> = share
            .iter()
            .filter(|planned| planned.app == app)
            .map(|planned| InstanceInfo::new(app, &planned.instance_id, "", &planned.registration.ip))
            .collect();
        let since_ms = self.clock.now_ms().saturating_sub(crate::candidates::RECENT_MS);
        let recently_offline = self.store.recently_offline(app, since_ms).await?;
        Ok(guard::left_to_serve(&self.client.registry(), app, &taken, &recently_offline).len())
    }

    /// Those in the registration that was meant, and those that are not any more.
    async fn still_there(
        &self,
        share: &[&Planned],
        time: &crate::registry_time::RegistryTime,
    ) -> Result<(Vec<InstanceInfo>, Vec<InstanceRecord>), Refusal> {
        let (mut live, mut passed_over) = (Vec::new(), Vec::new());
        for planned in share {
            let read = self.client.registries().instance(&planned.app, &planned.instance_id);
            let read = time.bound(read).await.map_err(|error| Refusal::registry_away(&error))?;
            let name = (planned.app.as_str(), planned.instance_id.as_str());
            match self.memory.life(read.as_ref(), &planned.registration, time).await {
                Life::Same => live.extend(read),
                Life::Over(why) => passed_over.push(gone(planned, why)),
                Life::Unsure(why) => return Err(Refusal::Busy(format!("{}/{}: {why}", name.0, name.1))),
            }
        }
        Ok((live, passed_over))
    }
}

/// As the share's request would have been sent.
fn share_of(whole: &Entry, plan: &Plan, share: &[&Planned]) -> Request {
    let instance_ids = share.iter().map(|planned| planned.instance_id.clone()).collect();
    let target = Target { instance_ids, ..Target::default() };
    Request {
        force: plan.force,
        drain_within_ms: plan.drain_within_ms,
        expires_after_ms: plan.expires_after_ms,
        part_of: Some(whole.number),
        caller: whole.caller.clone(),
        body: whole.request.clone(),
        ..Request::own(Kind::Offline, target, &whole.caller, "")
    }
}

fn gone(planned: &Planned, why: &str) -> InstanceRecord {
    let mut instance = InstanceInfo::new(&planned.app, &planned.instance_id, "", &planned.registration.ip);
    instance.lease.service_up_ms = planned.registration.service_up_ms;
    instance.port.number = planned.port;
    InstanceRecord {
        status: InstanceStatus::Unknown,
        status_before: InstanceStatus::Unknown,
        step: Step::PassedOver,
        detail: Some(why.to_owned()),
        ..InstanceRecord::of(&instance)
    }
}

/// How many of an application's instances are UP: those that were read live as they are, the others as the copy shows them.
pub(super) fn count_up(application: Option<&Application>, app: &str, live: &[InstanceInfo]) -> usize {
    let is_live = |id: &str| live.iter().any(|one| one.app.eq_ignore_ascii_case(app) && one.instance_id == id);
    let others = application.into_iter().flat_map(|application| application.instances.values().map(|one| &**one));
    live.iter()
        .filter(|one| one.app.eq_ignore_ascii_case(app))
        .chain(others.filter(|one| !is_live(&one.instance_id)))
        .filter(|one| one.status == InstanceStatus::Up)
        .count()
}
