//! One offline that may not hold any more: what the registry says live, and what follows.

use std::sync::Arc;

use eurus_model::InstanceInfo;
use eurus_service::Timer;

use super::verdict::{Verdict, verdict};
use crate::downline::Downline;
use crate::entry::Entry;
use crate::error::Refusal;
use crate::request::{Kind, Request, Target};
use crate::store::Held;
use crate::tally::Held as Counted;

/// Who asks, in the journal.
const CALLER: &str = "sync-speed";

/// Why it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It is to be brought back.
    TimeIsOver,
    /// The copy shows the instance in service, or in another registration.
    ShownOtherwise,
    /// The copy has not shown the instance for long.
    MayHaveLeft,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing is left to do until the copy shows something else.
    Settled,
    /// It has been said why; tried again.
    NotYet,
}

pub(super) async fn check(downline: Arc<Downline>, held: Held, due: Due, timer: Timer) -> (Held, Outcome) {
    let mut check = Check { downline: &downline, held: &held, timer };
    let done = match due {
        Due::TimeIsOver => check.bring_back().await,
        Due::ShownOtherwise => check.compare().await,
        Due::MayHaveLeft => check.end_if_left().await,
    };
    let outcome = done.map_or_else(
        |why| {
            log::error!("{}: {}/{}: {why}; tried again", held.entry, held.app, held.instance_id);
            Outcome::NotYet
        },
        |()| Outcome::Settled,
    );
    (held, outcome)
}

struct Check<'a> {
    downline: &'a Downline,
    held: &'a Held,
    timer: Timer,
}

impl Check<'_> {
    /// What the copy shows is confirmed live, and held against what was acknowledged.
    async fn compare(&mut self) -> Result<(), Refusal> {
        // Who is not there any more will be missing in the next copy.
        let Some(live) = self.live().await? else { return Ok(()) };
        let time = self.downline.registry_time();
        let forgotten = self.downline.memory.explains(&live, &self.held.registration, &time).await;
        match verdict(self.held, &live, forgotten) {
            Verdict::Holds => Ok(()),
            // Whether the registry has forgotten everybody shows in the next copy.
            Verdict::Ended(_) if self.downline.memory.is_newer_than_the_copy(&live) => Ok(()),
            Verdict::Ended(why) => self.end(why).await,
            Verdict::Forgotten => self.assert_again().await,
        }
    }

    async fn end_if_left(&self) -> Result<(), Refusal> {
        match self.live().await? {
            Some(_) => Ok(()),
            None => self.end("it has left the registry").await,
        }
    }

    async fn assert_again(&mut self) -> Result<(), Refusal> {
        let Held { entry, app, instance_id, expires_ms, .. } = self.held;
        log::warn!("{entry}: the registry has forgotten that {app}/{instance_id} is out of service: asserted again");
        self.count(Counted::AssertedAgain);
        let reason = format!("asserted again: the registry has forgotten {entry}");
        let now_ms = self.downline.clock.now_ms();
        let expires_after_ms = expires_ms.map(|expires_ms| expires_ms.saturating_sub(now_ms).max(1));
        // It was allowed when it was asked.
        let request = Request { expires_after_ms, ..self.own(Kind::Offline, &reason).forced() };
        match self.carry_out(&request).await {
            // It has left meanwhile, or somebody brought it back.
            Err(Refusal::NoInstance { .. }) => Ok(()),
            done => done.map(drop),
        }
    }

    async fn bring_back(&mut self) -> Result<(), Refusal> {
        let Held { entry, app, instance_id, .. } = self.held;
        log::info!("{entry}: its time is over, {app}/{instance_id} is brought back");
        self.count(Counted::BroughtBack);
        let request = self.own(Kind::Online, &format!("the time of {entry} is over"));
        match self.carry_out(&request).await {
            // Nobody is there to be brought back.
            Err(Refusal::NoInstance { .. }) => self.end("its time is over, and it has left").await,
            done => done.map(drop),
        }
    }

    /// Meanwhile the request's own timer is the one that counts.
    async fn carry_out(&mut self, request: &Request) -> Result<Entry, Refusal> {
        tokio::select! {
            // First, so that there is never a moment without a timer that is awake.
            biased;
            done = self.downline.carry_out_own(request) => done,
            () = self.timer.idle() => Err(Refusal::Busy("the clock has come to its end".to_owned())),
        }
    }

    async fn live(&self) -> Result<Option<InstanceInfo>, Refusal> {
        let read = self.downline.client.registries().instance(&self.held.app, &self.held.instance_id);
        self.downline.registry_time().bound(read).await.map_err(|error| Refusal::registry_away(&error))
    }

    async fn end(&self, why: &'static str) -> Result<(), Refusal> {
        let Held { entry, app, instance_id, .. } = self.held;
        log::info!("{entry}: {app}/{instance_id} is not kept out any longer: {why}");
        self.count(Counted::Ended);
        self.downline.store.end(self.held, why, self.downline.clock.now_ms()).await.map_err(Refusal::Store)
    }

    fn count(&self, event: Counted) {
        self.downline.tally.mine().held.count((event,));
    }

    fn own(&self, kind: Kind, reason: &str) -> Request {
        let Held { app, instance_id, .. } = self.held;
        let target = Target { app: Some(app.clone()), instance_ids: [instance_id.clone()].into(), ..Target::default() };
        // Who brings it back, or takes it out anew, may come before this.
        Request { while_held_by: Some(self.held.number), ..Request::own(kind, target, CALLER, reason) }
    }
}
