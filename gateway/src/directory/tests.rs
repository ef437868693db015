//! Fetched copies and orders, in every sequence that has lost an order before.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use eurus_model::InstanceStatus::{self, OutOfService, Up};
use eurus_model::Port;

use super::*;
use crate::down_service_cache::MarkLife;
use crate::registration::Registration;

const NOW_MS: i64 = 1_000_000;
const FIRST: &str = "host:app:1";
const SECOND: &str = "host:app:2";

fn directory(join_fetched: bool) -> Directory {
    let marks = DownServiceCacheConfig {
        window_ms: 30_000,
        life: MarkLife::UntilConfirmed,
        bound_ms: 300_000,
        marks_max: 100,
        numbers_max: 100,
        numbers_kept_ms: 86_400_000,
    };
    Directory::new(marks, join_fetched, Default::default(), BookLimits::default())
}

fn instance(id: &str, ip: &str, status: InstanceStatus) -> InstanceInfo {
    let mut instance = InstanceInfo::new("app", id, "h", ip);
    instance.port = Port { number: 8080, enabled: true };
    instance.status = status;
    instance.lease.service_up_ms = 500;
    instance
}

fn copy(first: InstanceStatus) -> Arc<Applications> {
    let mut registry = Applications::default();
    registry.insert(Arc::new(instance(FIRST, "127.0.0.2", first)));
    registry.insert(Arc::new(instance(SECOND, "127.0.0.3", Up)));
    Arc::new(registry)
}

fn fetch(kind: FetchKind, started_ms: i64, registry: Arc<Applications>) -> Fetch {
    let changed = match kind {
        FetchKind::Full => Vec::new(),
        FetchKind::Delta => vec![("APP".to_owned(), FIRST.to_owned())],
    };
    Fetch { kind, started_ms, received_ms: started_ms + 10, registry, changed }
}

fn order(kind: DirectiveKind, number: i64) -> Directive {
    Directive {
        kind,
        entry: "e".to_owned(),
        number,
        application: "APP".to_owned(),
        instance_id: FIRST.to_owned(),
        registration: Registration { ip: "127.0.0.2".to_owned(), service_up_ms: 500 },
    }
}

fn rotation(directory: &Directory) -> Vec<String> {
    let snapshot = directory.snapshot();
    let service = snapshot.service("app");
    service.map(|service| service.rotation.iter().map(|one| one.instance_id().to_owned()).collect()).unwrap_or_default()
}

/// Every endpoint in rotation is open, every other one is closed.
fn assert_doors(directory: &Directory) {
    let snapshot = directory.snapshot();
    for view in snapshot.services.values().flat_map(|service| &service.instances) {
        let endpoint = view.endpoint.as_ref().unwrap();
        assert_eq!(endpoint.is_open(), view.in_rotation(), "{}", endpoint.instance_id());
    }
}

#[test]
fn neither_a_stale_full_fetch_nor_a_stale_delta_brings_a_downed_instance_back() {
    for kind in [FetchKind::Full, FetchKind::Delta] {
        for started_ms in [NOW_MS - 5_000, NOW_MS, NOW_MS + 29_999, NOW_MS + 30_000, NOW_MS + 200_000] {
            let directory = directory(true);
            directory.fetched(&fetch(FetchKind::Full, NOW_MS - 20_000, copy(Up)));
            assert_eq!(rotation(&directory), [FIRST, SECOND]);
            directory.direct(&order(DirectiveKind::Downline, 7), NOW_MS).unwrap();
            assert_eq!(rotation(&directory), [SECOND]);
            directory.fetched(&fetch(kind, started_ms, copy(Up)));
            assert_eq!(rotation(&directory), [SECOND], "{kind} started at {started_ms}");
            assert_doors(&directory);
        }
    }
}

