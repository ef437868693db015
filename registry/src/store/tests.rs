use eurus_model::{InstanceInfo, InstanceStatus};

use InstanceStatus::{Down, OutOfService, Starting, Unknown, Up};

use super::*;
use crate::config::RegistryConfig;
use crate::limits::RegistryLimits;

const MINUTE_MS: i64 = 60_000;

fn store() -> Store {
    store_of(SelfPreservationMode::Netflix)
}

fn store_of(mode: SelfPreservationMode) -> Store {
    let config = RegistryConfig { self_preservation: mode, ..RegistryConfig::stock() };
    Store::new(config.lease_rules(), 0)
}

fn info(status: InstanceStatus, dirty_ms: i64) -> InstanceInfo {
    let mut info = InstanceInfo::new("A", "1", "h", "10.0.0.1");
    info.status = status;
    info.last_dirty_ms = dirty_ms;
    info.vip_address = Some("v1,v2".to_owned());
    info
}

fn change(status: InstanceStatus) -> StatusChange {
    StatusChange { status, dirty_ms: None, origin: Origin::Client, peer: None }
}

fn held(store: &Store) -> Arc<Registered> {
    Arc::clone(store.state.read().get("A", "1").unwrap())
}

/// Status and override.
fn statuses(store: &Store) -> (InstanceStatus, InstanceStatus) {
    let held = held(store);
    (held.status(), held.info().overridden_status)
}

#[test]
fn the_later_dirty_timestamp_wins_and_the_incoming_one_at_a_tie() {
    // held, incoming -> the host name that stays, and the dirty timestamp
    for (held_ms, incoming_ms, host, dirty_ms) in [(5, 4, "h", 5), (5, 5, "new", 5), (5, 6, "new", 6)] {
        let store = store();
        store.register(info(Up, held_ms), Origin::Client, 0);
        let mut incoming = info(Up, incoming_ms);
        incoming.host_name = "new".to_owned();
        incoming.lease.duration_s = 7;
        store.register(incoming, Origin::Client, 10);
        let now_held = held(&store);
        assert_eq!((now_held.info().host_name.as_str(), now_held.info().last_dirty_ms), (host, dirty_ms));
        assert_eq!(now_held.lease().registered_ms(), 10, "it is a new lease in any case");
        assert!(now_held.lease().is_expired(7_011, 0), "of the incoming duration");
    }
}

/// The registry's own view stands against a client that registers again, and not against another registry, which heard
/// of a change.
#[test]
fn a_replica_is_believed_a_status_that_a_client_is_not() {
    for (origin, status) in [(Origin::Client, Up), (Origin::Replica, OutOfService)] {
        let store = store();
        store.register(info(Up, 1), Origin::Client, 0);
        store.register(info(OutOfService, 2), origin, 1);
        assert_eq!(held(&store).status(), status, "{origin:?}");
    }
}

#[test]
fn nothing_an_instance_or_a_replica_says_undoes_an_override() {
    type Says = fn(&Store);
    let says: [(&str, Says); 7] = [
        ("heartbeat", |store| drop(store.renew("A", "1", Some(1), Origin::Client, 2))),
        ("replicated heartbeat", |store| drop(store.renew("A", "1", Some(9), Origin::Replica, 2))),
        ("replicated heartbeat's override", |store| drop(store.adopt_override("A", "1", Up, 2))),
        ("registration", |store| drop(store.register(info(Up, 2), Origin::Client, 2))),
        ("stale replicated registration", |store| drop(store.register(info(Up, 0), Origin::Replica, 2))),
        ("newer replicated registration", |store| drop(store.register(info(Up, 9), Origin::Replica, 2))),
        ("metadata", |store| put_metadata(store)),
    ];
    for (who, say) in says {
        let store = store();
        store.register(info(Up, 1), Origin::Client, 0);
        store.set_status("A", "1", change(OutOfService), 1);
        say(&store);
        assert_eq!(statuses(&store), (OutOfService, OutOfService), "{who}");
        // What it says of itself when it goes down or restarts is believed; afterwards the override is there again.
        for (said, status) in [(Down, Down), (Starting, Starting), (Up, OutOfService)] {
            store.register(info(said, 10), Origin::Client, 3);
            assert_eq!(statuses(&store), (status, OutOfService), "{who}, then {said}");
        }
    }
}

