//! What several nodes see of one journal.
#![cfg_attr(not(any(feature = "mysql", feature = "postgres")), allow(dead_code))]

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::sql::sql;
use super::super::{NewEntry, NodeUpdate, StoreError};
use super::cases::{answer, recorded, request};
use super::{Database, Databases};
use crate::entry::{Ack, Drain, Entry, EntryState, NodeRecord};
use crate::request::{Kind, Request};
use crate::store::claims::CLAIM_MS;

pub(super) async fn all(databases: &mut impl Databases) {
    a_node_that_is_gone_loses_its_entries(&databases.fresh().await).await;
    let database = databases.fresh().await;
    a_drain_does_not_die_with_its_node(&database.node("a").await, &database.node("b").await).await;
    one_turn_at_a_time(&databases.fresh().await).await;
    numbers_are_given_once(&databases.fresh().await).await;
    nodes_start_together(&databases.fresh().await).await;
    one_leads(&databases.fresh().await).await;
    who_stands_still_in_a_transaction_holds_up_nobody(&databases.fresh().await).await;
    who_gives_up_while_a_transaction_begins_leaves_none_open(&databases.fresh().await).await;
}

/// At whatever moment.
async fn who_gives_up_while_a_transaction_begins_leaves_none_open(database: &Database) {
    let a = database.node("a").await;
    for n in 0..400 {
        let _ = tokio::time::timeout(Duration::from_micros(n * 3), a.pool.write()).await;
        // In a transaction, this would be the end of all that follows.
        sql("SELECT nothing FROM nowhere").read_all(&a.pool).await.err().unwrap();
        a.newest_below(i64::MAX, 1).await.unwrap();
    }
}

/// The servers' own time.
async fn who_stands_still_in_a_transaction_holds_up_nobody(database: &Database) {
    let (a, b) = (database.node("a").await, database.node("b").await);
    let entry = recorded(&a, Kind::Offline, "i", 1_000).await;
    let mut stands_still = a.pool.write().await.unwrap();
    assert!(a.touch(&mut stands_still, entry.number, 1_000).await.unwrap());
    let taken_over = taken(&b, 1_001 + CLAIM_MS, 9).await;
    assert_eq!(taken_over, [entry.number], "its lock is gone before who waits for it gives up");
    assert!(stands_still.commit().await.is_err(), "and nothing of it happened");
}

async fn one_leads(database: &Database) {
    let (a, b) = (database.node("a").await, database.node("b").await);
    assert!(a.leads("it", 1_000, 2_000).await.unwrap());
    assert!(!b.leads("it", 1_500, 2_500).await.unwrap());
    assert!(b.leads("other", 1_500, 2_500).await.unwrap());
    assert!(a.leads("it", 1_900, 2_900).await.unwrap(), "again");
    assert!(!b.leads("it", 2_900, 3_900).await.unwrap());
    assert!(b.leads("it", 2_901, 3_901).await.unwrap(), "a is gone");
    assert!(!a.leads("it", 2_902, 3_902).await.unwrap());
}

async fn a_node_that_is_gone_loses_its_entries(database: &Database) {
    let (a, b) = (database.node("a").await, database.node("b").await);
    let entry = recorded(&a, Kind::Offline, "i", 1_000).await;
    assert!(b.open_entries().await.unwrap().is_empty(), "it is a's");
    assert!(taken(&b, 1_000 + CLAIM_MS, 9).await.is_empty());
    assert_eq!(a.renew_claims(5_000).await.unwrap(), 1);
    assert!(taken(&b, 2_000 + CLAIM_MS, 9).await.is_empty(), "renewed");
    assert!(taken(&b, 5_001 + CLAIM_MS, 0).await.is_empty(), "no room");
    assert_eq!(taken(&b, 5_001 + CLAIM_MS, 9).await, [entry.number]);
    assert!(taken(&a, 5_001 + CLAIM_MS, 9).await.is_empty());
    what_the_slow_one_writes_does_not_count(&a, &b, entry).await;
    nor_what_its_gateways_answer(&a, &b).await;
    nor_its_shares(&a, &b).await;
}

async fn taken(store: &super::Store, now_ms: i64, room: usize) -> Vec<i64> {
    let mut taken = Vec::new();
    store.take_over(now_ms, room, &mut taken).await.unwrap();
    taken
}

pub(super) async fn a_drain_does_not_die_with_its_node(a: &super::Store, b: &super::Store) {
    let drained = Request { drain_within_ms: Some(600_000), ..request(Kind::Offline) };
    let new = NewEntry { request: &drained, instances: vec![], plan: None, expires_ms: None, now_ms: 1_000 };
    let mut entry = a.record(new).await.unwrap();
    entry.state = EntryState::Done;
    a.registry_answered(answer(&entry)).await.unwrap();
    assert_eq!(a.renew_claims(5_000).await.unwrap(), 1, "it is waited for here");
    assert!(taken(b, 2_000 + CLAIM_MS, 9).await.is_empty());
    assert_eq!(taken(b, 5_001 + CLAIM_MS, 9).await, [entry.number]);
    let mut entry = b.entry(&entry.id).await.unwrap().unwrap();
    assert!(!entry.is_final() && entry.stop_waiting_for_requests());
    b.drained(entry.number, entry.drain.as_ref().unwrap(), 9_000).await.unwrap();
    assert!(a.entry(&entry.id).await.unwrap().unwrap().is_final());
    assert!(taken(a, i64::MAX - CLAIM_MS, 9).await.is_empty(), "what is drained is nobody's");
}

