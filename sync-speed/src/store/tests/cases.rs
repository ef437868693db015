//! What one node sees of its journal.

use std::collections::BTreeSet;

use eurus_model::{InstanceInfo, InstanceStatus};

use super::super::{Held, NewEntry, NodeUpdate, RegistryAnswer, Store};
use super::{Database, Databases, audit};
use crate::entry::{Ack, Drain, DrainState, Entry, EntryState, InstanceRecord, NodeRecord, Plan, Planned, Step};
use crate::request::{Kind, Request, Target};

/// A day and a bit, milliseconds.
const OVER_A_DAY_MS: i64 = 25 * 60 * 60 * 1_000;

#[allow(clippy::cognitive_complexity)] // A list.
pub(super) async fn all(databases: &mut impl Databases) {
    numbers_rise(&databases.fresh().await.node("a").await).await;
    an_entry_comes_back_whole(&databases.fresh().await.node("a").await).await;
    later_entries_overtake(&databases.fresh().await.node("a").await).await;
    the_same_request_is_found(&databases.fresh().await.node("a").await).await;
    a_rolling_one_shows_its_shares(&databases.fresh().await.node("a").await).await;
    what_holds_is_not_cleared_away(&databases.fresh().await.node("a").await).await;
    what_ends_an_offline(&databases.fresh().await.node("a").await).await;
    audit::records_are_read_as_written_and_old_ones_go_some_at_a_time(&databases.fresh().await.node("a").await).await;
    groups(&databases.fresh().await.node("a").await).await;
    a_restart_finds_its_own(&databases.fresh().await).await;
}

async fn a_restart_finds_its_own(database: &Database) {
    let first = database.node("a").await;
    let entry = recorded(&first, Kind::Offline, "i", 5).await;
    first.close().await;
    let second = database.node("a").await;
    assert_eq!(second.open_entries().await.unwrap(), [entry]);
}

pub(super) fn instance(id: &str) -> InstanceRecord {
    let mut instance = InstanceInfo::new("APP", id, "h", "10.0.0.1");
    instance.lease.service_up_ms = 100;
    InstanceRecord::of(&instance)
}

pub(super) fn request(kind: Kind) -> Request {
    Request::own(kind, Target::address([10, 0, 0, 1].into()), "127.0.0.1", "a test")
}

pub(super) async fn recorded(store: &Store, kind: Kind, id: &str, now_ms: i64) -> Entry {
    let new = NewEntry { request: &request(kind), instances: vec![instance(id)], plan: None, expires_ms: None, now_ms };
    store.record(new).await.unwrap()
}

/// Recorded, and done at the registry and everywhere.
pub(super) async fn done(store: &Store, kind: Kind, id: &str, now_ms: i64) -> Entry {
    let mut entry = recorded(store, kind, id, now_ms).await;
    entry.state = EntryState::Done;
    entry.instances[0].step = Step::Done;
    answered(store, &entry).await;
    entry
}

pub(super) async fn answered(store: &Store, entry: &Entry) {
    store.registry_answered(answer(entry)).await.unwrap();
}

pub(super) fn answer(entry: &Entry) -> RegistryAnswer<'_> {
    RegistryAnswer {
        number: entry.number,
        instances: &entry.instances,
        nodes: &entry.nodes,
        state: entry.state,
        note: entry.note.as_deref(),
        now_ms: entry.updated_ms,
    }
}

async fn numbers_rise(store: &Store) {
    let mut last = 0;
    for now_ms in [1_000, 1_000, 5, 2_000, 1_999] {
        let number = recorded(store, Kind::Offline, "i", now_ms).await.number;
        assert!(number > last && number >= now_ms, "{number} after {last} at {now_ms}");
        last = number;
    }
    assert_eq!(last, 2_001);
}

