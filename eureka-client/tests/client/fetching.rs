//! Whole lists and deltas: what is asked for, and what the copy shows then.

use std::sync::Arc;

use eurus_client::{ClientConfig, EurekaClient, FailureKind, FetchConfig, FetchKind, FetchListener};
use eurus_service::{Clock, Shutdown};
use tokio::sync::Semaphore;

use crate::following::{DELTA, FULL, Following, Recorder, START_MS};
use crate::lists::{list, shown};
use crate::scripted::{Answer, Scripted};

#[tokio::test]
async fn the_whole_list_first_then_deltas() {
    let registry = Scripted::start().await;
    registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
    let following = Following::start(&registry, false).await;
    assert_eq!(following.shown(), ["A/h:1 UP"]);
    assert_eq!(following.client.last_fetch().unwrap().kind, FetchKind::Full);

    registry.serves_delta(list(
        "7",
        "OUT_OF_SERVICE_1_UP_1_",
        &[("A", "h:1", "OUT_OF_SERVICE", "MODIFIED"), ("B", "h:2", "UP", "ADDED")],
    ));
    following.next_turn().await;
    assert_eq!(following.shown(), ["A/h:1 OUT_OF_SERVICE", "B/h:2 UP"]);
    registry.serves_delta(list("8", "UP_1_", &[("A", "h:1", "OUT_OF_SERVICE", "DELETED")]));
    following.next_turn().await;
    assert_eq!(following.shown(), ["B/h:2 UP"]);
    assert_eq!(registry.take_lines(), [FULL, DELTA, DELTA]);

    let fetches = following.fetches.0.lock().clone();
    assert_eq!(
        fetches.iter().map(|f| f.kind).collect::<Vec<_>>(),
        [FetchKind::Full, FetchKind::Delta, FetchKind::Delta]
    );
    assert_eq!(fetches.iter().map(|f| f.started_ms - START_MS).collect::<Vec<_>>(), [0, 30_000, 60_000]);
    assert!(fetches[0].changed.is_empty());
    assert_eq!(fetches[1].changed, [("A".to_owned(), "h:1".to_owned()), ("B".to_owned(), "h:2".to_owned())]);
    assert_eq!(shown(&fetches[1].registry), ["A/h:1 OUT_OF_SERVICE", "B/h:2 UP"], "the whole copy, delta applied");

    following.hand.advance_ms(1_000).await.unwrap();
    let last = following.client.last_fetch().unwrap();
    assert_eq!((last.kind, last.received_ms, last.age_ms), (FetchKind::Delta, START_MS + 60_000, 1_000));
    following.stop().await;
}

#[tokio::test]
async fn a_delta_whose_hash_does_not_fit_is_followed_by_the_whole_list() {
    let registry = Scripted::start().await;
    registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
    let following = Following::start(&registry, false).await;
    registry.take_lines();
    following.fetches.take_kinds();

    registry.serves_delta(list("7", "UP_5_", &[("B", "h:2", "UP", "ADDED")]));
    registry.serves_full(list("1", "UP_1_", &[("C", "h:3", "UP", "ADDED")]));
    following.next_turn().await;
    assert_eq!(registry.take_lines(), [DELTA, FULL]);
    assert_eq!(following.fetches.take_kinds(), [FetchKind::Full], "nobody sees the delta that did not fit");
    assert_eq!(following.shown(), ["C/h:3 UP"]);

    registry.serves_delta(list("8", "UP_1_", &[]));
    following.next_turn().await;
    assert_eq!(registry.take_lines(), [DELTA]);
    following.stop().await;
}

#[tokio::test]
async fn a_repeated_delta_changes_nothing() {
    let registry = Scripted::start().await;
    registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
    let following = Following::start(&registry, false).await;
    registry.serves_delta(list("7", "UP_2_", &[("B", "h:2", "UP", "ADDED"), ("Z", "h:9", "UP", "DELETED")]));
    following.next_turn().await;
    let once = following.client.registry();
    following.next_turn().await;
    assert_eq!(shown(&once), ["A/h:1 UP", "B/h:2 UP"]);
    assert_eq!(following.client.registry(), once);
    assert_eq!(registry.take_lines(), [FULL, DELTA, DELTA]);
    following.stop().await;
}

