//! The one truth: applications, their leases, overrides, recent changes, expectations; behind one short lock.
//!
//! Changes hold the lock for a few map operations, whoever builds a list shares it to collect what is to be shown;
//! nothing is serialised and nothing awaited under it. Heartbeats and reads of one instance do not touch it: they look at
//! [`live`]. One file per operation: [`register`], [`renew`], [`status`], [`asg`],
//! [`cancel`]; [`preservation`] asks which leases may end; what readers get is a [`snapshot`].

mod asg;
mod cancel;
mod census;
mod live;
mod preservation;
mod register;
mod renew;
mod snapshot;
mod status;

use std::collections::BTreeMap;
use std::sync::Arc;

use eurus_model::InstanceInfo;
use parking_lot::RwLock;

use crate::counting::label;
use crate::held_bytes::HeldBytes;
use crate::lease::LeaseDuration;
use crate::lease_history::LeaseHistory;
use crate::limits::NoRoom;
use crate::recently_changed::RecentlyChanged;
use crate::registered::Registered;
use crate::renewal_rate::RenewalRate;
use crate::self_preservation::{PreservationRules, SelfPreservation, SelfPreservationMode};

use census::Census;
pub(crate) use census::Sizes;
use live::Live;
#[allow(unused_imports)] // Its type is named by pages.
pub(crate) use preservation::RenewalHealth;
pub(crate) use register::Registration;
pub(crate) use renew::Renewal;
pub(crate) use snapshot::{AppSnapshot, Snapshot, VipKind};
pub(crate) use status::StatusChange;

label! {
    /// Who speaks: a client for itself, or another registry that hands on what it was told.
    pub(crate) enum Origin as "origin" {
        Client = "client",
        Replica = "replica",
    }
}

impl Origin {
    /// For the log.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Client => "a client",
            Self::Replica => "another registry",
        }
    }
}

/// What a change touched: the response caches of these are out of date.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) app: String,
    pub(crate) vips: Vec<String>,
    pub(crate) secure_vips: Vec<String>,
}

impl Touched {
    /// What the change from one state to another touched. The old state's virtual addresses count too.
    fn by<'a>(app: &str, states: impl IntoIterator<Item = &'a Registered>) -> Self {
        let mut touched = Self { app: app.to_owned(), vips: Vec::new(), secure_vips: Vec::new() };
        for state in states {
            touched.vips.extend(state.vips().map(ToOwned::to_owned));
            touched.secure_vips.extend(state.secure_vips().map(ToOwned::to_owned));
        }
        touched
    }
}

/// When leases are over, and whether they end then; fixed for the life of the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaseRules {
    pub(crate) preservation: PreservationRules,
    pub(crate) duration: LeaseDuration,
}

/// All registered instances and what decides about them.
#[derive(Debug)]
pub(crate) struct Store {
    state: RwLock<State>,
    /// The same instances, for those who must not wait.
    live: Arc<Live>,
    renewals: RenewalRate,
}

#[derive(Debug)]
struct State {
    /// By upper-case name. An application goes with its last instance.
    apps: BTreeMap<String, App>,
    /// Of all instances in `apps`.
    census: Census,
    live: Arc<Live>,
    history: LeaseHistory,
    recent: RecentlyChanged,
    preservation: SelfPreservation,
    lease_duration: LeaseDuration,
    /// Of everything that is registered or in the delta queue.
    held: HeldBytes,
    /// Rises with every change; an application's version is its value at the application's last change.
    version: u64,
}

#[derive(Debug, Default)]
struct App {
    version: u64,
    instances: BTreeMap<String, Arc<Registered>>,
}

impl Store {
    pub(crate) fn new(rules: LeaseRules, now_ms: i64) -> Self {
        let live = Arc::new(Live::default());
        let state = State {
            apps: BTreeMap::new(),
            census: Census::default(),
            live: Arc::clone(&live),
            history: LeaseHistory::default(),
            recent: RecentlyChanged::default(),
            preservation: SelfPreservation::new(rules.preservation),
            lease_duration: rules.duration,
            held: HeldBytes::default(),
            version: 0,
        };
        Self { state: RwLock::new(state), live, renewals: RenewalRate::new(now_ms) }
    }

    /// Whether this instance may come, or grow, without there being too many or too much. Looked at before the write, so
    /// that a few registrations at the same moment may go past the limit: it guards memory, not a promise.
    pub(crate) fn check_room(&self, info: &InstanceInfo, instances_max: usize, bytes_max: u64) -> Result<(), NoRoom> {
        let state = self.state.read();
        let existing = state.get(&info.app, &info.instance_id);
        if existing.is_none() && state.size() >= instances_max {
            return Err(NoRoom::TooManyInstances { instances_max });
        }
        state.check_bytes(info, existing.map_or(0, |held| held.bytes()), bytes_max)
    }

    /// Bytes of everything that is registered or in the delta queue.
    pub(crate) fn bytes_held(&self) -> u64 {
        self.state.read().held.sum()
    }

    /// Forgets old changes and overrides.
    pub(crate) fn purge(&self, now_ms: i64, retention_ms: i64) {
        let mut state = self.state.write();
        state.recent.purge(now_ms, retention_ms);
        state.live.overrides.purge(now_ms);
    }

    /// The regular recount of the expected clients.
    pub(crate) fn recount_expected_clients(&self) {
        let mut state = self.state.write();
        let instances = i64::try_from(state.size()).unwrap_or(i64::MAX);
        state.preservation.expected.recount(instances);
        if state.preservation.rules.mode == SelfPreservationMode::Netflix {
            let threshold = state.preservation.expected.threshold();
            log::info!("{instances} instances registered; leases may end above {threshold} renewals a minute");
        } else {
            log::info!("{instances} instances registered");
        }
    }
}

impl State {
    fn get(&self, app: &str, instance_id: &str) -> Option<&Arc<Registered>> {
        self.apps.get(app)?.instances.get(instance_id)
    }

    fn size(&self) -> usize {
        self.census.instances()
    }

    /// Whether what takes the place of `existing_bytes` makes it too much. What does not grow may always come: an
    /// instance that is here must be able to register again.
    fn check_bytes(&self, info: &InstanceInfo, existing_bytes: u64, bytes_max: u64) -> Result<(), NoRoom> {
        let growth = info.bytes_held().saturating_sub(existing_bytes);
        if growth > 0 && self.held.sum() + growth > bytes_max {
            return Err(NoRoom::TooManyBytes { bytes_max });
        }
        Ok(())
    }

    /// Puts a state in place of the one before, notes it as a change, and says what that touched.
    fn replace(&mut self, new: &Arc<Registered>, now_ms: i64) -> Touched {
        self.version += 1;
        let (app, instance_id) = (&new.info().app, &new.info().instance_id);
        let held = self.apps.entry(app.clone()).or_default();
        held.version = self.version;
        let old = held.instances.insert(instance_id.clone(), Arc::clone(new));
        self.live.put(new);
        self.census.came(new.status());
        old.iter().for_each(|old| self.census.went(old.status()));
        self.recent.push(Arc::clone(new), now_ms);
        Touched::by(app, old.as_deref().into_iter().chain([&**new]))
    }
}

#[cfg(test)]
mod eviction_properties;
#[cfg(test)]
mod tests;