async fn an_entry_comes_back_whole(store: &Store) {
    let odd = "Ünï'c%de \"?\" \\ ; --";
    let mut request = request(Kind::Offline);
    request.body = format!("{{\"reason\": {odd:?}}}");
    request.drain_within_ms = Some(500);
    let mut other = instance("i");
    other.app = "Other".to_owned();
    other.status_before = InstanceStatus::Starting;
    let instances = vec![instance("I"), instance("i"), other];
    let new = NewEntry { request: &request, instances, plan: None, expires_ms: Some(61_000), now_ms: 1_000 };
    let mut entry = store.record(new).await.unwrap();
    assert_eq!(store.entry(&entry.id).await.unwrap().as_ref(), Some(&entry), "ids are told apart by case");
    assert_eq!((entry.expires_ms, entry.drain.clone()), (Some(61_000), Some(Drain::waiting(500))));
    let node = |node: &str, ack: Ack| NodeRecord {
        node: node.to_owned(),
        group: "GW".to_owned(),
        app: "APP".to_owned(),
        instance_id: "i".to_owned(),
        address: "[::1]:8081".parse().ok(),
        ack,
        attempts: 0,
        latency_us: None,
    };
    entry.state = EntryState::Notifying;
    entry.add_note(odd);
    entry.instances[0].step = Step::Done;
    entry.instances[1].step = Step::Refused;
    entry.instances[1].detail = Some(odd.to_owned());
    entry.nodes = vec![node("g1", Ack::Pending), node("g2", Ack::Refused(odd.to_owned()))];
    answered(store, &entry).await;
    assert_eq!(store.entry(&entry.id).await.unwrap().as_ref(), Some(&entry));
    store.nodes_came(&[(entry.number, node("g3", Ack::Gone))], 1_001).await.unwrap();
    store.nodes_came(&[(entry.number, node("g3", Ack::Pending))], 1_002).await.unwrap();
    let update = |name: &str| NodeUpdate {
        number: entry.number,
        node: name.to_owned(),
        group: "GW".to_owned(),
        app: "APP".to_owned(),
        instance_id: "i".to_owned(),
        ack: Ack::Applied,
        attempts: 3,
        latency_us: Some(1_234),
    };
    let finished = [(entry.number, EntryState::Partial)];
    store.nodes_answered(&[update("g1"), update("g3")], &finished, 1_003).await.unwrap();
    let drain = Drain { state: DrainState::BoundReached, under_way: 2, waited_ms: 500, ..Drain::waiting(500) };
    store.drained(entry.number, &drain, 1_004).await.unwrap();
    let read = store.entry_by_number(entry.number).await.unwrap().unwrap();
    let acks: Vec<(&str, &Ack, u32)> =
        read.nodes.iter().map(|node| (node.node.as_str(), &node.ack, node.attempts)).collect();
    let refused = Ack::Refused(odd.to_owned());
    assert_eq!(acks, [("g1", &Ack::Applied, 3), ("g2", &refused, 0), ("g3", &Ack::Applied, 3)]);
    assert_eq!((read.state, read.updated_ms, read.drain), (EntryState::Partial, 1_004, Some(drain)));
    assert!(store.open_entries().await.unwrap().is_empty());
    assert_eq!(store.newest_below(i64::MAX, 5).await.unwrap().len(), 1);
    assert!(store.entry("offline-7").await.unwrap().is_none());
}

async fn later_entries_overtake(store: &Store) {
    let first = done(store, Kind::Offline, "i", 1_000).await;
    assert_eq!(store.recently_offline("APP", 0).await.unwrap().len(), 1);
    assert!(store.recently_offline("APP", 1_001).await.unwrap().is_empty());
    assert!(!store.is_overtaken(first.number, "APP", "i").await.unwrap());
    let online = recorded(store, Kind::Online, "i", 2_000).await;
    assert!(store.is_overtaken(first.number, "APP", "i").await.unwrap(), "pending counts");
    assert!(!store.is_overruled(first.number, "APP", "i").await.unwrap(), "pending is not done");
    assert!(!store.is_overtaken(first.number, "APP", "j").await.unwrap());
    let before = store.status_before_offline(online.number, &instance("i")).await.unwrap();
    assert_eq!(before, Some(instance("i").status_before));
    done(store, Kind::Online, "i", 2_001).await;
    assert!(store.is_overruled(first.number, "APP", "i").await.unwrap());
    assert!(store.recently_offline("APP", 0).await.unwrap().is_empty());
    let later = recorded(store, Kind::Online, "i", 3_000).await;
    assert_eq!(store.status_before_offline(later.number, &instance("i")).await.unwrap(), None, "it was undone");
}

