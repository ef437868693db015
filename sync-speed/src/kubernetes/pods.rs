//! All pods that are known: who holds which address since when, and of those that leave, how far they are. Pure.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use super::decision::{Action, Answer, Done, after, decide};
use super::pod::Pod;

/// Pods whose addresses are remembered: as many as a cluster may have. Of one more it is not known which addresses it
/// takes over; that it leaves is seen all the same.
const PODS_MAX: usize = 150_000;

/// So long after a pod has gone unannounced its order waits: what happened before that and is heard of late, such as who has
/// the address now, is heard of by then.
const GONE_SETTLE_MS: i64 = 500;

/// One watch: all namespaces, or one of several.
pub(super) type Scope = usize;

pub(super) struct Pods {
    known: HashMap<Arc<str>, Known>,
    by_ip: HashMap<IpAddr, Vec<Arc<str>>>,
    /// Opted in, and told to go; or gone, with an order that is not settled.
    leaving: BTreeMap<Arc<str>, Leaving>,
    /// By scope: how often it was listed.
    listings: Vec<u64>,
    /// By scope: up to when it was followed without a gap, at the time of the last list.
    followed_until_ms: Vec<i64>,
    pods_max: usize,
    /// How many were not remembered.
    pub(super) passed_over: u64,
}

/// What is needed of a pod that stays; of one that is opted in, all, as it may vanish.
struct Known {
    scope: Scope,
    listing: u64,
    ips: Vec<IpAddr>,
    created_ms: i64,
    opted_in: Option<Box<Pod>>,
}

struct Leaving {
    pod: Pod,
    scope: Scope,
    listing: u64,
    done: Done,
    /// Nothing will be heard of it any more.
    is_gone: bool,
}

/// An order to be given now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) pod: Pod,
    pub(super) attempt: u32,
    pub(super) registered_before_ms: i64,
    /// Whether it is taken for gone, rather than told to go.
    pub(super) is_gone: bool,
}

impl Leaving {
    /// Whether there is an order under way, or one to be given.
    fn is_open(&self, now_ms: i64) -> bool {
        matches!(self.done, Done::UnderWay { .. })
            || matches!(decide(&self.pod, self.done, None, now_ms), Action::Order { .. } | Action::Wait { .. })
    }
}

impl Pods {
    pub(super) fn new(scopes: usize) -> Self {
        Self {
            known: HashMap::new(),
            by_ip: HashMap::new(),
            leaving: BTreeMap::new(),
            listings: vec![0; scopes],
            followed_until_ms: vec![0; scopes],
            pods_max: PODS_MAX,
            passed_over: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// A list begins: what is not in it is gone, and was still there up to when all was heard of.
    pub(super) fn listing(&mut self, scope: Scope, followed_until_ms: i64) {
        self.listings[scope] += 1;
        self.followed_until_ms[scope] = followed_until_ms;
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
        let opted_in = pod.is_opted_in.then(|| Box::new(pod.clone()));
        let (ips, created_ms) = (pod.ips.iter().copied().collect(), pod.created_ms);
        let known = Known { scope, listing, ips, created_ms, opted_in };
        self.remember(&uid, known);
        if pod.deletion_asked_ms.is_none() || !pod.is_opted_in {
            self.leaving.remove(&uid);
            return false;
        }
        let before = self.leaving.remove(&uid);
        let (is_new, done) = (before.is_none(), before.map(|leaving| leaving.done).unwrap_or_default());
        self.leaving.insert(uid, Leaving { pod, scope, listing, done, is_gone: false });
        is_new
    }

    /// A pod is gone, and was still there at a moment before. What was begun for it is finished. Where nobody had told it to
    /// go its order begins now: for what registered while it was there.
    pub(super) fn gone(&mut self, scope: Scope, mut pod: Pod, there_at_ms: i64, now_ms: i64) {
        let uid: Arc<str> = pod.uid.as_str().into();
        if pod.ips.is_empty()
            && let Some(known) = self.known.get(&uid)
        {
            pod.ips.extend(&known.ips);
        }
        self.forget(&uid);
        if let Some(leaving) = self.leaving.get_mut(&uid) {
            leaving.is_gone = true;
            if !leaving.is_open(now_ms) {
                self.leaving.remove(&uid);
            }
            return;
        }
        // One that had ended gave its address back then, who knows when.
        if pod.has_ended {
            return;
        }
        // To whole seconds, as Kubernetes' own times.
        let there_at_ms = there_at_ms - there_at_ms.rem_euclid(1_000);
        pod.deletion_asked_ms = Some(pod.deletion_asked_ms.map_or(there_at_ms, |asked_ms| asked_ms.min(there_at_ms)));
        let done = Done::Failed { attempts: 0, again_at_ms: now_ms.saturating_add(GONE_SETTLE_MS) };
        let leaving = Leaving { pod, scope, listing: self.listings[scope], done, is_gone: true };
        if leaving.is_open(now_ms) {
            self.leaving.insert(uid, leaving);
        }
    }

    /// The list is whole.
    pub(super) fn listed(&mut self, scope: Scope, now_ms: i64) {
        let listing = self.listings[scope];
        let is_gone = |of: Scope, seen: u64| of == scope && seen != listing;
        let unseen = self.known.iter().filter(|(_, known)| is_gone(known.scope, known.listing));
        let unseen: Vec<(Arc<str>, Option<Pod>)> =
            unseen.map(|(uid, known)| (Arc::clone(uid), known.opted_in.as_deref().cloned())).collect();
        // Those that leave and are not among the known: there were too many.
        let leaving = self.leaving.values().filter(|one| !one.is_gone && is_gone(one.scope, one.listing));
        let leaving: Vec<Pod> = leaving.map(|one| one.pod.clone()).collect();
        let there_at_ms = self.followed_until_ms[scope];
        for (uid, pod) in unseen {
            match pod {
                Some(pod) => self.gone(scope, pod, there_at_ms, now_ms),
                None => self.forget(&uid),
            }
        }
        for pod in leaving {
            self.gone(scope, pod, there_at_ms, now_ms);
        }
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
                let (pod, is_gone) = (leaving.pod.clone(), leaving.is_gone);
                due.push((Arc::clone(uid), Due { pod, attempt, registered_before_ms, is_gone }));
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

    /// What became of a pod's order. `None`: nobody waits for it any more.
    pub(super) fn answered(&mut self, uid: &str, answer: &Answer, now_ms: i64) -> Option<Done> {
        let has_successor = self.next_created_ms(&self.leaving.get(uid)?.pod).is_some();
        let leaving = self.leaving.get_mut(uid)?;
        let Done::UnderWay { attempts } = leaving.done else { return None };
        let done = after(answer, attempts, has_successor, now_ms);
        leaving.done = done;
        if leaving.is_gone && !leaving.is_open(now_ms) {
            self.leaving.remove(uid);
        }
        Some(done)
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
                before.opted_in = known.opted_in;
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
