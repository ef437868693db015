//! Which services and instances are counted apart. How many there are is the registry's choice, and how many series a
//! monitoring system takes is not: both have a limit.
//!
//! An instance that is gone keeps its series for a while after somebody has looked, so that its last requests are seen;
//! when it comes back meanwhile it is counted on. What a service has counted never depends on which of its instances are
//! still there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::{InstanceTally, ServiceTally};
use crate::service::Service;
use crate::snapshot::Snapshot;

/// How long a service or instance that is gone is shown, from the first look that finds it gone.
const GONE_SHOWN_MS: i64 = 300_000;

/// Under which name services beyond the limit are counted together. None registers as this: names are in upper case.
const OTHERS: &str = "(others)";

/// How many are counted apart.
#[derive(Clone, Copy, Debug)]
pub struct BookLimits {
    /// Services; the others are counted together.
    pub services_max: usize,
    /// Instances; the others are counted with their service only.
    pub instances_max: usize,
}

impl Default for BookLimits {
    fn default() -> Self {
        Self { services_max: 200, instances_max: 1_000 }
    }
}

/// See the module. Locked by the one who takes fetched copies in and by who reads the metrics, never by a request.
#[derive(Debug)]
pub(crate) struct Book {
    limits: BookLimits,
    entries: Mutex<Entries>,
    /// Services and instances that were not counted apart.
    refused_services: AtomicU64,
    refused_instances: AtomicU64,
}

#[derive(Debug, Default)]
struct Entries {
    services: HashMap<String, Kept<ServiceTally>>,
    /// By service and instance id.
    instances: HashMap<(String, String), Kept<InstanceTally>>,
    others: Arc<ServiceTally>,
}

#[derive(Debug)]
struct Kept<T> {
    tally: Arc<T>,
    gone_since_ms: Option<i64>,
    is_shown: bool,
}

/// All that is shown, in the order of the names.
pub(crate) struct Shown {
    pub(crate) services: BTreeMap<String, Arc<ServiceTally>>,
    pub(crate) instances: BTreeMap<(String, String), Arc<InstanceTally>>,
    pub(crate) refused_services: u64,
    pub(crate) refused_instances: u64,
}

impl Book {
    pub(crate) fn new(limits: BookLimits) -> Self {
        Self {
            limits,
            entries: Mutex::default(),
            refused_services: AtomicU64::new(0),
            refused_instances: AtomicU64::new(0),
        }
    }

    /// What an endpoint of this instance counts with.
    pub(crate) fn instance(&self, service: &str, id: &str) -> Arc<InstanceTally> {
        let mut entries = self.entries.lock();
        let of_service = self.service(&mut entries, service);
        let key = (service.to_owned(), id.to_owned());
        if let Some(kept) = entries.instances.get_mut(&key) {
            return Arc::clone(&kept.tally);
        }
        let has_room = make_room(&mut entries.instances, self.limits.instances_max);
        // Without a name of its service it would have none of its own.
        let is_counted_apart = has_room && entries.services.contains_key(service);
        let tally = Arc::new(InstanceTally::of(of_service, is_counted_apart));
        if is_counted_apart {
            entries.instances.insert(key, Kept { tally: Arc::clone(&tally), gone_since_ms: None, is_shown: true });
        } else {
            self.refused_instances.fetch_add(1, Ordering::Relaxed);
        }
        tally
    }

    fn service(&self, entries: &mut Entries, name: &str) -> Arc<ServiceTally> {
        if let Some(kept) = entries.services.get_mut(name) {
            return Arc::clone(&kept.tally);
        }
        if !make_room(&mut entries.services, self.limits.services_max) {
            self.refused_services.fetch_add(1, Ordering::Relaxed);
            return Arc::clone(&entries.others);
        }
        let tally = Arc::<ServiceTally>::default();
        entries
            .services
            .insert(name.to_owned(), Kept { tally: Arc::clone(&tally), gone_since_ms: None, is_shown: true });
        tally
    }

    /// What is to be shown now: those that are in the snapshot, and those that left it a short time ago.
    pub(crate) fn shown(&self, snapshot: &Snapshot, now_ms: i64) -> Shown {
        let ids = |service: &Arc<Service>| -> HashSet<String> {
            service.instances.iter().map(|view| view.fetched.instance_id.clone()).collect()
        };
        let present: HashMap<&str, HashSet<String>> =
            snapshot.services.iter().map(|(name, service)| (name.as_str(), ids(service))).collect();
        let mut entries = self.entries.lock();
        // Instances first: each holds its service.
        look_after(&mut entries.instances, now_ms, |(service, id)| {
            present.get(service.as_str()).is_some_and(|ids| ids.contains(id))
        });
        look_after(&mut entries.services, now_ms, |name| present.contains_key(name.as_str()));
        let mut services = shown(&entries.services);
        services.insert(OTHERS.to_owned(), Arc::clone(&entries.others));
        Shown {
            services,
            instances: shown(&entries.instances),
            refused_services: self.refused_services.load(Ordering::Relaxed),
            refused_instances: self.refused_instances.load(Ordering::Relaxed),
        }
    }
}

impl<T> Kept<T> {
    /// Nobody counts with it any more.
    fn is_gone(&self) -> bool {
        Arc::strong_count(&self.tally) == 1
    }
}

/// Those that have been gone for too long are not shown any more, and forgotten as soon as nobody can count with them.
fn look_after<K: Hash + Eq, T>(entries: &mut HashMap<K, Kept<T>>, now_ms: i64, is_present: impl Fn(&K) -> bool) {
    entries.retain(|key, kept| {
        kept.gone_since_ms = (!is_present(key)).then(|| kept.gone_since_ms.unwrap_or(now_ms));
        kept.is_shown = kept.gone_since_ms.is_none_or(|since_ms| now_ms < since_ms.saturating_add(GONE_SHOWN_MS));
        kept.is_shown || !kept.is_gone()
    });
}

fn shown<K: Clone + Ord, T>(entries: &HashMap<K, Kept<T>>) -> BTreeMap<K, Arc<T>> {
    let shown = entries.iter().filter(|(_, kept)| kept.is_shown);
    shown.map(|(key, kept)| (key.clone(), Arc::clone(&kept.tally))).collect()
}

/// Whether there is room for one more; for that those that are gone go at once.
fn make_room<K: Hash + Eq, T>(entries: &mut HashMap<K, Kept<T>>, most: usize) -> bool {
    if entries.len() >= most {
        entries.retain(|_, kept| !kept.is_gone());
    }
    entries.len() < most
}

#[cfg(test)]
mod tests;