#[tokio::test]
async fn without_deltas_every_fetch_is_full() {
    for (disabled_by_us, delta_status) in [(true, 200), (false, 403), (false, 404)] {
        let registry = Scripted::start().await;
        registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
        registry.answers(DELTA, Answer::Is(delta_status, String::new()));
        let following = Following::start(&registry, disabled_by_us).await;
        following.next_turn().await;
        assert_eq!(following.fetches.take_kinds(), [FetchKind::Full, FetchKind::Full]);
        assert_eq!(registry.take_lines().contains(&DELTA.to_owned()), !disabled_by_us);
        following.stop().await;
    }
}

#[tokio::test]
async fn one_fetch_at_a_time_and_those_who_wait_share_one() {
    let registry = Scripted::start().await;
    let permits = Arc::new(Semaphore::new(0));
    let body = list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]);
    registry.answers(FULL, Answer::Held(Arc::clone(&permits), 200, body));
    let (clock, _hand) = Clock::manual(START_MS);
    let client = EurekaClient::new(ClientConfig::stock(vec![registry.url()]), clock, Vec::new()).unwrap();

    let refresh = || {
        let client = Arc::clone(&client);
        async move { client.refresh().await }
    };
    let first = tokio::spawn(refresh());
    until(|| registry.seen_count() == 1).await;
    // Polled once, so that they wait behind the first.
    let waiting: Vec<_> = (0..3).map(|_| Box::pin(refresh())).collect();
    let mut waiting = waiting;
    for refresh in &mut waiting {
        tokio::select! {
            biased;
            _ = refresh.as_mut() => panic!("the first has no answer yet"),
            () = std::future::ready(()) => {}
        }
    }
    permits.add_permits(2);
    first.await.unwrap().unwrap();
    for refresh in waiting {
        refresh.await.unwrap();
    }
    assert_eq!(registry.take_lines(), [FULL, FULL], "the first, and one for the three who waited");
    assert_eq!(shown(&client.registry()), ["A/h:1 UP"]);
}

#[tokio::test]
async fn a_full_fetch_after_a_mismatch_counts_from_its_own_request() {
    let registry = Scripted::start().await;
    let permits = Arc::new(Semaphore::new(0));
    registry.serves_full(list("1", "", &[]));
    // Real time: the manual clock stands still while an answer is awaited.
    let clock = Clock::system();
    let mut config = ClientConfig::stock(vec![registry.url()]);
    config.fetch = Some(FetchConfig { interval_ms: 1, ..FetchConfig::default() });
    registry.answers(DELTA, Answer::Held(Arc::clone(&permits), 200, list("7", "UP_9_", &[])));
    let fetches = Arc::new(Recorder::default());
    let listeners = vec![Arc::clone(&fetches) as Arc<dyn FetchListener>];
    let client = EurekaClient::new(config, clock.clone(), listeners).unwrap();
    let shutdown = Shutdown::new();
    let run = tokio::spawn(Arc::clone(&client).run(shutdown.clone()));
    until(|| registry.seen_count() == 2).await;
    let during_delta_ms = clock.now_ms();
    until(|| clock.now_ms() > during_delta_ms).await;
    permits.add_permits(1);
    until(|| fetches.0.lock().len() == 2).await;
    let full = fetches.0.lock()[1].clone();
    assert_eq!(full.kind, FetchKind::Full);
    assert!(full.started_ms > during_delta_ms, "{} is the delta's start", full.started_ms);
    shutdown.trigger();
    run.await.unwrap();
}

/// `{"applications":{"versions__delta":"1","apps__hashcode":"UP_1_",…}}` with one instance `A/h:1`, gzipped.
const GZIPPED: &[u8] = include_bytes!("one-instance.json.gz");

#[tokio::test]
async fn gzip_is_asked_for_and_understood() {
    let registry = Scripted::start().await;
    registry.answers(FULL, Answer::Gzip(200, GZIPPED));
    let following = Following::start(&registry, false).await;
    assert_eq!(following.shown(), ["A/h:1 UP"]);
    let seen = registry.take_seen();
    assert!(seen[0].headers["accept-encoding"].contains("gzip"));

    registry.answers(FULL, Answer::Gzip(200, &GZIPPED[..GZIPPED.len() / 2]));
    assert!(following.client.refresh().await.is_err());
    registry.answers(FULL, Answer::Gzip(200, b"not gzip at all"));
    assert_eq!(following.client.refresh().await.unwrap_err().kind(), FailureKind::Unparsable);
    assert_eq!(following.shown(), ["A/h:1 UP"]);
    following.stop().await;
}

/// Lets other tasks run until something is so; bounded, so that a fault shows.
async fn until(is_so: impl Fn() -> bool) {
    let waited = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waited).await.expect("it never became so");
}