async fn the_same_request_is_found(store: &Store) {
    let mut request = request(Kind::Offline);
    request.idempotency_key = Some("k".to_owned());
    let new =
        |now_ms| NewEntry { request: &request, instances: vec![instance("i")], plan: None, expires_ms: None, now_ms };
    let first = store.record(new(1_000)).await.unwrap();
    let found = store.entry_by_key("k", 2_000).await.unwrap();
    assert_eq!(found.as_ref().map(|entry| entry.number), Some(first.number));
    assert!(store.record(new(3_000)).await.unwrap_err().is_duplicate(), "one entry for one name");
    assert!(store.entry_by_key("K", 2_000).await.unwrap().is_none());
    assert!(store.entry_by_key("k", OVER_A_DAY_MS).await.unwrap().is_none());
    let again = store.record(new(OVER_A_DAY_MS)).await.unwrap();
    let found = store.entry_by_key("k", OVER_A_DAY_MS).await.unwrap();
    assert_eq!(found.map(|entry| entry.number), Some(again.number), "a day later it is a new one");
    for _ in 0..2 {
        recorded(store, Kind::Offline, "i", 1).await;
    }
}

async fn a_rolling_one_shows_its_shares(store: &Store) {
    let plan = Plan {
        share: 1,
        min_up: 2,
        until_ms: 9_000,
        force: false,
        drain_within_ms: None,
        expires_after_ms: None,
        instances: vec![Planned::of(&InstanceInfo::new("APP", "i", "h", "10.0.0.1"))],
    };
    let whole = request(Kind::Offline);
    let new =
        NewEntry { request: &whole, instances: Vec::new(), plan: Some(plan.clone()), expires_ms: None, now_ms: 1_000 };
    let whole = store.record(new).await.unwrap();
    let part = Request { part_of: Some(whole.number), ..request(Kind::Offline) };
    let new = NewEntry { request: &part, instances: vec![instance("i")], plan: None, expires_ms: None, now_ms: 1_001 };
    let part = store.record(new).await.unwrap();
    let read = store.entry(&whole.id).await.unwrap().unwrap();
    assert_eq!((read.plan, read.instances), (Some(plan), part.instances.clone()));
    assert_eq!(store.entry(&part.id).await.unwrap().unwrap().part_of, Some(whole.number));
}

async fn what_holds_is_not_cleared_away(store: &Store) {
    let holds = done(store, Kind::Offline, "holds", 1_000).await;
    let mut over = Vec::new();
    for number in 0..12 {
        over.push(done(store, Kind::Online, &format!("i{number}"), 1_001 + number).await);
    }
    let month_ms = 31 * 24 * 60 * 60 * 1_000;
    for _ in 0..2 {
        recorded(store, Kind::Offline, "new", month_ms).await;
    }
    assert!(store.entry(&holds.id).await.unwrap().is_some(), "an offline that holds is what gateways are told");
    for entry in over {
        assert!(store.entry(&entry.id).await.unwrap().is_none());
    }
}

async fn what_ends_an_offline(store: &Store) {
    let ids = |held: Vec<Held>| held.into_iter().map(|held| held.instance_id).collect::<Vec<String>>();
    for (at_ms, id) in [(1_000, "a"), (1_001, "b"), (1_002, "c")] {
        done(store, Kind::Offline, id, at_ms).await;
    }
    recorded(store, Kind::Offline, "d", 1_003).await;
    for page in [1, 2, 3] {
        let (held, left_out) = store.held_by(page, 9).await.unwrap();
        assert_eq!((ids(held), left_out), (vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], 0), "{page}");
    }
    let (held, left_out) = store.held_by(1, 2).await.unwrap();
    assert_eq!((ids(held).join(""), left_out), ("ab".to_owned(), 1), "the newest are counted");
    assert_eq!(ids(store.held().await.unwrap().0), ["a", "b", "c"], "what is done");
    done(store, Kind::Online, "a", 2_000).await;
    let again = done(store, Kind::Offline, "b", 2_001).await;
    let (held, left_out) = store.held().await.unwrap();
    assert_eq!(left_out, 0);
    assert_eq!(held.iter().map(|held| held.number).collect::<Vec<_>>(), [1_002, again.number], "the newest");
    store.end(&held[0], "why", 3_000).await.unwrap();
    assert_eq!(ids(store.held().await.unwrap().0), ["b"]);
}

async fn groups(store: &Store) {
    let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    assert!(store.groups_of("A").await.unwrap().is_empty());
    store.put_groups("A", &groups(&["X", "Y"])).await.unwrap();
    store.put_groups("A", &groups(&["Y", "Z"])).await.unwrap();
    store.put_groups("B", &groups(&["X"])).await.unwrap();
    assert_eq!(store.groups_of("A").await.unwrap(), groups(&["Y", "Z"]));
    assert_eq!(store.all_groups().await.unwrap().len(), 2);
    assert!(store.delete_groups("A").await.unwrap());
    assert!(!store.delete_groups("A").await.unwrap());
    store.ping().await.unwrap();
}
