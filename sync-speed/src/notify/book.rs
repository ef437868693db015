//! What is still to be told to whom, and when: the bookkeeping of the notifying loop. Synchronous, takes the time.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::backoff;
use super::gateway::Order;
use crate::entry::{Ack, EntryState};
use crate::request::Kind;
use crate::store::NodeUpdate;

/// One node to be told about one instance.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) node: String,
    pub(super) group: String,
    pub(super) address: SocketAddr,
    pub(super) kind: Kind,
    pub(super) order: Order,
    pub(super) attempts: u32,
}

/// All calls of one entry.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) number: i64,
    /// Something else of this entry did not succeed: it cannot become `done`.
    pub(super) incomplete: bool,
    /// Until when calls are repeated.
    pub(super) deadline_ms: i64,
    pub(super) calls: Vec<Call>,
}

/// When a call that failed is repeated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retry {
    pub(super) base_ms: i64,
    pub(super) max_ms: i64,
}

/// Where a node is, by the local copy of the registry: absent, or its admin address, or why there is none.
pub(super) type Whereabouts = Option<Result<SocketAddr, String>>;

struct OpenCall {
    call: Call,
    first_started_us: Option<i64>,
    under_way: bool,
    overtaken: bool,
}

struct OpenEntry {
    deadline_ms: i64,
    open: usize,
    incomplete: bool,
}

/// All open calls of all open entries.
pub(super) struct Book {
    retry: Retry,
    next_id: u64,
    calls: BTreeMap<u64, OpenCall>,
    /// By the time of the next attempt; without those under way.
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
            due: BTreeSet::new(),
            entries: BTreeMap::new(),
            finished: Vec::new(),
        }
    }

    /// Takes an entry's calls in, due at once. Open calls about the same instances with lower numbers are closed:
    /// their nodes would answer "superseded", or be told in the wrong order.
    pub(super) fn add(&mut self, batch: Batch, now_ms: i64) -> Vec<NodeUpdate> {
        let updates = self.supersede(&batch);
        self.entries.insert(
            batch.number,
            OpenEntry { deadline_ms: batch.deadline_ms, open: batch.calls.len(), incomplete: batch.incomplete },
        );
        for call in batch.calls {
            let id = self.next_id;
            self.next_id += 1;
            self.due.insert((now_ms, id));
            self.calls.insert(id, OpenCall { call, first_started_us: None, under_way: false, overtaken: false });
        }
        self.finish_if_empty(batch.number);
        updates
    }

    /// When the next call is due.
    pub(super) fn next_due_ms(&self) -> Option<i64> {
        self.due.first().map(|(at_ms, _)| *at_ms)
    }

    /// How many calls have not been acknowledged.
    pub(super) fn open_calls(&self) -> usize {
        self.calls.len()
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
        open.call.attempts = open.call.attempts.saturating_add(1);
        open.first_started_us.get_or_insert(now_us);
        Some((id, open.call.clone()))
    }

    /// Takes a call's answer in: closed, or due again later.
    pub(super) fn answered(
        &mut self,
        id: u64,
        answer: Result<Ack, String>,
        now_us: i64,
        whereabouts: impl FnOnce(&Call) -> Whereabouts,
    ) -> Option<NodeUpdate> {
        let mut open = self.calls.remove(&id)?;
        let number = open.call.order.number;
        let (ack, latency_us) = match answer {
            Ok(ack) => (ack, open.first_started_us.map(|started_us| now_us.saturating_sub(started_us))),
            Err(_) if open.overtaken => (Ack::Superseded, None),
            Err(why) => match whereabouts(&open.call) {
                None => (Ack::Gone, None),
                Some(Err(refused)) => (Ack::Refused(refused), None),
                Some(Ok(address)) => {
                    open.call.address = address;
                    (self.retry_or_give_up(id, &open.call, why, now_us / 1_000), None)
                }
            },
        };
        let update = update_of(&open.call, ack, latency_us);
        if update.ack.is_open() {
            open.under_way = false;
            self.calls.insert(id, open);
        } else {
            self.close(number, &update.ack);
        }
        Some(update)
    }

    /// Entries that are finished since the last look.
    pub(super) fn take_finished(&mut self) -> Vec<(i64, EntryState)> {
        std::mem::take(&mut self.finished)
    }

    fn supersede(&mut self, batch: &Batch) -> Vec<NodeUpdate> {
        let newer: BTreeSet<(&str, &str)> =
            batch.calls.iter().map(|call| (call.order.application.as_str(), call.order.instance_id.as_str())).collect();
        let mut closed = Vec::new();
        for (id, open) in &mut self.calls {
            let order = &open.call.order;
            let is_older = order.number < batch.number
                && newer.contains(&(order.application.as_str(), order.instance_id.as_str()));
            open.overtaken |= is_older;
            if is_older && !open.under_way {
                closed.push(*id);
            }
        }
        self.due.retain(|(_, id)| !closed.contains(id));
        let calls: Vec<Call> = closed.iter().filter_map(|id| self.calls.remove(id)).map(|open| open.call).collect();
        calls
            .iter()
            .map(|call| {
                self.close(call.order.number, &Ack::Superseded);
                update_of(call, Ack::Superseded, None)
            })
            .collect()
    }

    fn retry_or_give_up(&mut self, id: u64, call: &Call, why: String, now_ms: i64) -> Ack {
        let seed = (call.order.number, &call.node);
        let wait_ms = backoff::delay_ms(call.attempts, self.retry.base_ms, self.retry.max_ms, seed);
        let next_ms = now_ms.saturating_add(wait_ms);
        let deadline_ms = self.entries.get(&call.order.number).map_or(now_ms, |entry| entry.deadline_ms);
        if next_ms > deadline_ms {
            return Ack::GaveUp(format!("after {} attempts: {why}", call.attempts));
        }
        self.due.insert((next_ms, id));
        Ack::Retrying(why)
    }

    fn close(&mut self, number: i64, ack: &Ack) {
        if let Some(entry) = self.entries.get_mut(&number) {
            entry.open = entry.open.saturating_sub(1);
            entry.incomplete |= matches!(ack, Ack::Refused(_) | Ack::GaveUp(_));
        }
        self.finish_if_empty(number);
    }

    fn finish_if_empty(&mut self, number: i64) {
        if self.entries.get(&number).is_some_and(|entry| entry.open == 0)
            && let Some(entry) = self.entries.remove(&number)
        {
            self.finished.push((number, if entry.incomplete { EntryState::Partial } else { EntryState::Done }));
        }
    }
}

