//! The life of a mark, rule by rule.

use std::sync::Arc;

use super::*;
use crate::registration::Registration;
use DirectiveKind::{Downline, Upline};
use InstanceStatus::{Down, OutOfService, Starting, Unknown, Up};

const RECORDED_MS: i64 = 1_000_000;
const WINDOW_MS: i64 = 30_000;
const BOUND_MS: i64 = 300_000;
const IP: &str = "127.0.0.2";
const SERVICE_UP_MS: i64 = 500;

fn config(life: MarkLife) -> DownServiceCacheConfig {
    DownServiceCacheConfig {
        window_ms: WINDOW_MS,
        life,
        bound_ms: BOUND_MS,
        marks_max: 2,
        numbers_max: 10,
        numbers_kept_ms: 86_400_000,
    }
}

fn directive(kind: DirectiveKind, id: &str, number: i64) -> Directive {
    Directive {
        kind,
        entry: format!("entry-{number}"),
        number,
        application: "APP".to_owned(),
        instance_id: id.to_owned(),
        registration: Registration { ip: IP.to_owned(), service_up_ms: SERVICE_UP_MS },
    }
}

fn fetched(status: InstanceStatus) -> InstanceInfo {
    let mut instance = InstanceInfo::new("app", "1", "h", IP);
    instance.status = status;
    instance.lease.service_up_ms = SERVICE_UP_MS;
    instance
}

fn copy(instance: Option<InstanceInfo>) -> Applications {
    let mut registry = Applications::default();
    if let Some(instance) = instance {
        registry.insert(Arc::new(instance));
    }
    registry
}

fn marked(life: MarkLife, kind: DirectiveKind) -> DownServiceCache {
    let mut cache = DownServiceCache::new(config(life));
    assert_eq!(cache.record(&directive(kind, "1", 7), None, RECORDED_MS), Ok(Recorded::Applied));
    cache
}

#[test]
fn what_a_mark_makes_of_a_fetched_status() {
    let table = [
        (Downline, Up, Some(OutOfService)),
        (Downline, Down, Some(OutOfService)),
        (Downline, Starting, Some(OutOfService)),
        (Downline, Unknown, Some(OutOfService)),
        (Downline, OutOfService, Some(OutOfService)),
        (Upline, OutOfService, Some(Up)),
        (Upline, Up, None),
        (Upline, Down, None),
        (Upline, Starting, None),
        (Upline, Unknown, None),
    ];
    for (kind, status, expected) in table {
        let cache = marked(MarkLife::UntilConfirmed, kind);
        let decided = cache.decide("APP", &fetched(status)).map(|(_, status)| status);
        assert_eq!(decided, expected, "{kind} over {status}");
    }
}

#[test]
fn when_a_copy_ends_a_mark() {
    use EndReason::{Absent, Confirmed, Unconfirmed, WindowOver};
    use MarkLife::{Plain, UntilConfirmed};
    let after = RECORDED_MS + WINDOW_MS;
    let bound = RECORDED_MS + BOUND_MS;
    // (life, kind, start of the fetch, what it shows, what ends the mark)
    let table = [
        // Within the window nothing ends it: neither a copy that agrees nor one that is older than the mark.
        (UntilConfirmed, Downline, RECORDED_MS - 5_000, Some(Up), None),
        (UntilConfirmed, Downline, after - 1, Some(OutOfService), None),
        (UntilConfirmed, Downline, after - 1, None, None),
        (Plain, Downline, after - 1, Some(Up), None),
        // At its end: confirmed or not.
        (UntilConfirmed, Downline, after, Some(OutOfService), Some(Confirmed { lag_ms: 0 })),
        (UntilConfirmed, Downline, after + 9, Some(OutOfService), Some(Confirmed { lag_ms: 9 })),
        (UntilConfirmed, Downline, after, Some(Up), None),
        (UntilConfirmed, Downline, after, Some(Down), None),
        (UntilConfirmed, Upline, after, Some(Up), Some(Confirmed { lag_ms: 0 })),
        (UntilConfirmed, Upline, after, Some(Down), Some(Confirmed { lag_ms: 0 })),
        // That the instance is absent confirms neither.
        (UntilConfirmed, Downline, after, None, None),
        (UntilConfirmed, Upline, after, None, None),
        (UntilConfirmed, Downline, bound - 1, None, None),
        (UntilConfirmed, Downline, bound, None, Some(Absent)),
        (UntilConfirmed, Upline, bound, None, Some(Absent)),
        (Plain, Downline, after, None, Some(WindowOver)),
        (UntilConfirmed, Upline, after, Some(OutOfService), None),
        (Plain, Downline, after, Some(Up), Some(WindowOver)),
        (Plain, Upline, after, Some(OutOfService), Some(WindowOver)),
        // At the bound.
        (UntilConfirmed, Downline, bound - 1, Some(Up), None),
        (UntilConfirmed, Downline, bound, Some(Up), Some(Unconfirmed { shown: Up })),
        (UntilConfirmed, Upline, bound, Some(OutOfService), Some(Unconfirmed { shown: OutOfService })),
    ];
    for (life, kind, started_ms, shown, expected) in table {
        let mut cache = marked(life, kind);
        let reviewed = cache.review(started_ms, &copy(shown.map(fetched)));
        let reasons: Vec<_> = reviewed.ended.iter().map(|ended| ended.reason).collect();
        assert_eq!(reasons, expected.into_iter().collect::<Vec<_>>(), "{life:?} {kind} {started_ms} {shown:?}");
        assert_eq!(cache.get("APP", "1").is_none(), expected.is_some());
        assert_eq!(cache.count, cache.marks().count());
    }
}

