//! Who is to be brought back although the copy does not show them: what an offline keeps out is kept out also while the
//! registry does not know it, as after its restart, and would be taken out again as soon as it is back.

use std::collections::HashSet;
use std::sync::Arc;

use eurus_model::{Applications, InstanceInfo};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{Candidates, LIVE_READS_AT_ONCE};
use crate::entry::InstanceRecord;
use crate::error::Refusal;
use crate::registry_time::RegistryTime;
use crate::request::{Kind, Request, Target};
use crate::selection::{self, Policy};
use crate::store::KeptOut;

/// See the module.
pub(super) struct Unseen(Vec<KeptOut>);

impl Unseen {
    /// Of an online, those kept out that it means and that the caller may touch.
    pub(super) async fn of(candidates: &Candidates, request: &Request, policy: &Policy<'_>) -> Result<Self, Refusal> {
        let target = &request.target;
        // What the service does of its own accord for one offline ends that one by itself.
        if request.kind != Kind::Online || request.while_held_by.is_some() {
            return Ok(Self(Vec::new()));
        }
        let mut all = candidates.store.kept_out(target.app.as_deref()).await?;
        all.retain(|one| selection::is_meant_of(one, target) && policy.left_out(&one.app).is_none());
        all.dedup_by(|one, before| (&one.app, &one.instance_id) == (&before.app, &before.instance_id));
        Ok(Self(all))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are besides those that were picked from the copy.
    pub(super) fn besides(&self, picked: &[Arc<InstanceInfo>]) -> usize {
        let picked: HashSet<(String, &str)> = picked.iter().map(|one| name(one)).collect();
        self.0.iter().filter(|one| !picked.contains(&(one.app.clone(), &*one.instance_id))).count()
    }

    pub(super) fn apps(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|one| one.app.clone())
    }

    /// But for those that are confirmed already: those that the registry knows, and that are meant; and those that it does
    /// not know.
    pub(super) async fn confirm(
        self,
        confirmed: &[InstanceInfo],
        candidates: &Candidates,
        target: &Target,
        time: &RegistryTime,
    ) -> Result<(Vec<InstanceInfo>, Vec<InstanceRecord>), Refusal> {
        let registries = candidates.client.registries();
        let confirmed: HashSet<(String, &str)> = confirmed.iter().map(name).collect();
        let left = self.0.into_iter().filter(|one| !confirmed.contains(&(one.app.clone(), &*one.instance_id)));
        let read: Vec<(KeptOut, Option<InstanceInfo>)> = stream::iter(left)
            .map(|one| async move {
                let live = time.bound(registries.instance(&one.app, &one.instance_id)).await;
                live.map(|live| (one, live)).map_err(|error| Refusal::registry_away(&error))
            })
            .buffered(LIVE_READS_AT_ONCE)
            .try_collect()
            .await?;
        let hidden = match read.iter().any(|(_, live)| live.is_none()) {
            true => time.bound(registries.apps()).await.map_err(|error| Refusal::registry_away(&error))?,
            false => Applications::default(),
        };
        let (mut there, mut not_there) = (Vec::new(), Vec::new());
        for (one, live) in read {
            // One whose lease is over is in lists alone until it is evicted, and stays there with its override: nothing but the
            // registry's own no says what becomes of it.
            let live =
                live.or_else(|| hidden.get(&one.app, &one.instance_id).map(|listed| InstanceInfo::clone(listed)));
            match live {
                Some(live) if selection::is_meant(&live, target) => there.push(live),
                // Another life: the offline ends with the one that it was for.
                Some(_) => {}
                None => not_there.push(InstanceRecord::not_there(one)),
            }
        }
        Ok((there, not_there))
    }
}

fn name(instance: &InstanceInfo) -> (String, &str) {
    (instance.app.to_uppercase(), &instance.instance_id)
}
