//! Registering, for the first time or again, and the metadata change that registers again.

use std::collections::HashMap;
use std::sync::Arc;

use eurus_model::{ActionType, InstanceInfo, InstanceStatus};

use super::{Origin, State, Store, Touched, check_bytes};
use crate::instance_name::InstanceName;
use crate::lease::{Lease, duration_ms};
use crate::limits::{NoRoom, RegistryLimits};
use crate::registered::Registered;

/// What a registration was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registration {
    New,
    Again,
    /// The state held is newer, and stays; the lease is renewed.
    OlderThanHeld,
}

impl Store {
    /// Registers an instance. Of the held and the incoming state the one with the later dirty timestamp wins, and
    /// the incoming one at a tie.
    pub(crate) fn register(&self, incoming: InstanceInfo, origin: Origin, now_ms: i64) -> (Registration, Touched) {
        let registered = self.write().register(incoming, origin, now_ms);
        // The lock is let go: the rest keeps nobody from changing something else.
        self.live.history.registered(&registered.new.info().app, &registered.new.info().instance_id, now_ms);
        registered.say();
        (registered.registration, registered.touched())
    }

    /// Adds to an instance's metadata, by registering it again. `Ok(None)`: there is no such instance.
    pub(crate) fn put_metadata(
        &self,
        app: &str,
        instance_id: &str,
        entries: Vec<(String, String)>,
        limits: &RegistryLimits,
        now_ms: i64,
    ) -> Result<Option<Touched>, NoRoom> {
        let mut state = self.write();
        // Read and written under one lock: of two metadata changes at the same time none is lost.
        let Some(held) = state.get(app, instance_id).filter(|held| self.is_visible(held, now_ms)).cloned() else {
            return Ok(None);
        };
        let mut info = held.info().clone();
        merge(&mut info.metadata, entries);
        limits.check(&info)?;
        check_bytes(&self.held, &info, held.bytes(), limits.bytes_max)?;
        let registered = state.register(info, Origin::Client, now_ms);
        drop(state);
        self.live.history.registered(app, instance_id, now_ms);
        registered.say();
        Ok(Some(registered.touched()))
    }
}

/// New values for known keys, new keys at the end. By a table, so that many entries take no longer than they must.
fn merge(metadata: &mut Vec<(String, String)>, entries: Vec<(String, String)>) {
    let mut places: HashMap<String, usize> =
        metadata.iter().enumerate().map(|(place, (key, _))| (key.clone(), place)).collect();
    for (key, value) in entries {
        match places.get(&key) {
            Some(place) => metadata[*place].1 = value,
            None => {
                places.insert(key.clone(), metadata.len());
                metadata.push((key, value));
            }
        }
    }
}

/// What came of a registration.
struct Replaced {
    registration: Registration,
    old: Option<Arc<Registered>>,
    new: Arc<Registered>,
    status_said: InstanceStatus,
}

impl Replaced {
    fn touched(&self) -> Touched {
        Touched::by(&self.new.info().app, self.old.as_deref(), &self.new)
    }

    fn say(&self) {
        let (info, old_status) = (self.new.info(), self.old.as_ref().map(|old| old.status()));
        let name = InstanceName(&info.app, &info.instance_id);
        // Clients register again and again: only what is new is worth a line.
        let level = if old_status == Some(info.status) { log::Level::Debug } else { log::Level::Info };
        let said = match self.status_said {
            InstanceStatus::Unknown => "UNKNOWN, or a status that Eureka does not know",
            said => said.as_str(),
        };
        log::log!(level, "registered {name}: {} (said {said})", info.status);
    }
}

impl State {
    fn register(&mut self, incoming: InstanceInfo, origin: Origin, now_ms: i64) -> Replaced {
        // The incoming duration counts even when the held state stays.
        let duration_ms = duration_ms(incoming.lease.duration_s);
        let existing = self.get(&incoming.app, &incoming.instance_id).cloned();
        let (registration, mut info) = match &existing {
            Some(held) if held.info().last_dirty_ms > incoming.last_dirty_ms => {
                if let Some(untold) = self.live.older.hit(now_ms) {
                    log::warn!(
                        "{} registered with an older state (dirty timestamp {}) than the one held ({}): the held one \
                         stays. Do two processes share this id, or has a clock been set back?{untold}",
                        InstanceName(&incoming.app, &incoming.instance_id),
                        incoming.last_dirty_ms,
                        held.info().last_dirty_ms
                    );
                }
                (Registration::OlderThanHeld, held.info().clone())
            }
            Some(_) => (Registration::Again, incoming),
            None => {
                self.expected.joined();
                (Registration::New, incoming)
            }
        };
        let status_said = info.status;
        self.apply_override(&mut info, now_ms);
        let existing_status = existing.as_ref().map(|held| held.status());
        let group = info.asg_name.as_deref();
        info.status =
            self.live.effective_status(&info.instance_id, group, status_said, existing_status, origin, now_ms);
        // Carried over for a live lease: others tell a renewed registration from a new one by it.
        let service_up_ms = existing.as_ref().map_or(0, |held| held.lease().service_up_ms());
        let lease = Arc::new(Lease::new(now_ms, duration_ms, service_up_ms, self.lease_duration));
        if info.status == InstanceStatus::Up {
            lease.service_up(now_ms);
        }
        info.action = Some(ActionType::Added);
        info.last_updated_ms = now_ms;
        let new = Registered::new(info, lease, &self.held);
        let old = self.put(&new, now_ms);
        Replaced { registration, old, new, status_said }
    }

    /// An override that the instance brings along counts only when none is known here.
    fn apply_override(&mut self, info: &mut InstanceInfo, now_ms: i64) {
        match self.live.overrides.get(&info.instance_id, now_ms) {
            Some(known) => info.overridden_status = known,
            None if info.overridden_status != InstanceStatus::Unknown => {
                self.live.overrides.set(&info.instance_id, info.overridden_status, now_ms);
            }
            None => {}
        }
    }
}