#[test]
fn a_mark_that_outlives_its_window_is_said_and_counted_once() {
    let mut cache = marked(MarkLife::UntilConfirmed, Downline);
    let stale = copy(Some(fetched(Up)));
    assert_eq!(cache.review(RECORDED_MS + WINDOW_MS - 1, &stale).outlived.len(), 0);
    assert_eq!(cache.review(RECORDED_MS + WINDOW_MS, &stale).outlived.len(), 1);
    assert_eq!(cache.review(RECORDED_MS + WINDOW_MS + 1, &stale).outlived.len(), 0);
    cache.review(RECORDED_MS + WINDOW_MS + 10_000, &copy(Some(fetched(OutOfService))));
    let expected =
        Counters { recorded: 1, confirmed: 1, outlived_window: 1, longest_lag_ms: 10_000, ..Counters::default() };
    assert_eq!(cache.counters(), expected);
}

#[test]
fn a_newer_registration_ends_a_mark_at_once() {
    let mut cache = marked(MarkLife::UntilConfirmed, Downline);
    let mut newer = fetched(Up);
    newer.lease.service_up_ms = SERVICE_UP_MS + 1;
    assert!(cache.decide("APP", &newer).is_none());
    let reviewed = cache.review(RECORDED_MS + 1, &copy(Some(newer)));
    assert_eq!(reviewed.ended[0].reason, EndReason::NewerRegistration);
    assert!(cache.decide("APP", &fetched(Up)).is_none());
    assert_eq!(cache.counters().ended_by_newer_registration, 1);
}

#[test]
fn another_address_is_left_alone_but_ends_the_mark_only_after_the_window() {
    let mut cache = marked(MarkLife::UntilConfirmed, Downline);
    let mut elsewhere = fetched(Up);
    elsewhere.ip_addr = "127.0.0.9".to_owned();
    assert!(cache.decide("APP", &elsewhere).is_none());
    assert!(cache.review(RECORDED_MS + 1, &copy(Some(elsewhere.clone()))).ended.is_empty());
    // The copy was an old one, of the life before: the one that is meant appears only now.
    assert!(cache.decide("APP", &fetched(Up)).is_some());
    let reviewed = cache.review(RECORDED_MS + WINDOW_MS, &copy(Some(elsewhere)));
    assert_eq!(reviewed.ended[0].reason, EndReason::NewerRegistration);
}

#[test]
fn an_order_for_a_life_that_is_over_marks_nothing_and_is_applied_only_if_its_successor_is_so() {
    let other = Recorded::OtherRegistration { service_up_ms: SERVICE_UP_MS + 1 };
    let table = [
        (Downline, Up, other),
        (Downline, OutOfService, Recorded::Applied),
        (Downline, Down, Recorded::Applied),
        (Upline, OutOfService, other),
        (Upline, Up, Recorded::Applied),
        (Upline, Down, Recorded::Applied),
    ];
    for (kind, status, expected) in table {
        let mut cache = DownServiceCache::new(config(MarkLife::UntilConfirmed));
        let mut newer = fetched(status);
        newer.lease.service_up_ms = SERVICE_UP_MS + 1;
        let recorded = cache.record(&directive(kind, "1", 7), Some(&newer), RECORDED_MS);
        assert_eq!(recorded, Ok(expected), "{kind} of the life before, now {status}");
        assert!(cache.get("APP", "1").is_none());
        // What was not carried out leaves no number behind either.
        let is_kept = expected == Recorded::Applied;
        assert_eq!(cache.last_numbers.get("APP", "1"), is_kept.then_some(7));
        assert_eq!(cache.counters().other_registration, u64::from(!is_kept));
    }
}

