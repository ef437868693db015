//! What readers get: instances of one moment, without holding the lock while they are serialised.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use eurus_model::{InstanceStatus, hash};

use super::{App, State, Store};
use crate::lease_history::LeaseHistory;
use crate::registered::Registered;

/// The instances of one application.
#[derive(Debug)]
pub(crate) struct AppSnapshot {
    pub(crate) name: String,
    /// Of the application in the store; for parts of an application it says nothing.
    pub(crate) version: u64,
    pub(crate) instances: Vec<Arc<Registered>>,
}

/// Applications and a hash, all of one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) apps: Vec<AppSnapshot>,
    pub(crate) hashcode: String,
}

/// Some applications, for a page; and how many instances and applications there are.
#[derive(Debug)]
pub(crate) struct FirstApps {
    pub(crate) apps: Vec<AppSnapshot>,
    pub(crate) instances: usize,
    pub(crate) applications: usize,
}

/// Which of the two virtual addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum VipKind {
    Plain,
    Secure,
}

impl Store {
    /// Everything.
    pub(crate) fn all(&self) -> Snapshot {
        let state = self.state.read();
        let apps = state.apps.iter().map(|(name, app)| app.snapshot(name)).collect();
        Snapshot { apps, hashcode: state.hashcode() }
    }

    /// What changed lately, with the hash of everything.
    pub(crate) fn delta(&self) -> Snapshot {
        let state = self.state.read();
        let mut by_app: BTreeMap<&str, Vec<Arc<Registered>>> = BTreeMap::new();
        for instance in state.recent.instances() {
            by_app.entry(&instance.info().app).or_default().push(Arc::clone(instance));
        }
        let apps = by_app.into_iter().map(|(name, instances)| part(name, instances)).collect();
        Snapshot { apps, hashcode: state.hashcode() }
    }

    /// One application.
    pub(crate) fn application(&self, name: &str) -> Option<AppSnapshot> {
        self.state.read().apps.get(name).map(|app| app.snapshot(name))
    }

    /// The instances with a virtual address, with the hash of these alone.
    pub(crate) fn by_vip(&self, kind: VipKind, address: &str) -> Snapshot {
        let matches = |instance: &&Arc<Registered>| match kind {
            VipKind::Plain => instance.vips().any(|vip| vip == address),
            VipKind::Secure => instance.secure_vips().any(|vip| vip == address),
        };
        let state = self.state.read();
        let found = state.apps.iter().map(|(name, app)| (name, app.instances.values().filter(matches).cloned()));
        let apps: Vec<_> = found
            .map(|(name, instances)| part(name, instances.collect()))
            .filter(|app| !app.instances.is_empty())
            .collect();
        let hashcode = hash::reconcile(apps.iter().flat_map(|app| &app.instances).map(|instance| instance.status()));
        Snapshot { apps, hashcode }
    }

    /// One instance; not when its lease is over and may end.
    pub(crate) fn instance(&self, app: &str, instance_id: &str, now_ms: i64) -> Option<Arc<Registered>> {
        let held = self.live.get(app, instance_id)?;
        self.is_visible(&held, now_ms).then_some(held)
    }

    /// The first instance with this id in any application.
    pub(crate) fn instance_by_id(&self, instance_id: &str, now_ms: i64) -> Option<Arc<Registered>> {
        self.live.first_with_id(instance_id, |held| self.is_visible(held, now_ms))
    }

    /// The overrides in force, by instance id.
    pub(crate) fn overrides(&self, now_ms: i64) -> BTreeMap<String, InstanceStatus> {
        self.live.overrides.all(now_ms)
    }

    /// The auto-scaling groups that are out of traffic, by name.
    pub(crate) fn disabled_groups(&self) -> Vec<String> {
        self.live.asgs.names()
    }

    /// The last leases that began and ended.
    pub(crate) fn lease_history(&self) -> &LeaseHistory {
        &self.live.history
    }

    /// The first applications by name, whole, until they have so many instances; and how many there are of everything.
    pub(crate) fn first_apps(&self, instances_max: usize) -> FirstApps {
        let mut by_app: HashMap<String, Vec<Arc<Registered>>> = HashMap::new();
        let mut instances = 0;
        self.live.for_each(|held| {
            instances += 1;
            match by_app.get_mut(&held.info().app) {
                Some(members) => members.push(held),
                None => drop(by_app.insert(held.info().app.clone(), vec![held])),
            }
        });
        let applications = by_app.len();
        let mut names: Vec<_> = by_app.into_iter().collect();
        names.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let mut left = instances_max;
        let shown = names.into_iter().map_while(|(name, mut members)| {
            let is_wanted = left > 0;
            left = left.saturating_sub(members.len());
            members.sort_unstable_by(|one, other| one.info().instance_id.cmp(&other.info().instance_id));
            is_wanted.then(|| part(&name, members))
        });
        FirstApps { apps: shown.collect(), instances, applications }
    }
}

impl State {
    fn hashcode(&self) -> String {
        let instances = self.apps.values().flat_map(|app| app.instances.values());
        hash::reconcile(instances.map(|instance| instance.status()))
    }
}

impl App {
    fn snapshot(&self, name: &str) -> AppSnapshot {
        let instances = self.instances.values().cloned().collect();
        AppSnapshot { name: name.to_owned(), version: self.version, instances }
    }
}

fn part(name: &str, instances: Vec<Arc<Registered>>) -> AppSnapshot {
    AppSnapshot { name: name.to_owned(), version: 0, instances }
}
