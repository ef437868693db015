//! All pods that are known: who holds which address since when, and of those that leave, how far they are. Pure.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use super::decision::{Action, Answer, Done, after, decide};
use super::pod::Pod;

/// Pods whose addresses are remembered: as many as a cluster may have. Of one more it is not known which addresses it
/// takes over; that it leaves is seen all the same.
const PODS_MAX: usize = 150_000;

/// One watch: all namespaces, or one of several.
pub(super) type Scope = usize;

pub(super) struct Pods {
    known: HashMap<Arc<str>, Known>,
    by_ip: HashMap<IpAddr, Vec<Arc<str>>>,
    /// Opted in, and told to go.
    leaving: BTreeMap<Arc<str>, Leaving>,
    /// By scope: how often it was listed.
    listings: Vec<u64>,
    pods_max: usize,
    /// How many were not remembered.
    pub(super) passed_over: u64,
}

/// What is needed of a pod that stays.
struct Known {
    scope: Scope,
    listing: u64,
    ips: Vec<IpAddr>,
    created_ms: i64,
}

struct Leaving {
    pod: Pod,
    scope: Scope,
    listing: u64,
    done: Done,
}

/// An order to be given now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) pod: Pod,
    pub(super) attempt: u32,
    pub(super) registered_before_ms: i64,
}

impl Pods {
    pub(super) fn new(scopes: usize) -> Self {
        Self {
            known: HashMap::new(),
            by_ip: HashMap::new(),
            leaving: BTreeMap::new(),
            listings: vec![0; scopes],
            pods_max: PODS_MAX,
            passed_over: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// A list begins: what is not in it is gone.
    pub(super) fn listing(&mut self, scope: Scope) {
        self.listings[scope] += 1;
    }

    /// A pod as it is now. Whether it is new among those that leave.
    pub(super) fn put(&mut self, scope: Scope, mut pod: Pod) -> bool {
        let uid: Arc<str> = pod.uid.as_str().into();
        let listing = self.listings[scope];
        // Its address may be taken from the pod before the pod is gone.
        if pod.ips.is_empty()
            && let Some(known) = self.known.get(&uid)
        {
            pod.ips.extend(&known.ips);
        }
        let known = Known { scope, listing, ips: pod.ips.iter().copied().collect(), created_ms: pod.created_ms };
        self.remember(&uid, known);
        if pod.deletion_asked_ms.is_none() || !pod.is_opted_in {
            self.leaving.remove(&uid);
            return false;
        }
        let before = self.leaving.remove(&uid);
        let (is_new, done) = (before.is_none(), before.map(|leaving| leaving.done).unwrap_or_default());
        self.leaving.insert(uid, Leaving { pod, scope, listing, done });
        is_new
    }

    /// A pod is gone.
    pub(super) fn remove(&mut self, uid: &str) {
        self.forget(uid);
        self.leaving.remove(uid);
    }

    /// The list is whole.
    pub(super) fn listed(&mut self, scope: Scope) {
        let listing = self.listings[scope];
        let is_gone = |of: Scope, seen: u64| of == scope && seen != listing;
        let gone: Vec<Arc<str>> = self
            .known
            .iter()
            .filter(|(_, known)| is_gone(known.scope, known.listing))
            .map(|(uid, _)| Arc::clone(uid))
            .collect();
        for uid in gone {
            self.forget(&uid);
        }
        self.leaving.retain(|_, leaving| !is_gone(leaving.scope, leaving.listing));
    }

    /// Orders to be given now, at most so many; they are under way from here on.
    pub(super) fn due(&mut self, now_ms: i64, orders_max: usize) -> Vec<Due> {
        let mut due = Vec::new();
        for (uid, leaving) in &self.leaving {
            if due.len() >= orders_max {
                break;
            }
            let next_created_ms = self.next_created_ms(&leaving.pod);
            if let Action::Order { attempt, registered_before_ms } =
                decide(&leaving.pod, leaving.done, next_created_ms, now_ms)
            {
                due.push((Arc::clone(uid), Due { pod: leaving.pod.clone(), attempt, registered_before_ms }));
            }
        }
        for (uid, due) in &due {
            if let Some(leaving) = self.leaving.get_mut(uid) {
                leaving.done = Done::UnderWay { attempts: due.attempt };
            }
        }
        due.into_iter().map(|(_, due)| due).collect()
    }

    /// When the next order is due that has to wait for its time.
    pub(super) fn next_due_ms(&self, now_ms: i64) -> Option<i64> {
        let waits =
            self.leaving.values().filter_map(|leaving| match decide(&leaving.pod, leaving.done, None, now_ms) {
                Action::Wait { until_ms } => Some(until_ms),
                Action::Leave | Action::LeaveTheNode | Action::Order { .. } => None,
            });
        waits.min()
    }

    /// What became of a pod's order. `None`: the pod is gone meanwhile.
    pub(super) fn answered(&mut self, uid: &str, answer: &Answer, now_ms: i64) -> Option<Done> {
        let has_successor = self.next_created_ms(&self.leaving.get(uid)?.pod).is_some();
        let leaving = self.leaving.get_mut(uid)?;
        let Done::UnderWay { attempts } = leaving.done else { return None };
        leaving.done = after(answer, attempts, has_successor, now_ms);
        Some(leaving.done)
    }

    /// When the first later pod with one of its addresses was created.
    fn next_created_ms(&self, pod: &Pod) -> Option<i64> {
        // A node's address is shared by many: who came later says nothing.
        if pod.has_the_nodes_address {
            return None;
        }
        let holders = pod.ips.iter().filter_map(|ip| self.by_ip.get(ip)).flatten();
        let others = holders.filter(|uid| uid.as_ref() != pod.uid).filter_map(|uid| self.known.get(uid));
        others.map(|other| other.created_ms).filter(|created_ms| *created_ms >= pod.created_ms).min()
    }

    fn remember(&mut self, uid: &Arc<str>, known: Known) {
        if let Some(before) = self.known.get_mut(uid) {
            (before.scope, before.listing) = (known.scope, known.listing);
            if before.ips == known.ips {
                return;
            }
        } else if self.known.len() >= self.pods_max {
            self.passed_over += 1;
            return;
        }
        self.forget(uid);
        for ip in &known.ips {
            self.by_ip.entry(*ip).or_default().push(Arc::clone(uid));
        }
        self.known.insert(Arc::clone(uid), known);
    }

    fn forget(&mut self, uid: &str) {
        let Some(known) = self.known.remove(uid) else { return };
        for ip in known.ips {
            if let Some(holders) = self.by_ip.get_mut(&ip) {
                holders.retain(|holder| holder.as_ref() != uid);
                if holders.is_empty() {
                    self.by_ip.remove(&ip);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
