//! The one truth: applications, their leases, overrides, recent changes, expectations; behind one short lock.
//!
//! Changes hold the lock for a few map operations, whoever builds a list shares it to collect what is to be shown;
//! nothing is serialised and nothing awaited under it. Nobody else touches it: heartbeats, reads of one instance, the pages
//! and the walk for leases that are over look at [`live`], and at the [`standing`] that every change leaves behind. One
//! file per operation: [`register`], [`renew`], [`status`], [`asg`], [`cancel`]; [`preservation`] asks which leases
//! may end; what readers get is a [`snapshot`].

mod asg;
mod cancel;
mod census;
mod live;
mod preservation;
mod register;
mod renew;
mod snapshot;
mod standing;
mod status;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use eurus_model::InstanceInfo;
use parking_lot::RwLock;

use crate::held_bytes::HeldBytes;
use crate::lease::LeaseDuration;
use crate::limits::NoRoom;
use crate::recently_changed::RecentlyChanged;
use crate::registered::Registered;
use crate::renewal_rate::RenewalRate;
use crate::self_preservation::{ExpectedRenewals, PreservationRules, SelfPreservation, SelfPreservationMode};
use eurus_service::counting::label;

use census::Census;
pub(crate) use census::{STATUSES, Sizes};
use live::Live;
#[allow(unused_imports)] // Its type is named by pages.
pub(crate) use preservation::RenewalHealth;
pub(crate) use register::Registration;
pub(crate) use renew::Renewal;
pub(crate) use snapshot::{AppSnapshot, FirstApps, Snapshot, VipKind};
use standing::{Changing, Standing};
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
    fn by(app: &str, old: Option<&Registered>, new: &Registered) -> Self {
        // Most changes leave the addresses as they were.
        let old_vips = old.filter(|old| old.info().vip_address != new.info().vip_address);
        let old_secure_vips = old.filter(|old| old.info().secure_vip_address != new.info().secure_vip_address);
        let vips = old_vips.into_iter().chain([new]).flat_map(Registered::vips);
        let secure_vips = old_secure_vips.into_iter().chain([new]).flat_map(Registered::secure_vips);
        Self { app: app.to_owned(), vips: owned(vips), secure_vips: owned(secure_vips) }
    }
}

fn owned<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    texts.map(ToOwned::to_owned).collect()
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
    /// As the last change left it, for the same.
    standing: ArcSwap<Standing>,
    preservation: SelfPreservation,
    held: HeldBytes,
    renewals: RenewalRate,
}

#[derive(Debug)]
struct State {
    /// By upper-case name. An application goes with its last instance.
    apps: BTreeMap<String, App>,
    /// Of all instances in `apps`.
    census: Census,
    live: Arc<Live>,
    recent: RecentlyChanged,
    expected: ExpectedRenewals,
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

impl App {
    fn put(&mut self, new: &Arc<Registered>) -> Option<Arc<Registered>> {
        match self.instances.get_mut(&new.info().instance_id) {
            Some(held) => Some(std::mem::replace(held, Arc::clone(new))),
            None => self.instances.insert(new.info().instance_id.clone(), Arc::clone(new)),
        }
    }
}

impl Store {
    pub(crate) fn new(rules: LeaseRules, now_ms: i64) -> Self {
        let live = Arc::new(Live::default());
        let held = HeldBytes::default();
        let state = State {
            apps: BTreeMap::new(),
            census: Census::default(),
            live: Arc::clone(&live),
            recent: RecentlyChanged::default(),
            expected: ExpectedRenewals::new(rules.preservation.expectation),
            lease_duration: rules.duration,
            held: held.clone(),
            version: 0,
        };
        let standing = ArcSwap::from_pointee(Standing::of(&state));
        let preservation = SelfPreservation::new(rules.preservation);
        let renewals = RenewalRate::new(now_ms);
        Self { state: RwLock::new(state), live, standing, preservation, held, renewals }
    }

    /// The lock that every change takes. What the change leaves behind is published when it is let go.
    fn write(&self) -> Changing<'_> {
        Changing::new(self.state.write(), &self.standing)
    }

    /// Whether this instance may come, or grow, without there being too many or too much. Looked at before the write, so
    /// that a few registrations at the same moment may go past the limit: it guards memory, not a promise.
    pub(crate) fn check_room(&self, info: &InstanceInfo, instances_max: usize, bytes_max: u64) -> Result<(), NoRoom> {
        let existing = self.live.get(&info.app, &info.instance_id);
        if existing.is_none() && self.standing.load().instances() >= instances_max {
            return Err(NoRoom::TooManyInstances { instances_max });
        }
        check_bytes(&self.held, info, existing.map_or(0, |held| held.bytes()), bytes_max)
    }

    /// Bytes of everything that is registered or in the delta queue.
    pub(crate) fn bytes_held(&self) -> u64 {
        self.held.sum()
    }

    /// Forgets old changes and overrides.
    pub(crate) fn purge(&self, now_ms: i64, retention_ms: i64) {
        let mut state = self.write();
        state.recent.purge(now_ms, retention_ms);
        state.live.overrides.purge(now_ms);
    }

    /// The regular recount of the expected clients.
    pub(crate) fn recount_expected_clients(&self) {
        let mut state = self.write();
        let instances = i64::try_from(state.size()).unwrap_or(i64::MAX);
        state.expected.recount(instances);
        if self.preservation.rules.mode == SelfPreservationMode::Netflix {
            let threshold = state.expected.threshold();
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

    /// Puts a state in place of the one before, notes it as a change, and says what that touched.
    fn replace(&mut self, new: &Arc<Registered>, now_ms: i64) -> Touched {
        let old = self.put(new, now_ms);
        Touched::by(&new.info().app, old.as_deref(), new)
    }

    /// Puts a state in place of the one before, which it returns, and notes it as a change.
    fn put(&mut self, new: &Arc<Registered>, now_ms: i64) -> Option<Arc<Registered>> {
        self.version += 1;
        let app = match self.apps.get_mut(&new.info().app) {
            Some(app) => app,
            None => {
                self.live.app_came(&new.info().app);
                self.apps.entry(new.info().app.clone()).or_default()
            }
        };
        app.version = self.version;
        let old = app.put(new);
        self.live.put(new);
        self.census.came(new.status());
        old.iter().for_each(|old| self.census.went(old.status()));
        self.recent.push(Arc::clone(new), now_ms);
        old
    }
}

/// Whether what takes the place of `existing_bytes` makes it too much. What does not grow may always come: an instance
/// that is here must be able to register again.
fn check_bytes(held: &HeldBytes, info: &InstanceInfo, existing_bytes: u64, bytes_max: u64) -> Result<(), NoRoom> {
    let growth = info.bytes_held().saturating_sub(existing_bytes);
    if growth > 0 && held.sum() + growth > bytes_max {
        return Err(NoRoom::TooManyBytes { bytes_max });
    }
    Ok(())
}

#[cfg(test)]
mod eviction_properties;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod tests;
