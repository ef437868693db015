//! Readers while somebody changes the store, for as long as they like.

use std::sync::mpsc;
use std::time::Duration;

use eurus_model::InstanceInfo;

use super::*;
use crate::config::RegistryConfig;

/// Only a reader that waits for the lock, which is a failure, takes that long.
const FAILED_AFTER: Duration = Duration::from_secs(20);
/// When leases of the stock duration are over.
const OVER_MS: i64 = 600_000;

fn store(mode: SelfPreservationMode) -> Store {
    let config = RegistryConfig { self_preservation: mode, ..RegistryConfig::stock() };
    let store = Store::new(config.lease_rules(), 0);
    for (app, id) in [("B", "1"), ("A", "2"), ("A", "1"), ("C", "1")] {
        store.register(InstanceInfo::new(app, id, app, "10.0.0.1"), Origin::Client, 0);
    }
    store.cancel("C", "1", 0);
    store
}

/// What every reader sees who takes no lock.
fn readers(store: &Store, now_ms: i64) -> Vec<String> {
    let host = |found: Option<Arc<Registered>>| found.map(|found| found.info().host_name.clone());
    let page = store.first_apps(1);
    let (view, ending) = store.ending(0.0, 0, now_ms);
    let other = InstanceInfo::new("D", "1", "h", "10.0.0.1");
    vec![
        format!("{:?}", host(store.instance("A", "1", now_ms))),
        format!("{:?}", host(store.instance_by_id("1", now_ms))),
        format!("{:?}", host(store.instance_by_id("3", now_ms))),
        format!("{:?}", store.sizes()),
        format!("{:?}", store.renewal_health(now_ms)),
        format!("{:?}", store.self_preservation(now_ms)),
        format!("{view:?} {}", ending.len()),
        format!("{} {} of {} {}", page.apps.len(), page.apps[0].name, page.applications, page.instances),
        format!("{:?}", page.apps[0].instances.iter().map(|one| &one.info().instance_id).collect::<Vec<_>>()),
        format!("{} {}", store.lease_history().last_registered().len(), store.lease_history().last_cancelled().len()),
        format!("{} {:?}", store.bytes_held(), store.check_room(&other, 3, u64::MAX)),
        format!("{:?}", store.renew("A", "1", None, Origin::Client, 0).0),
    ]
}

#[test]
fn nobody_who_reads_waits_for_a_change() {
    for mode in SelfPreservationMode::ALL {
        for now_ms in [0, OVER_MS] {
            let expected = readers(&store(mode), now_ms);
            let store = store(mode);
            let (answer, answered) = mpsc::channel();
            let seen = std::thread::scope(|scope| {
                let change = store.state.write();
                scope.spawn(|| answer.send(readers(&store, now_ms)));
                let seen = answered.recv_timeout(FAILED_AFTER);
                drop(change);
                seen
            });
            assert_eq!(seen.expect("they waited for the lock"), expected, "{mode:?} at {now_ms}");
        }
    }
}

#[test]
fn the_first_application_with_an_id_answers_for_it() {
    let store = store(SelfPreservationMode::Off);
    let app_of = |id, now_ms| store.instance_by_id(id, now_ms).map(|found| found.info().app.clone());
    assert_eq!(app_of("1", 0).as_deref(), Some("A"));
    store.cancel("A", "1", 0);
    assert_eq!((app_of("1", 0).as_deref(), app_of("2", 0).as_deref()), (Some("B"), Some("A")));
    store.cancel("B", "1", 0);
    assert_eq!(app_of("1", 0), None);
    assert_eq!(app_of("2", OVER_MS), None, "its lease is over");
}

#[test]
fn a_walk_sees_everybody_once_while_all_change() {
    let store = store(SelfPreservationMode::Off);
    let add = |id: usize| {
        let info = InstanceInfo::new("W", &id.to_string(), "h", "10.0.0.1");
        store.register(info, Origin::Client, 0);
    };
    (0..500).for_each(add);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..20).for_each(|_| (0..500).for_each(add)));
        while !writer.is_finished() {
            let mut seen = BTreeMap::<String, usize>::new();
            store.live.for_each(|held| *seen.entry(held.info().instance_id.clone()).or_default() += 1);
            for id in 0..500 {
                // Two applications beside it have instances of the names 1 and 2.
                let times = 1 + usize::from(id == 1) * 2 + usize::from(id == 2);
                assert_eq!(seen.get(&id.to_string()), Some(&times), "instance {id}");
                assert!(store.live.get("W", &id.to_string()).is_some(), "instance {id} was there all the time");
            }
        }
    });
}