async fn nor_what_its_gateways_answer(a: &super::Store, b: &super::Store) {
    let mut entry = recorded(a, Kind::Offline, "told", 1_000).await;
    let node = |ack| NodeRecord {
        node: "n".to_owned(),
        group: "G".to_owned(),
        app: "APP".to_owned(),
        instance_id: "told".to_owned(),
        address: None,
        ack,
        attempts: 0,
        latency_us: None,
    };
    (entry.state, entry.nodes) = (EntryState::Notifying, vec![node(Ack::Pending)]);
    a.registry_answered(answer(&entry)).await.unwrap();
    assert!(a.owns(entry.number).await.unwrap());
    assert_eq!(taken(b, 1_001 + CLAIM_MS, 9).await, [entry.number]);
    assert!(!a.owns(entry.number).await.unwrap() && b.owns(entry.number).await.unwrap());
    let update = |ack| NodeUpdate {
        number: entry.number,
        node: "n".to_owned(),
        group: "G".to_owned(),
        app: "APP".to_owned(),
        instance_id: "told".to_owned(),
        ack,
        attempts: 1,
        latency_us: None,
    };
    b.nodes_answered(&[update(Ack::Applied)], &[(entry.number, EntryState::Done)], 9).await.unwrap();
    let done = b.entry(&entry.id).await.unwrap();
    a.nodes_answered(&[update(Ack::GaveUp("late".to_owned()))], &[], 10).await.unwrap();
    a.nodes_came(&[(entry.number, NodeRecord { node: "m".to_owned(), ..node(Ack::Pending) })], 10).await.unwrap();
    let late = a.drained(entry.number, &Drain::waiting(5), 10).await.unwrap_err();
    assert!(matches!(late, StoreError::TakenOver(_)), "{late}");
    assert_eq!(b.entry(&entry.id).await.unwrap(), done);
}

/// Else both would take the same instances.
async fn nor_its_shares(a: &super::Store, b: &super::Store) {
    let whole = recorded(a, Kind::Offline, "whole", 1_000).await;
    let part = Request { part_of: Some(whole.number), ..request(Kind::Offline) };
    let new = || NewEntry { request: &part, instances: vec![], plan: None, expires_ms: None, now_ms: 1_001 };
    a.record(new()).await.unwrap();
    assert!(taken(b, 1_002 + CLAIM_MS, 9).await.contains(&whole.number));
    let late = a.record(new()).await.unwrap_err();
    assert!(matches!(late, StoreError::TakenOver(number) if number == whole.number), "{late}");
    b.record(new()).await.unwrap();
}

async fn what_the_slow_one_writes_does_not_count(a: &super::Store, b: &super::Store, mut entry: Entry) {
    entry.state = EntryState::Done;
    let late = a.registry_answered(answer(&entry)).await.unwrap_err();
    assert!(matches!(late, StoreError::TakenOver(number) if number == entry.number), "{late}");
    a.nodes_answered(&[], &[(entry.number, EntryState::Partial)], 9).await.unwrap();
    assert_eq!(b.entry(&entry.id).await.unwrap().unwrap().state, EntryState::Recorded);
    b.registry_answered(answer(&entry)).await.unwrap();
    assert_eq!(a.entry(&entry.id).await.unwrap().unwrap().state, EntryState::Done);
    assert!(taken(b, i64::MAX - CLAIM_MS, 9).await.is_empty(), "what is finished is nobody's");
}

async fn one_turn_at_a_time(database: &Database) {
    let (a, b) = (database.node("a").await, database.node("b").await);
    let apps = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    let turn = a.take_turn(&apps(&["X", "Y"]), "a/1", (1_000, 2_000)).await.unwrap().unwrap();
    assert!(b.take_turn(&apps(&["Y", "Z"]), "b/1", (1_001, 2_001)).await.unwrap().is_none());
    let z = b.take_turn(&apps(&["Z"]), "b/2", (1_001, 2_001)).await.unwrap();
    assert!(z.is_some(), "of several, none was kept");
    a.give_turn_back(&turn).await.unwrap();
    assert!(b.take_turn(&apps(&["Y"]), "b/3", (1_002, 2_002)).await.unwrap().is_some());
    assert!(a.take_turn(&apps(&["Y"]), "a/2", (2_002, 3_000)).await.unwrap().is_none());
    assert!(a.take_turn(&apps(&["Y"]), "a/3", (2_003, 3_003)).await.unwrap().is_some(), "b is gone");
    // What is given back late takes nothing from the next one.
    let stale = b.take_turn(&apps(&["Y"]), "b/4", (4_000, 5_000)).await.unwrap().unwrap();
    let newer = a.take_turn(&apps(&["Y"]), "a/4", (5_001, 6_000)).await.unwrap();
    assert!(newer.is_some());
    b.give_turn_back(&stale).await.unwrap();
    assert!(b.take_turn(&apps(&["Y"]), "b/5", (5_500, 6_500)).await.unwrap().is_none());
}

async fn numbers_are_given_once(database: &Database) {
    let (a, b) = (database.node("a").await, database.node("b").await);
    let each = |store: super::Store| async move {
        let mut numbers = Vec::new();
        for _ in 0..20 {
            numbers.push(recorded(&store, Kind::Offline, "i", 1_000).await.number);
        }
        numbers
    };
    let runs = [a.clone(), a, b.clone(), b].map(|store| tokio::spawn(each(store)));
    let mut all = BTreeSet::new();
    for run in runs {
        let numbers = run.await.unwrap();
        assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
        all.extend(numbers);
    }
    assert_eq!(all.len(), 80);
}

async fn nodes_start_together(database: &Database) {
    let (a, b) = tokio::join!(database.node("a"), database.node("b"));
    a.ping().await.unwrap();
    b.ping().await.unwrap();
}
