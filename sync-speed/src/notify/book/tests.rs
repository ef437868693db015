use super::*;
use crate::notify::batch::Target;
use crate::notify::gateway::Order;
use crate::registration::Registration;
use crate::request::Kind;

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
    batch_of(Kind::Offline, number, instance_id, nodes)
}

fn batch_of(kind: Kind, number: i64, instance_id: &str, nodes: &[&str]) -> Batch {
    let order = Order {
        entry: format!("{kind}-{number}"),
        number,
        application: "A".to_owned(),
        instance_id: instance_id.to_owned(),
        registration: Registration { ip: "10.0.0.1".to_owned(), service_up_ms: 1 },
    };
    let call = |node: &&str| Call {
        node: (*node).to_owned(),
        group: "GW".to_owned(),
        address: address(),
        kind,
        order: order.clone(),
        attempts: 0,
    };
    let target = Target {
        order: order.clone(),
        groups: BTreeSet::from(["GW".to_owned()]),
        known: nodes.iter().map(|node| ("GW".to_owned(), (*node).to_owned())).collect(),
        had_node: !nodes.is_empty(),
    };
    let calls = nodes.iter().map(call).collect();
    Batch { number, kind, incomplete: false, deadline_ms: DEADLINE_MS, targets: vec![target], calls }
}

fn unreachable(why: &str) -> Result<Ack, Failure> {
    Err(Failure::Unreachable(why.to_owned()))
}

fn one(mut updates: Vec<NodeUpdate>) -> NodeUpdate {
    assert_eq!(updates.len(), 1, "{updates:?}");
    updates.remove(0)
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
    let update = one(book.answered(started[0].0, Ok(Ack::Applied), 1_500, still_there));
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
        let update = one(book.answered(id, unreachable("connection refused"), now_ms * 1_000, still_there));
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
    book.answered(id, unreachable("x"), 10_000, still_there);
    let next_ms = book.next_due_ms().unwrap();
    let (id, _) = start(&mut book, next_ms).pop().unwrap();
    let update = one(book.answered(id, Ok(Ack::Applied), 900_000, still_there));
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
        let update = one(book.answered(id, unreachable("x"), 0, |_| whereabouts));
        assert_eq!(update.ack, ack);
        assert_eq!(book.take_finished().first().map(|(_, state)| *state), state);
        if moves {
            assert_eq!(start(&mut book, DEADLINE_MS)[0].1.address, elsewhere, "the new address is called");
        }
    }
}

#[test]
fn a_newer_entry_of_the_other_kind_closes_the_older_one() {
    let mut book = book();
    book.add(batch(1, "a", &["g1", "g2"]), 0);
    let started = start(&mut book, 0);
    book.answered(started[0].0, unreachable("x"), 0, still_there);
    // g1 waits for its next attempt, g2 is under way.
    let closed = book.add(batch_of(Kind::Online, 2, "a", &["g1", "g2"]), 1);
    assert_eq!(closed.iter().map(|update| (update.number, update.node.as_str())).collect::<Vec<_>>(), [(1, "g1")]);
    let update = one(book.answered(started[1].0, unreachable("x"), 1_000, still_there));
    assert_eq!(update.ack, Ack::Superseded);
    assert_eq!(book.take_finished(), [(1, EntryState::Done)]);
    assert_eq!(start(&mut book, 1).len(), 2, "the newer one's calls are all due");
}