#[test]
fn a_status_that_is_there_already_is_pinned() {
    let store = store();
    store.register(info(OutOfService, 1), Origin::Client, 0);
    assert_eq!(statuses(&store), (OutOfService, Unknown));
    assert!(store.set_status("A", "1", change(OutOfService), 1).unwrap().is_some());
    assert!(store.set_status("A", "1", change(OutOfService), 2).unwrap().is_none(), "the second time nothing changes");
    store.register(info(Starting, 2), Origin::Client, 3);
    store.register(info(Up, 3), Origin::Client, 4);
    assert_eq!(statuses(&store), (OutOfService, OutOfService));
}

#[test]
fn removing_an_override_sets_the_given_status_once() {
    let store = store();
    store.register(info(Up, 1), Origin::Client, 0);
    store.set_status("A", "1", change(OutOfService), 1);
    assert!(store.remove_override("A", "1", change(Up), 2).unwrap().is_some());
    assert_eq!(statuses(&store), (Up, Unknown));
    assert!(store.remove_override("A", "1", change(Down), 3).unwrap().is_none(), "there is none any more");
    assert_eq!(statuses(&store), (Up, Unknown));
    assert!(store.remove_override("A", "nobody", change(Up), 4).is_none());
    assert!(store.set_status("B", "1", change(Up), 4).is_none());
}

#[test]
fn a_heartbeat_without_a_status_is_refused_and_does_not_renew() {
    let store = store();
    store.register(info(Up, 1), Origin::Client, 0);
    store.set_status("A", "1", change(OutOfService), 1);
    store.remove_override("A", "1", change(Unknown), 2);
    let before_ms = held(&store).lease().last_update_ms();
    assert!(matches!(store.renew("A", "1", None, Origin::Client, 3).0, Renewal::StatusUnknown));
    assert_eq!(held(&store).lease().last_update_ms(), before_ms);
}

#[test]
fn a_replicas_override_is_taken_over_and_the_status_follows() {
    let store = store();
    store.register(info(Up, 1), Origin::Client, 0);
    assert!(store.adopt_override("A", "1", OutOfService, 1).is_some());
    assert_eq!(statuses(&store), (Up, OutOfService));
    let (renewal, touched) = store.renew("A", "1", Some(1), Origin::Client, 2);
    assert!(matches!(renewal, Renewal::Renewed) && touched.is_some(), "lists show it too");
    assert_eq!(statuses(&store), (OutOfService, OutOfService));
    assert!(store.renew("A", "1", Some(1), Origin::Client, 3).1.is_none());
}

#[test]
fn a_cancel_ends_the_override_and_the_registration() {
    let store = store();
    store.register(info(Up, 1), Origin::Client, 5);
    store.set_status("A", "1", change(OutOfService), 6);
    assert!(store.cancel("B", "1", 7).is_none());
    assert_eq!(statuses(&store), (OutOfService, OutOfService), "a cancel for another application ends nothing");
    assert_eq!(store.cancel("A", "1", 8).unwrap().app, "A");
    assert!(store.cancel("A", "1", 9).is_none());
    assert!(store.all().apps.is_empty(), "an application goes with its last instance");
    store.register(info(Up, 1), Origin::Client, 10);
    assert_eq!(statuses(&store), (Up, Unknown));
    assert_eq!(held(&store).lease().service_up_ms(), 10);
}

#[test]
fn a_change_touches_old_and_new_virtual_addresses() {
    let store = store();
    let (_, first) = store.register(info(Up, 1), Origin::Client, 0);
    assert_eq!((first.app.as_str(), first.vips), ("A", vec!["v1".to_owned(), "v2".to_owned()]));
    let mut moved = info(Up, 2);
    moved.vip_address = Some("v3".to_owned());
    assert_eq!(store.register(moved, Origin::Client, 1).1.vips, ["v1", "v2", "v3"]);
    assert_eq!(store.by_vip(VipKind::Plain, "v3").hashcode, "UP_1_");
    assert!(store.by_vip(VipKind::Plain, "v1").apps.is_empty());
    assert!(store.by_vip(VipKind::Secure, "v3").apps.is_empty());
}