#[test]
fn without_the_listener_it_comes_back() {
    for kind in [FetchKind::Full, FetchKind::Delta] {
        let directory = directory(false);
        directory.fetched(&fetch(FetchKind::Full, NOW_MS - 20_000, copy(Up)));
        directory.direct(&order(DirectiveKind::Downline, 7), NOW_MS).unwrap();
        assert_eq!(rotation(&directory), [SECOND]);
        directory.fetched(&fetch(kind, NOW_MS + 100, copy(Up)));
        assert_eq!(rotation(&directory), [FIRST, SECOND]);
        assert_eq!(directory.marks().marks.len(), 1);
        // The order given again edits the copy again.
        directory.direct(&order(DirectiveKind::Downline, 7), NOW_MS + 200).unwrap();
        assert_eq!(rotation(&directory), [SECOND]);
        assert_doors(&directory);
    }
}

#[test]
fn an_upline_keeps_a_stale_out_of_service_from_taking_it_out_again() {
    let directory = directory(true);
    directory.fetched(&fetch(FetchKind::Full, NOW_MS - 20_000, copy(OutOfService)));
    assert_eq!(rotation(&directory), [SECOND]);
    directory.direct(&order(DirectiveKind::Upline, 8), NOW_MS).unwrap();
    assert_eq!(rotation(&directory), [FIRST, SECOND]);
    directory.fetched(&fetch(FetchKind::Full, NOW_MS + 1, copy(OutOfService)));
    assert_eq!(rotation(&directory), [FIRST, SECOND]);
    // Taken out at the registry alone, later: an up-mark that is confirmed does not stand in the way.
    directory.fetched(&fetch(FetchKind::Delta, NOW_MS + 30_000, copy(Up)));
    directory.fetched(&fetch(FetchKind::Delta, NOW_MS + 30_001, copy(OutOfService)));
    assert_eq!(rotation(&directory), [SECOND]);
    assert_doors(&directory);
}

#[test]
fn a_mark_that_ends_shows_the_copy_even_if_the_delta_does_not_name_the_instance() {
    let directory = directory(true);
    directory.fetched(&fetch(FetchKind::Full, NOW_MS - 20_000, copy(Up)));
    directory.direct(&order(DirectiveKind::Downline, 7), NOW_MS).unwrap();
    let mut unconfirmed = fetch(FetchKind::Delta, NOW_MS + 300_000, copy(Up));
    unconfirmed.changed.clear();
    directory.fetched(&unconfirmed);
    assert_eq!(rotation(&directory), [FIRST, SECOND]);
    assert_eq!(directory.marks().counters.unconfirmed_at_bound, 1);
}

#[test]
fn a_mark_waits_for_an_instance_that_the_copy_does_not_show_yet() {
    let directory = directory(true);
    directory.direct(&order(DirectiveKind::Downline, 7), NOW_MS).unwrap();
    directory.fetched(&fetch(FetchKind::Full, NOW_MS + 1, copy(Up)));
    assert_eq!(rotation(&directory), [SECOND]);
}

#[test]
fn a_request_under_way_is_waited_for_even_if_its_instance_has_left_the_copy() {
    let directory = directory(true);
    directory.fetched(&fetch(FetchKind::Full, NOW_MS, copy(Up)));
    let picked = Arc::clone(&directory.snapshot().service("APP").unwrap().rotation[0]);
    let ticket = picked.start().unwrap();
    directory.fetched(&fetch(FetchKind::Full, NOW_MS + 1, Arc::default()));
    assert!(rotation(&directory).is_empty());
    let directed = directory.direct(&order(DirectiveKind::Downline, 7), NOW_MS + 2).unwrap();
    assert!(directed.closed.iter().any(|closed| Arc::ptr_eq(closed, &picked)));
    drop(ticket);
    directory.fetched(&fetch(FetchKind::Full, NOW_MS + 3, Arc::default()));
    assert!(directory.writer.lock().members.is_empty());
}

