use eurus_model::{InstanceInfo, InstanceStatus};
use http::StatusCode;

use super::*;
use crate::rule::round_robin::RoundRobin;
use crate::service::{InstanceView, Why};

fn book(services_max: usize, instances_max: usize) -> Book {
    Book::new(BookLimits { services_max, instances_max })
}

/// With these instances of SHOP in the snapshot.
fn looked(book: &Book, ids: &[&str], now_ms: i64) -> Shown {
    let fetched = |id: &&str| Arc::new(InstanceInfo::new("SHOP", id, "h", "10.0.0.1"));
    let view = |id| InstanceView {
        fetched: fetched(id),
        status: InstanceStatus::Up,
        why: Why::Registry(InstanceStatus::Up),
        endpoint: None,
    };
    let service = Service {
        name: "SHOP".to_owned(),
        rule: Arc::new(RoundRobin::default()),
        rotation: Vec::new(),
        instances: ids.iter().map(view).collect(),
    };
    let services = HashMap::from([("SHOP".to_owned(), Arc::new(service))]);
    book.shown(&Snapshot { services, received_ms: Some(0) }, now_ms)
}

fn answers(shown: &Shown, service: &str) -> u64 {
    shown.services[service].answers().into_iter().map(|(_, count)| count).sum()
}

fn ids(shown: &Shown) -> Vec<&str> {
    shown.instances.keys().map(|(_, id)| id.as_str()).collect()
}

fn answer(tally: &InstanceTally) {
    tally.service().answered(StatusCode::OK);
    tally.answered(StatusCode::OK, 5);
}

#[test]
fn an_instance_that_is_gone_is_shown_for_a_while_and_its_service_forgets_nothing() {
    let book = book(10, 10);
    let (stays, goes) = (book.instance("SHOP", "1"), book.instance("SHOP", "2"));
    answer(&stays);
    answer(&goes);
    assert_eq!(ids(&looked(&book, &["1", "2"], 0)), ["1", "2"]);
    // Requests may be under way there still.
    for still_counting in [Some(goes), None] {
        // The first look that finds it gone is at 1,000,000.
        let shown = looked(&book, &["1"], 1_000_000);
        if still_counting.is_some() {
            assert_eq!((ids(&shown), answers(&shown, "SHOP")), (vec!["1", "2"], 2));
            assert_eq!(ids(&looked(&book, &["1"], 1_000_000 + GONE_SHOWN_MS - 1)), ["1", "2"]);
        }
        drop(shown);
        let shown = looked(&book, &["1"], 1_000_000 + GONE_SHOWN_MS);
        assert_eq!((ids(&shown), answers(&shown, "SHOP")), (vec!["1"], 2));
    }
    assert_eq!(book.entries.lock().instances.len(), 1);
}

#[test]
fn an_instance_that_comes_back_in_time_is_counted_on() {
    let book = book(10, 10);
    answer(&book.instance("SHOP", "1"));
    assert_eq!(ids(&looked(&book, &[], 0)), ["1"]);
    let back = book.instance("SHOP", "1");
    answer(&back);
    let shown = looked(&book, &["1"], 10 * GONE_SHOWN_MS);
    let (_, tally) = shown.instances.first_key_value().unwrap();
    let totals = tally.totals();
    assert_eq!((totals.answers.iter().map(|(_, count)| count).sum::<u64>(), totals.waited.sum_ns), (2, 10));
}

#[test]
fn beyond_the_limits_there_are_no_further_series_and_the_requests_are_counted_all_the_same() {
    let book = book(1, 2);
    let kept: Vec<_> = ["1", "2", "3"].iter().map(|id| book.instance("SHOP", id)).collect();
    let other = book.instance("BANK", "9");
    kept.iter().chain([&other]).for_each(|tally| answer(tally));
    let shown = looked(&book, &[], 0);
    assert_eq!(ids(&shown), ["1", "2"]);
    assert_eq!((answers(&shown, "SHOP"), answers(&shown, OTHERS)), (3, 1));
    assert_eq!((shown.refused_services, shown.refused_instances), (1, 2));
    drop(shown);
    drop(kept);
    // Those that are gone make room at once.
    let next = book.instance("SHOP", "4");
    assert!(next.is_counted_apart());
    assert_eq!(ids(&looked(&book, &[], 0)), ["4"]);
}