fn update_of(call: &Call, ack: Ack, latency_us: Option<i64>) -> NodeUpdate {
    NodeUpdate {
        number: call.order.number,
        node: call.node.clone(),
        group: call.group.clone(),
        app: call.order.application.clone(),
        instance_id: call.order.instance_id.clone(),
        ack,
        attempts: call.attempts,
        latency_us,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registration::Registration;

    const DEADLINE_MS: i64 = 10_000;

    fn address() -> SocketAddr {
        "127.0.0.1:8081".parse().unwrap()
    }

    fn still_there(_: &Call) -> Whereabouts {
        Some(Ok(address()))
    }

    fn book() -> Book {
        Book::new(Retry { base_ms: 200, max_ms: 5_000 })
    }

    fn batch(number: i64, instance_id: &str, nodes: &[&str]) -> Batch {
        let call = |node: &&str| Call {
            node: (*node).to_owned(),
            group: "GW".to_owned(),
            address: address(),
            kind: Kind::Offline,
            order: Order {
                entry: format!("offline-{number}"),
                number,
                application: "A".to_owned(),
                instance_id: instance_id.to_owned(),
                registration: Registration { ip: "10.0.0.1".to_owned(), service_up_ms: 1 },
            },
            attempts: 0,
        };
        Batch { number, incomplete: false, deadline_ms: DEADLINE_MS, calls: nodes.iter().map(call).collect() }
    }

    /// Starts everything due at the moment.
    fn start(book: &mut Book, now_ms: i64) -> Vec<(u64, Call)> {
        std::iter::from_fn(|| book.start_next_due(now_ms * 1_000)).collect()
    }

    #[test]
    fn all_nodes_are_called_at_once_and_acknowledge() {
        let mut book = book();
        book.add(batch(1, "a", &["g1", "g2"]), 0);
        let started = start(&mut book, 0);
        assert_eq!(started.len(), 2);
        let update = book.answered(started[0].0, Ok(Ack::Applied), 1_500, still_there).unwrap();
        assert_eq!((update.ack, update.attempts, update.latency_us), (Ack::Applied, 1, Some(1_500)));
        assert!(book.take_finished().is_empty());
        book.answered(started[1].0, Ok(Ack::Superseded), 2_000, still_there);
        assert_eq!(book.take_finished(), [(1, EntryState::Done)]);
        assert_eq!(book.open_calls(), 0);
    }

    #[test]
    fn what_fails_is_repeated_until_the_deadline() {
        let mut book = book();
        book.add(batch(1, "a", &["g1"]), 0);
        let mut attempts = 0;
        let mut now_ms = 0;
        let last = loop {
            let (id, call) = start(&mut book, now_ms).pop().expect("due");
            attempts += 1;
            assert_eq!(call.attempts, attempts);
            let update = book.answered(id, Err("connection refused".into()), now_ms * 1_000, still_there).unwrap();
            match book.next_due_ms() {
                Some(next_ms) => {
                    assert!(next_ms > now_ms && update.ack == Ack::Retrying("connection refused".into()));
                    assert!(start(&mut book, next_ms - 1).is_empty(), "not before its time");
                    now_ms = next_ms;
                }
                None => break update,
            }
        };
        assert!((5..12).contains(&attempts) && now_ms <= DEADLINE_MS, "{attempts} attempts, last at {now_ms}");
        assert_eq!(last.ack, Ack::GaveUp(format!("after {attempts} attempts: connection refused")));
        assert_eq!(book.take_finished(), [(1, EntryState::Partial)]);
    }

    #[test]
    fn a_late_acknowledgement_counts_from_the_first_call() {
        let mut book = book();
        book.add(batch(1, "a", &["g1"]), 0);
        let (id, _) = start(&mut book, 0).pop().unwrap();
        book.answered(id, Err("x".into()), 10_000, still_there);
        let next_ms = book.next_due_ms().unwrap();
        let (id, _) = start(&mut book, next_ms).pop().unwrap();
        let update = book.answered(id, Ok(Ack::Applied), 900_000, still_there).unwrap();
        assert_eq!((update.attempts, update.latency_us), (2, Some(900_000)));
        assert_eq!(book.take_finished(), [(1, EntryState::Done)]);
    }

    #[test]
    fn what_becomes_of_a_node_that_fails() {
        let elsewhere: SocketAddr = "127.0.0.2:9".parse().unwrap();
        for (whereabouts, ack, state) in [
            (None, Ack::Gone, Some(EntryState::Done)),
            (Some(Err("outside".to_owned())), Ack::Refused("outside".into()), Some(EntryState::Partial)),
            (Some(Ok(elsewhere)), Ack::Retrying("x".into()), None),
        ] {
            let mut book = book();
            book.add(batch(1, "a", &["g1"]), 0);
            let (id, _) = start(&mut book, 0).pop().unwrap();
            let moves = whereabouts == Some(Ok(elsewhere));
            let update = book.answered(id, Err("x".into()), 0, |_| whereabouts).unwrap();
            assert_eq!(update.ack, ack);
            assert_eq!(book.take_finished().first().map(|(_, state)| *state), state);
            if moves {
                assert_eq!(start(&mut book, DEADLINE_MS)[0].1.address, elsewhere, "the new address is called");
            }
        }
    }

    #[test]
    fn a_newer_entry_for_the_instance_closes_the_older_one() {
        let mut book = book();
        book.add(batch(1, "a", &["g1", "g2"]), 0);
        let started = start(&mut book, 0);
        book.answered(started[0].0, Err("x".into()), 0, still_there);
        // g1 waits for its next attempt, g2 is under way.
        let closed = book.add(batch(2, "a", &["g1", "g2"]), 1);
        assert_eq!(closed.iter().map(|update| (update.number, update.node.as_str())).collect::<Vec<_>>(), [(1, "g1")]);
        let update = book.answered(started[1].0, Err("x".into()), 1_000, still_there).unwrap();
        assert_eq!(update.ack, Ack::Superseded);
        assert_eq!(book.take_finished(), [(1, EntryState::Done)]);
        assert_eq!(start(&mut book, 1).len(), 2, "the newer one's calls are all due");
    }

    #[test]
    fn other_instances_and_older_numbers_are_left_alone() {
        let mut book = book();
        book.add(batch(2, "a", &["g1"]), 0);
        assert!(book.add(batch(3, "b", &["g1"]), 0).is_empty());
        assert!(book.add(batch(1, "a", &["g1"]), 0).is_empty());
        assert_eq!(start(&mut book, 0).len(), 3);
    }

    #[test]
    fn an_entry_without_calls_is_finished_at_once() {
        let mut book = book();
        book.add(Batch { incomplete: true, ..batch(1, "a", &[]) }, 0);
        assert_eq!(book.take_finished(), [(1, EntryState::Partial)]);
    }
}
