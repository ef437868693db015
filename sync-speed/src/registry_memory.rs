//! Since when the registry remembers. One that was started anew has forgotten everybody: then every instance that
//! registers again looks like a new life, and is none. What tells them apart: the registry has forgotten this service's
//! own registration too, and shows nobody in a registration from before.
//!
//! Written down, because this service may die with the registry, or soon after it: up to when the registry is known to
//! have known it, and the last time that it had forgotten. So nodes that share a database share that too.

use std::sync::Arc;

use eurus_client::{EurekaClient, Forgotten, RegistrationHealth};
use eurus_model::{Applications, InstanceInfo};
use eurus_service::Clock;
use parking_lot::Mutex;

use crate::registration::Registration;
use crate::registry_time::RegistryTime;
use crate::store::{Store, StoreError};

/// How long after a registry forgot everybody they may take to register again: a lease on stock intervals, and a
/// heartbeat. Later it is a new life.
const COMES_BACK_WITHIN_MS: i64 = 120_000;
/// How exactly it is written down that the registry knows this service.
const NOTED_EVERY_MS: i64 = 5_000;
/// Names of what is written down.
const KNOWN: &str = "registry-known-until-ms";
const FORGOT_KNOWN: &str = "registry-forgot-known-until-ms";
const FORGOT_NOTICED: &str = "registry-forgot-noticed-ms";

/// Whether an instance is still the one that is meant.
pub(crate) enum Life {
    /// It is.
    Same,
    /// It is gone, or another life is there: why.
    Over(&'static str),
    /// That shows later: why not now.
    Unsure(&'static str),
}

/// See the module.
pub(crate) struct RegistryMemory {
    client: Arc<EurekaClient>,
    store: Store,
    clock: Clock,
    // A plain mutex: held to look and to copy, never across an await.
    state: Mutex<State>,
}

#[derive(Clone, Copy, Default)]
struct State {
    /// The last time that it had forgotten, which is certain.
    forgotten: Option<Forgotten>,
    /// It may have forgotten while this service did not run: that shows with the first copy.
    perhaps: Option<Forgotten>,
    /// What this process was told itself.
    heard: Option<Forgotten>,
    noted_ms: i64,
}

impl RegistryMemory {
    /// What was written down before.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn read(client: Arc<EurekaClient>, store: Store, clock: Clock) -> Result<Self, StoreError> {
        let now_ms = clock.now_ms();
        let forgotten = match (store.fact(FORGOT_KNOWN).await?, store.fact(FORGOT_NOTICED).await?) {
            (Some(known_until_ms), Some(noticed_ms)) => Some(Forgotten { known_until_ms, noticed_ms }),
            _ => None,
        };
        let known_until_ms = store.fact(KNOWN).await?;
        // After a longer stop nobody can say any more who came back and who is new.
        let recent = known_until_ms.filter(|known_ms| now_ms.saturating_sub(*known_ms) <= COMES_BACK_WITHIN_MS);
        let perhaps = recent.map(|known_until_ms| Forgotten { known_until_ms, noticed_ms: now_ms });
        let state = State { forgotten, perhaps, heard: None, noted_ms: known_until_ms.unwrap_or_default() };
        Ok(Self { client, store, clock, state: Mutex::new(state) })
    }

    /// Writes down what has changed. That it had forgotten before that it knows this service again.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn note(&self) -> Result<(), StoreError> {
        let Some(health) = self.client.health().registration else { return Ok(()) };
        if let Some(forgotten) = self.news(&health) {
            self.store.keep_fact(FORGOT_NOTICED, forgotten.noticed_ms).await?;
            self.store.keep_fact(FORGOT_KNOWN, forgotten.known_until_ms).await?;
            let mut state = self.state.lock();
            state.forgotten = Some(forgotten);
            state.heard = health.forgotten;
            state.perhaps = None;
        }
        let (is_settled, noted_ms) = {
            let state = self.state.lock();
            (state.perhaps.is_none(), state.noted_ms)
        };
        if let Some(known_ms) = health.last_accepted_ms
            && is_settled
            && known_ms >= noted_ms.saturating_add(NOTED_EVERY_MS)
        {
            self.store.keep_fact(KNOWN, known_ms).await?;
            self.state.lock().noted_ms = known_ms;
        }
        Ok(())
    }

    /// That it had forgotten, where that is not written down yet.
    fn news(&self, health: &RegistrationHealth) -> Option<Forgotten> {
        let mut state = self.state.lock();
        if health.forgotten.is_some() && health.forgotten != state.heard {
            return health.forgotten;
        }
        let perhaps = state.perhaps?;
        let copy = self.client.registry();
        // Nobody, or nobody of whom it could be told: the next copy will show it.
        since_when(&copy).next()?;
        if memory_began_after(&copy, perhaps.known_until_ms) {
            log::warn!("the registry has forgotten its instances while this service did not run");
            return Some(perhaps);
        }
        state.perhaps = None;
        None
    }