#[test]
fn metadata_is_added_or_replaced_and_nothing_is_lost() {
    let store = Arc::new(store());
    store.register(info(Up, 1), Origin::Client, 0);
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = Arc::clone(&store);
            std::thread::spawn(move || {
                for number in 0..50 {
                    let entries =
                        vec![(format!("k{writer}-{number}"), "v".to_owned()), ("same".to_owned(), "v".to_owned())];
                    store.put_metadata("A", "1", entries, &RegistryLimits::stock(), 1).unwrap();
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let held = held(&store);
    assert_eq!(held.info().metadata.len(), 201);
    assert_eq!(held.info().last_dirty_ms, 1, "it is no change of the client's");
    assert_eq!(store.put_metadata("A", "2", Vec::new(), &RegistryLimits::stock(), 1), Ok(None));
}

#[test]
fn only_leases_that_are_over_are_evicted_and_a_late_heartbeat_saves() {
    let store = store_of(SelfPreservationMode::Off);
    for id in 0..10 {
        let mut info = info(Up, 1);
        info.instance_id = id.to_string();
        store.register(info, Origin::Client, 0);
    }
    assert!(store.evict(0.85, 0, 90_000).touched.is_empty());
    store.renew("A", "9", None, Origin::Client, 90_001);
    assert!(store.evict(0.85, 30_000, 90_001).touched.is_empty(), "a late timer gives them time");
    let mut runs = 0;
    while !store.evict(0.0, 0, 90_001).touched.is_empty() {
        runs += 1;
    }
    assert_eq!((runs, store.state.read().size()), (1, 1), "all that are over but the one that renewed");
    assert!(store.instance("A", "9", 90_001).is_some());
}

#[test]
fn an_expired_lease_is_hidden_only_if_leases_may_end() {
    use SelfPreservationMode::{Netflix, Off, PerApp};
    let table = [(Netflix, 0, true), (Off, 0, false), (Netflix, 4, false), (PerApp, 0, false)];
    for (mode, renewals, visible) in table {
        let store = store_of(mode);
        store.register(info(Up, 1), Origin::Client, 0);
        let mut other = info(Up, 1);
        other.app = "B".to_owned();
        store.register(other, Origin::Client, 0);
        (0..renewals + 2).for_each(|_| drop(store.renew("B", "1", None, Origin::Client, MINUTE_MS)));
        // In the minute after the renewals; their threshold is 5.
        let now_ms = 2 * MINUTE_MS;
        assert_eq!(store.instance("A", "1", now_ms).is_some(), visible, "{mode} {renewals}");
        assert_eq!(store.instance_by_id("1", now_ms).unwrap().info().app == "A", visible);
    }
}

fn put_metadata(store: &Store) {
    let entries = vec![("k".to_owned(), "v".to_owned())];
    store.put_metadata("A", "1", entries, &RegistryLimits::stock(), 2).unwrap();
}

#[test]
fn bytes_are_held_until_the_delta_has_forgotten_them() {
    let store = store();
    assert_eq!(store.bytes_held(), 0);
    store.register(info(Up, 1), Origin::Client, 0);
    let one = store.bytes_held();
    assert_eq!(one, info(Up, 1).bytes_held());
    for dirty_ms in 2..10 {
        store.register(info(Up, dirty_ms), Origin::Client, 0);
        put_metadata(&store);
    }
    let again = InstanceInfo { metadata: vec![("k".to_owned(), "v".to_owned())], ..info(Up, 1) };
    assert_eq!(store.bytes_held(), again.bytes_held(), "earlier states are gone");
    store.cancel("A", "1", 3);
    assert_eq!(store.bytes_held(), again.bytes_held(), "the delta shows it");
    store.purge(3 * MINUTE_MS + 4, 3 * MINUTE_MS);
    assert_eq!(store.bytes_held(), 0);
}

#[test]
fn what_does_not_grow_may_register_again_in_a_full_registry() {
    let store = store();
    store.register(info(Up, 1), Origin::Client, 0);
    let full = store.bytes_held();
    assert_eq!(store.check_room(&info(Up, 2), 1, full), Ok(()));
    let other = InstanceInfo { instance_id: "2".to_owned(), ..info(Up, 1) };
    assert_eq!(store.check_room(&other, 1, 10 * full), Err(NoRoom::TooManyInstances { instances_max: 1 }));
    assert_eq!(store.check_room(&other, 2, full), Err(NoRoom::TooManyBytes { bytes_max: full }));
    assert_eq!(store.check_room(&other, 2, 2 * full), Ok(()));
    let limits = RegistryLimits { bytes_max: full, ..RegistryLimits::stock() };
    let entries = vec![("k".to_owned(), "v".to_owned())];
    assert_eq!(store.put_metadata("A", "1", entries, &limits, 1), Err(NoRoom::TooManyBytes { bytes_max: full }));
    assert_eq!(store.bytes_held(), full, "nothing has changed");
}