#[test]
fn a_repeated_entry_acknowledges_nothing() {
    for (answer, ack, state) in [
        (Ok(Ack::Applied), Ack::Applied, EntryState::Done),
        (Err(Failure::Final("no".to_owned())), Ack::Refused("no".to_owned()), EntryState::Partial),
    ] {
        let mut book = book();
        book.add(batch(1, "a", &["g1", "g2"]), 0);
        let first = start(&mut book, 0);
        book.answered(first[0].0, unreachable("x"), 0, still_there);
        // g1 waits for its next attempt, g2 is under way.
        assert!(book.add(batch(2, "a", &["g1", "g2"]), 1).is_empty());
        assert!(book.add(batch(3, "a", &["g1", "g2"]), 1).is_empty());
        assert_eq!(one(book.answered(first[1].0, unreachable("y"), 1_000, still_there)).ack, Ack::Retrying("y".into()));
        assert!(book.take_finished().is_empty(), "no gateway has said yes");
        let newest = start(&mut book, 9_000);
        assert_eq!(newest.iter().map(|(_, call)| call.order.number).collect::<Vec<_>>(), [3, 3], "asked once for all");
        for (id, call) in newest {
            let updates = book.answered(id, answer.clone(), 9_000_000, still_there);
            let told: BTreeSet<(i64, &str)> = updates.iter().map(|one| (one.number, one.node.as_str())).collect();
            assert_eq!(told, (1..=3).map(|number| (number, call.node.as_str())).collect());
            assert!(updates.iter().all(|update| update.ack == ack), "{updates:?}");
        }
        let mut finished = book.take_finished();
        finished.sort_unstable_by_key(|(number, _)| *number);
        assert_eq!(finished, [(1, state), (2, state), (3, state)]);
    }
}

#[test]
fn an_older_answer_under_way_counts_for_itself() {
    let mut book = book();
    book.add(batch(1, "a", &["g1"]), 0);
    let (older, _) = start(&mut book, 0).pop().unwrap();
    book.add(batch(2, "a", &["g1"]), 0);
    let (newer, _) = start(&mut book, 0).pop().unwrap();
    assert_eq!(one(book.answered(newer, Ok(Ack::Applied), 0, still_there)).number, 2);
    assert_eq!(one(book.answered(older, unreachable("x"), 0, still_there)).ack, Ack::Applied, "the newer one's");
    assert_eq!(book.take_finished(), [(2, EntryState::Done), (1, EntryState::Done)]);
}

#[test]
fn who_answers_has_not_left() {
    for failure in [Failure::Unclear("503".to_owned()), Failure::Rejected("401".to_owned())] {
        let mut book = book();
        book.add(batch(1, "a", &["g1"]), 0);
        let (id, _) = start(&mut book, 0).pop().unwrap();
        let expected = match &failure {
            Failure::Rejected(why) => Ack::Rejected(why.clone()),
            _ => Ack::Retrying("503".to_owned()),
        };
        assert_eq!(one(book.answered(id, Err(failure.clone()), 0, |_| None)).ack, expected);
        if failure == Failure::Rejected("401".to_owned()) {
            assert_eq!(book.next_due_ms(), Some(5_000), "slowly");
        }
    }
}

#[test]
fn without_a_node_it_waits_for_one() {
    let node = |id: &str| Node { id: id.to_owned(), group: "GW".to_owned(), admin: Ok(address()) };
    let mut book = book();
    book.add(batch(1, "a", &[]), 0);
    assert!(book.is_told(1) && book.take_finished().is_empty());
    assert!(book.newcomers(500, |_| Vec::new()).is_empty());
    let came = book.newcomers(1_000, |_| vec![node("g1")]);
    assert_eq!(came.iter().map(|(number, record)| (*number, record.node.as_str())).collect::<Vec<_>>(), [(1, "g1")]);
    let (id, _) = start(&mut book, 1_000).pop().unwrap();
    assert!(book.newcomers(1_001, |_| vec![node("g1")]).is_empty(), "known by now");
    // It leaves, and comes again.
    book.add(batch(2, "b", &[]), 1_001);
    assert_eq!(one(book.answered(id, unreachable("x"), 2_000_000, |_| None)).ack, Ack::Gone);
    assert_eq!(book.take_finished(), [(1, EntryState::Done)]);
    book.expire(DEADLINE_MS - 1);
    assert!(book.take_finished().is_empty());
    assert_eq!(book.next_due_ms(), Some(DEADLINE_MS));
    book.expire(DEADLINE_MS);
    assert_eq!(book.take_finished(), [(2, EntryState::Partial)]);
}

#[test]
fn what_the_other_kind_overrules_waits_for_nobody() {
    let mut book = book();
    book.add(batch(1, "a", &[]), 0);
    book.add(batch_of(Kind::Online, 2, "a", &["g1"]), 0);
    assert_eq!(book.take_finished(), [(1, EntryState::Done)]);
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
    book.add(Batch { incomplete: true, targets: Vec::new(), ..batch(1, "a", &[]) }, 0);
    assert_eq!(book.take_finished(), [(1, EntryState::Partial)]);
}