    /// The moment of forgetting, where it explains why an instance is in a newer registration than the one meant.
    pub(crate) async fn explains(
        &self,
        live: &InstanceInfo,
        meant: &Registration,
        time: &RegistryTime,
    ) -> Option<Forgotten> {
        if !Registration::of(live).is_newer_than(meant) {
            return None;
        }
        self.hear(time).await;
        let state = *self.state.lock();
        let copy = self.client.registry();
        let is_true = |forgotten: &Forgotten| memory_began_after(&copy, forgotten.known_until_ms);
        [self.heard(), state.perhaps, state.forgotten]
            .into_iter()
            .flatten()
            .filter(is_true)
            .find(|forgotten| came_back(live, meant, *forgotten))
    }

    /// Whether an instance, as it was just read, is still the one that is meant: in its registration, or in another one only
    /// because the registry has forgotten it.
    pub(crate) async fn life(&self, live: Option<&InstanceInfo>, meant: &Registration, time: &RegistryTime) -> Life {
        let Some(live) = live else {
            self.hear(time).await;
            return match self.may_come_back(meant) {
                true => Life::Unsure("the registry has forgotten it, and it may register again"),
                false => Life::Over("it has left the registry"),
            };
        };
        if !Registration::of(live).is_newer_than(meant) || self.explains(live, meant, time).await.is_some() {
            return Life::Same;
        }
        if self.is_newer_than_the_copy(live) {
            if !self.has_newer_copy(time).await {
                return Life::Unsure("it has registered anew since the registry was fetched");
            }
            if self.explains(live, meant, time).await.is_some() {
                return Life::Same;
            }
        }
        match self.is_newer_than_the_copy(live) {
            true => Life::Unsure("it has registered anew since the registry was fetched"),
            false => Life::Over("it has registered anew"),
        }
    }

    /// Whether an instance, as it was just read, has registered since the registry was fetched.
    pub(crate) fn is_newer_than_the_copy(&self, live: &InstanceInfo) -> bool {
        let copy = self.client.registry();
        let copied = copy.get(&live.app, &live.instance_id).map(|copied| Registration::of(copied));
        copied.is_none_or(|copied| Registration::of(live).is_newer_than(&copied))
    }

    /// The registry's list, fetched now; from its caches it may be an old one all the same.
    async fn has_newer_copy(&self, time: &RegistryTime) -> bool {
        let fetched = time.bound(self.client.refresh()).await;
        fetched.inspect_err(|error| log::warn!("the registry's list could not be fetched: {error}")).is_ok()
    }

    fn may_come_back(&self, meant: &Registration) -> bool {
        let state = *self.state.lock();
        let now_ms = self.clock.now_ms();
        [self.heard(), state.perhaps, state.forgotten].into_iter().flatten().any(|forgotten| {
            meant.service_up_ms <= forgotten.known_until_ms
                && now_ms <= forgotten.noticed_ms.saturating_add(COMES_BACK_WITHIN_MS)
        })
    }

    fn heard(&self) -> Option<Forgotten> {
        self.client.health().registration.and_then(|health| health.forgotten)
    }

    /// Does it know this service? The loop's heartbeat may be long in coming.
    async fn hear(&self, time: &RegistryTime) {
        if let Err(error) = time.bound(self.client.renew()).await {
            log::warn!("whether the registry has forgotten its instances is not known: {error}");
        }
        if let Err(error) = self.note().await {
            log::error!("what the registry has forgotten is not written down: {error}");
        }
    }
}

/// Whether a newer registration is that of one who came back: it was there when the registry forgot, and again soon after.
pub(crate) fn came_back(live: &InstanceInfo, meant: &Registration, forgotten: Forgotten) -> bool {
    let registration = Registration::of(live);
    let window = forgotten.known_until_ms..=forgotten.noticed_ms.saturating_add(COMES_BACK_WITHIN_MS);
    registration.ip == meant.ip
        && registration.is_newer_than(meant)
        && meant.service_up_ms <= forgotten.known_until_ms
        && window.contains(&registration.service_up_ms)
}

/// Whether a registry shows nobody from before: then its memory is a new one.
fn memory_began_after(copy: &Applications, moment_ms: i64) -> bool {
    let mut since = since_when(copy).peekable();
    since.peek().is_some() && since.all(|up_ms| up_ms > moment_ms)
}

/// One who is not UP has no moment.
fn since_when(copy: &Applications) -> impl Iterator<Item = i64> {
    copy.instances().map(|instance| instance.lease.service_up_ms).filter(|up_ms| *up_ms > 0)
}

#[cfg(test)]
pub(crate) mod tests {
    use eurus_model::InstanceStatus;

    use super::*;

    /// As a registry shows one.
    pub(crate) fn instance(id: &str, ip: &str, service_up_ms: i64, status: InstanceStatus) -> InstanceInfo {
        let mut instance = InstanceInfo::new("A", id, "h", ip);
        instance.lease.service_up_ms = service_up_ms;
        instance.status = status;
        instance
    }

    #[test]
    fn whether_a_memory_is_new() {
        for (up_ms, moment_ms, is_new) in [
            (vec![], 10, false),
            (vec![0], 10, false),
            (vec![11, 12], 10, true),
            (vec![11, 0, 12], 10, true),
            (vec![11, 10], 10, false),
        ] {
            let mut copy = Applications::default();
            for (n, up_ms) in up_ms.iter().enumerate() {
                copy.insert(Arc::new(instance(&n.to_string(), "10.0.0.1", *up_ms, InstanceStatus::Up)));
            }
            assert_eq!(memory_began_after(&copy, moment_ms), is_new, "{up_ms:?}");
        }
    }
}
