//! What is still to be told to whom, and when: the bookkeeping of the notifying loop. Synchronous, takes the time.

mod by_instance;
mod open_call;
mod open_entry;
mod settling;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::backoff;
use super::batch::{Batch, Call};
use super::gateway::Failure;
use crate::entry::{Ack, EntryState, NodeRecord};
use crate::nodes::Node;
use crate::store::NodeUpdate;
use by_instance::ByInstance;
use open_call::{Fate, OpenCall};
use open_entry::OpenEntry;

/// When a call that failed is repeated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retry {
    pub(super) base_ms: i64,
    pub(super) max_ms: i64,
}

/// Where a node is, by the local copy of the registry: absent, or its admin address, or why there is none.
pub(super) type Whereabouts = Option<Result<SocketAddr, String>>;

/// All open calls of all open entries.
pub(super) struct Book {
    retry: Retry,
    next_id: u64,
    calls: BTreeMap<u64, OpenCall>,
    by_instance: ByInstance,
    /// By the time of the next attempt; without those under way and those that follow another.
    due: BTreeSet<(i64, u64)>,
    entries: BTreeMap<i64, OpenEntry>,
    finished: Vec<(i64, EntryState)>,
}

impl Book {
    pub(super) fn new(retry: Retry) -> Self {
        Self {
            retry,
            next_id: 0,
            calls: BTreeMap::new(),
            by_instance: ByInstance::default(),
            due: BTreeSet::new(),
            entries: BTreeMap::new(),
            finished: Vec::new(),
        }
    }

    /// Takes an entry's calls in, due at once. Open calls of older entries about the same instances: those of the
    /// other kind are closed, their nodes would be told in the wrong order; those of the same kind end as the newer
    /// ones do.
    pub(super) fn add(&mut self, batch: Batch, now_ms: i64) -> Vec<NodeUpdate> {
        let updates = self.overrule(&batch, now_ms);
        let Batch { number, kind, incomplete, deadline_ms, targets, calls } = batch;
        self.entries.insert(number, OpenEntry { kind, deadline_ms, open: 0, incomplete, targets });
        for call in calls {
            self.open(call, now_ms);
        }
        self.finish_if_over(number);
        updates
    }

    /// When the next call is due, or an entry's time is over.
    pub(super) fn next_due_ms(&self) -> Option<i64> {
        let call_ms = self.due.first().map(|(at_ms, _)| *at_ms);
        let waiting = self.entries.values().filter(|entry| entry.waits_for_nodes());
        waiting.map(|entry| entry.deadline_ms).chain(call_ms).min()
    }

    /// How many calls have not been acknowledged, and entries that nobody was there to be told of.
    pub(super) fn open_calls(&self) -> usize {
        self.calls.len() + self.entries.values().filter(|entry| entry.waits_for_nodes()).count()
    }

    /// Whether nobody known is left to be told of an entry.
    pub(super) fn is_told(&self, number: i64) -> bool {
        self.entries.get(&number).is_none_or(|entry| entry.open == 0)
    }

    /// Whether somebody may still have to be told of it.
    pub(super) fn is_open(&self, number: i64) -> bool {
        self.entries.contains_key(&number)
    }

    /// Whether nodes that come up have to be told of something.
    pub(super) fn has_open_entries(&self) -> bool {
        !self.entries.is_empty()
    }

    /// A call whose time has come; it is under way from now on.
    pub(super) fn start_next_due(&mut self, now_us: i64) -> Option<(u64, Call)> {
        let (at_ms, id) = *self.due.first()?;
        if at_ms > now_us / 1_000 {
            return None;
        }
        self.due.pop_first();
        let open = self.calls.get_mut(&id)?;
        open.under_way = true;
        open.due_ms = None;
        open.call.attempts = open.call.attempts.saturating_add(1);
        open.first_started_us.get_or_insert(now_us);
        Some((id, open.call.clone()))
    }

    /// Takes a call's answer in: closed, with those that follow it, or due again later.
    pub(super) fn answered(
        &mut self,
        id: u64,
        answer: Result<Ack, Failure>,
        now_us: i64,
        whereabouts: impl FnOnce(&Call) -> Whereabouts,
    ) -> Vec<NodeUpdate> {
        let Some(open) = self.calls.get_mut(&id) else { return Vec::new() };
        open.under_way = false;
        let ack = match (answer, &open.fate) {
            (Ok(ack), _) => ack,
            (Err(_), Fate::Settled(ack)) => ack.clone(),
            (Err(failure), Fate::Follows) => Ack::Retrying(failure.into_words()),
            (Err(failure), Fate::Own) => self.after_failure(id, failure, now_us / 1_000, whereabouts),
        };
        if ack.is_open() {
            return self.calls.get(&id).map(|open| open.update(ack, None)).into_iter().collect();
        }
        self.settle(id, ack, now_us)
    }