#[test]
fn endpoints_live_on_across_snapshots_and_a_new_address_is_a_new_one() {
    let directory = directory(true);
    let endpoints = |directory: &Directory| -> BTreeMap<String, Arc<Endpoint>> {
        let snapshot = directory.snapshot();
        let rotation = &snapshot.service("APP").unwrap().rotation;
        rotation.iter().map(|one| (one.instance_id().to_owned(), Arc::clone(one))).collect()
    };
    directory.fetched(&fetch(FetchKind::Full, NOW_MS, copy(Up)));
    let before = endpoints(&directory);
    let mut moved = Applications::clone(&copy(Up));
    moved.insert(Arc::new(instance(SECOND, "127.0.0.4", Up)));
    directory.fetched(&fetch(FetchKind::Full, NOW_MS + 1, Arc::new(moved)));
    let after = endpoints(&directory);
    assert!(Arc::ptr_eq(&before[FIRST], &after[FIRST]));
    assert!(!Arc::ptr_eq(&before[SECOND], &after[SECOND]));
    assert!(!before[SECOND].is_open());
    assert_doors(&directory);
}

/// Another peer of the registry's cluster may date the same registration a moment later.
#[test]
fn an_order_for_an_earlier_registration_than_the_copy_shows_is_not_called_applied_while_the_rotation_holds_it() {
    let directory = directory(true);
    let mut registry = Applications::clone(&copy(Up));
    let mut later = instance(FIRST, "127.0.0.2", Up);
    later.lease.service_up_ms = 501;
    registry.insert(Arc::new(later));
    directory.fetched(&fetch(FetchKind::Full, NOW_MS, Arc::new(registry)));
    let directed = directory.direct(&order(DirectiveKind::Downline, 1), NOW_MS).unwrap();
    assert_eq!(directed.recorded, Recorded::OtherRegistration { service_up_ms: 501 });
    assert_eq!(rotation(&directory), [FIRST, SECOND]);
    assert!(directory.marks().marks.is_empty());
}

/// A registry that restarted shows nobody, then everybody as before.
#[test]
fn an_empty_copy_after_the_window_does_not_bring_a_downed_instance_back_with_the_next() {
    let directory = directory(true);
    directory.fetched(&fetch(FetchKind::Full, NOW_MS, copy(Up)));
    directory.direct(&order(DirectiveKind::Downline, 1), NOW_MS).unwrap();
    directory.fetched(&fetch(FetchKind::Full, NOW_MS + 31_000, Arc::default()));
    directory.fetched(&fetch(FetchKind::Full, NOW_MS + 61_000, copy(Up)));
    assert_eq!(rotation(&directory), [SECOND]);
}

/// Ends the reader of a test, also when it fails.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a reader again and again beside changes.
fn beside(look: impl Fn() + Sync, change: impl Fn(i64)) {
    const CHANGES: i64 = 1_000;
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _stop_on_drop = StopOnDrop(&stop);
        let reader = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                look();
            }
        });
        for round in 0..CHANGES {
            assert!(!reader.is_finished());
            change(round);
        }
    });
}

/// A reader looks all the time while stale copies arrive: after the downline it never sees the instance.
#[test]
fn there_is_no_gap_between_a_fetched_copy_and_the_marks() {
    let directory = directory(true);
    directory.fetched(&fetch(FetchKind::Full, NOW_MS, copy(Up)));
    directory.direct(&order(DirectiveKind::Downline, 7), NOW_MS).unwrap();
    beside(
        || assert_eq!(rotation(&directory), [SECOND]),
        |round| {
            let kind = if round % 2 == 0 { FetchKind::Full } else { FetchKind::Delta };
            directory.fetched(&fetch(kind, NOW_MS + round, copy(Up)));
        },
    );
}

/// Else it would pick again from the same list, and find nothing.
#[test]
fn a_request_that_finds_an_endpoint_closed_finds_a_newer_snapshot_too() {
    let directory = directory(true);
    directory.fetched(&fetch(FetchKind::Full, NOW_MS, copy(Up)));
    beside(
        || {
            let seen = arc_swap::Guard::into_inner(directory.snapshot());
            for endpoint in &seen.service("APP").unwrap().rotation {
                if endpoint.start().is_none() {
                    assert!(!Arc::ptr_eq(&seen, &directory.snapshot()));
                }
            }
        },
        |round| {
            let kind = if round % 2 == 0 { DirectiveKind::Downline } else { DirectiveKind::Upline };
            directory.direct(&order(kind, round), NOW_MS).unwrap();
        },
    );
}