#[test]
fn a_downline_behind_a_newer_one_is_told_that_the_instance_is_down() {
    let mut cache = marked(MarkLife::UntilConfirmed, Downline);
    let down_already = Ok(Recorded::DownAlready { last_number: 7 });
    assert_eq!(cache.record(&directive(Downline, "1", 6), Some(&fetched(Up)), RECORDED_MS), down_already);
    assert_eq!(cache.record(&directive(Downline, "1", 6), None, RECORDED_MS), down_already);
    assert_eq!(cache.get("APP", "1").unwrap().directive.number, 7);
    // The downline in force means another instance than the one shown.
    let mut elsewhere = fetched(Up);
    elsewhere.ip_addr = "127.0.0.9".to_owned();
    let superseded = Ok(Recorded::Superseded { last_number: 7 });
    assert_eq!(cache.record(&directive(Downline, "1", 6), Some(&elsewhere), RECORDED_MS), superseded);
}

#[test]
fn an_absent_instance_does_not_count_as_one_that_outlived_its_window() {
    let mut cache = marked(MarkLife::UntilConfirmed, Downline);
    assert_eq!(cache.review(RECORDED_MS + WINDOW_MS, &copy(None)).outlived.len(), 0);
    assert_eq!(cache.review(RECORDED_MS + WINDOW_MS + 1, &copy(Some(fetched(Up)))).outlived.len(), 1);
}

#[test]
fn numbers_decide_which_order_counts() {
    let mut cache = marked(MarkLife::UntilConfirmed, Downline);
    let kind_of = |cache: &DownServiceCache| cache.get("APP", "1").map(|mark| mark.directive.kind);
    let superseded = Ok(Recorded::Superseded { last_number: 7 });
    assert_eq!(cache.record(&directive(Upline, "1", 6), None, RECORDED_MS), superseded);
    assert_eq!(kind_of(&cache), Some(Downline));
    // The same order again is harmless: it neither changes nor prolongs the mark.
    assert_eq!(cache.record(&directive(Downline, "1", 7), None, RECORDED_MS + 1), Ok(Recorded::Applied));
    assert_eq!(cache.get("APP", "1").unwrap().recorded_ms, RECORDED_MS);
    assert_eq!(cache.record(&directive(Upline, "1", 8), None, RECORDED_MS + 2), Ok(Recorded::Applied));
    assert_eq!(kind_of(&cache), Some(Upline));
    // A late downline does not overtake the upline, not even when the mark has ended.
    cache.review(RECORDED_MS + WINDOW_MS + 2, &copy(Some(fetched(Up))));
    assert_eq!(kind_of(&cache), None);
    let late = cache.record(&directive(Downline, "1", 7), None, RECORDED_MS + WINDOW_MS + 3);
    assert_eq!(late, Ok(Recorded::Superseded { last_number: 8 }));
    assert_eq!(kind_of(&cache), None);
    assert_eq!(cache.counters().superseded, 2);
}

#[test]
fn beyond_the_limit_an_order_is_refused_and_leaves_no_trace() {
    let mut cache = marked(MarkLife::UntilConfirmed, Downline);
    assert!(cache.record(&directive(Downline, "2", 8), None, RECORDED_MS).is_ok());
    assert_eq!(cache.record(&directive(Downline, "3", 9), None, RECORDED_MS), Err(CacheFull { marks_max: 2 }));
    assert_eq!(cache.counters().refused_full, 1);
    // A marked instance may change its mark, and a lower number for the refused one is not superseded by it.
    assert!(cache.record(&directive(Upline, "2", 10), None, RECORDED_MS).is_ok());
    cache.review(RECORDED_MS + BOUND_MS, &copy(None));
    assert_eq!(cache.record(&directive(Downline, "3", 8), None, RECORDED_MS + BOUND_MS), Ok(Recorded::Applied));
}