    /// Nodes of the groups of open entries that were not there before; their calls are due at once.
    pub(super) fn newcomers(&mut self, now_ms: i64, of_group: impl Fn(&str) -> Vec<Node>) -> Vec<(i64, NodeRecord)> {
        let mut came = Vec::new();
        let mut calls = Vec::new();
        for (number, entry) in &mut self.entries {
            for target in &mut entry.targets {
                for node in target.groups.iter().flat_map(|group| of_group(group)) {
                    if !target.known.insert((node.group.clone(), node.id.clone())) {
                        continue;
                    }
                    target.had_node = true;
                    let record = node.record(&target.order.application, &target.order.instance_id);
                    entry.incomplete |= record.ack.is_failed();
                    calls.extend(target.call(entry.kind, &record));
                    came.push((*number, record));
                }
            }
        }
        for call in calls {
            self.open(call, now_ms);
        }
        for (number, _) in &came {
            self.finish_if_over(*number);
        }
        came
    }

    /// Entries whose nodes have not come up in time are finished.
    pub(super) fn expire(&mut self, now_ms: i64) {
        let is_over = |entry: &OpenEntry| entry.waits_for_nodes() && entry.deadline_ms <= now_ms;
        for (number, _) in self.entries.extract_if(.., |_, entry| is_over(entry)) {
            self.finished.push((number, EntryState::Partial));
        }
    }

    /// Whether an entry is finished since the last look.
    pub(super) fn has_finished(&self) -> bool {
        !self.finished.is_empty()
    }

    /// Entries that are finished since the last look.
    pub(super) fn take_finished(&mut self) -> Vec<(i64, EntryState)> {
        std::mem::take(&mut self.finished)
    }

    fn overrule(&mut self, batch: &Batch, now_ms: i64) -> Vec<NodeUpdate> {
        let about = batch.targets.iter().flat_map(|target| self.by_instance.of(&target.order));
        let is_overruled = |id: &u64| {
            let open = self.calls.get(id);
            open.is_some_and(|open| open.call.kind != batch.kind && open.call.order.number < batch.number)
        };
        let closed: Vec<u64> = about.filter(is_overruled).collect();
        let updates = closed.into_iter().flat_map(|id| self.settle(id, Ack::Superseded, now_ms * 1_000)).collect();
        // Nodes that come up later are not told either.
        let mut changed = Vec::new();
        for (number, entry) in self.entries.range_mut(..batch.number).filter(|(_, entry)| entry.kind != batch.kind) {
            entry.targets.retain(|target| !batch.is_about(&target.order));
            changed.push(*number);
        }
        for number in changed {
            self.finish_if_over(number);
        }
        updates
    }

    fn open(&mut self, call: Call, now_ms: i64) {
        let id = self.next_id;
        self.next_id += 1;
        let mut followers = Vec::new();
        for older_id in self.by_instance.of(&call.order) {
            if let Some(older) = self.calls.get_mut(&older_id)
                && matches!(older.fate, Fate::Own)
                && older.is_repeated_by(&call)
            {
                older.fate = Fate::Follows;
                followers.push(older_id);
                if let Some(due_ms) = older.due_ms.take() {
                    self.due.remove(&(due_ms, older_id));
                }
            }
        }
        self.by_instance.add(&call.order, id);
        if let Some(entry) = self.entries.get_mut(&call.order.number) {
            entry.open += 1;
        }
        self.due.insert((now_ms, id));
        let due_ms = Some(now_ms);
        self.calls.insert(
            id,
            OpenCall { call, first_started_us: None, under_way: false, due_ms, fate: Fate::Own, followers },
        );
    }

    fn after_failure(
        &mut self,
        id: u64,
        failure: Failure,
        now_ms: i64,
        whereabouts: impl FnOnce(&Call) -> Whereabouts,
    ) -> Ack {
        let Some(open) = self.calls.get_mut(&id) else { return Ack::Gone };
        match (&failure, whereabouts(&open.call)) {
            (Failure::Final(why), _) => return Ack::Refused(why.clone()),
            (_, Some(Err(refused))) => return Ack::Refused(refused),
            (Failure::Unreachable(_), None) => return Ack::Gone,
            // Whoever answers is there, whatever the copy says: it keeps its address.
            (_, None) => {}
            (_, Some(Ok(address))) => open.call.address = address,
        }
        let call = &open.call;
        let seed = (call.order.number, &call.node);
        let is_rejected = matches!(failure, Failure::Rejected(_));
        let wait_ms = match is_rejected {
            true => self.retry.max_ms,
            false => backoff::delay_ms(call.attempts, self.retry.base_ms, self.retry.max_ms, seed),
        };
        let next_ms = now_ms.saturating_add(wait_ms);
        let deadline_ms = self.entries.get(&call.order.number).map_or(now_ms, |entry| entry.deadline_ms);
        let why = failure.into_words();
        if next_ms > deadline_ms {
            return Ack::GaveUp(format!("after {} attempts: {why}", call.attempts));
        }
        open.due_ms = Some(next_ms);
        self.due.insert((next_ms, id));
        if is_rejected { Ack::Rejected(why) } else { Ack::Retrying(why) }
    }

    fn finish_if_over(&mut self, number: i64) {
        if self.entries.get(&number).is_some_and(|entry| entry.open == 0 && !entry.waits_for_nodes())
            && let Some(entry) = self.entries.remove(&number)
        {
            self.finished.push((number, if entry.incomplete { EntryState::Partial } else { EntryState::Done }));
        }
    }
}
