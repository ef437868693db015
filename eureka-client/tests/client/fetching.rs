use std::sync::Arc;

use eurus_client::{ClientConfig, EurekaClient, FailureKind, Fetch, FetchConfig, FetchKind, FetchListener};
use eurus_service::clock::ManualClock;
use eurus_service::{Clock, Shutdown};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::lists::{list, shown};
use crate::scripted::{Answer, Scripted};

const START_MS: i64 = 1_795_000_000_000;
const FULL: &str = "GET /eureka/apps/";
const DELTA: &str = "GET /eureka/apps/delta";

#[derive(Default)]
struct Recorder(Mutex<Vec<Fetch>>);

impl FetchListener for Recorder {
    fn fetched(&self, fetch: &Fetch) {
        self.0.lock().push(fetch.clone());
    }
}

impl Recorder {
    fn take_kinds(&self) -> Vec<FetchKind> {
        self.0.lock().drain(..).map(|fetch| fetch.kind).collect()
    }
}

struct Following {
    hand: ManualClock,
    client: Arc<EurekaClient>,
    fetches: Arc<Recorder>,
    shutdown: Shutdown,
    run: JoinHandle<()>,
}

impl Following {
    /// The first fetch is over when this returns.
    async fn start(registry: &Scripted, disable_delta: bool) -> Self {
        let (clock, hand) = Clock::manual(START_MS);
        let mut config = ClientConfig::stock(vec![registry.url()]);
        config.fetch = Some(FetchConfig { interval_ms: 30_000, disable_delta, ..FetchConfig::default() });
        let fetches = Arc::new(Recorder::default());
        let client = EurekaClient::new(config, clock, vec![Arc::clone(&fetches) as Arc<dyn FetchListener>]).unwrap();
        let shutdown = Shutdown::new();
        let run = tokio::spawn(Arc::clone(&client).run(shutdown.clone()));
        hand.settle().await.unwrap();
        Self { hand, client, fetches, shutdown, run }
    }

    async fn next_turn(&self) {
        self.hand.advance_ms(30_000).await.unwrap();
        self.hand.settle().await.unwrap();
    }

    fn shown(&self) -> Vec<String> {
        shown(&self.client.registry())
    }

    async fn stop(self) {
        self.shutdown.trigger();
        self.run.await.unwrap();
    }
}

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
async fn after_a_failed_full_fetch_the_next_is_full_again() {
    let registry = Scripted::start().await;
    registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
    let following = Following::start(&registry, false).await;
    registry.take_lines();

    registry.serves_delta(list("7", "UP_5_", &[]));
    registry.answers(FULL, Answer::Is(503, "busy".into()));
    following.next_turn().await;
    assert_eq!(registry.take_lines(), [DELTA, FULL]);
    assert_eq!(following.shown(), ["A/h:1 UP"], "the last known good copy");
    registry.serves_full(list("1", "UP_1_", &[("C", "h:3", "UP", "ADDED")]));
    following.next_turn().await;
    assert_eq!(registry.take_lines(), [FULL]);
    assert_eq!(following.shown(), ["C/h:3 UP"]);

    registry.answers(FULL, Answer::Is(503, "busy".into()));
    assert!(following.client.refresh().await.is_err());
    following.next_turn().await;
    assert_eq!(registry.take_lines(), [FULL, FULL], "one that was asked for by hand counts as well");
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
async fn while_the_registry_is_away_the_last_known_good_copy_stays() {
    let registry = Scripted::start().await;
    registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
    let following = Following::start(&registry, false).await;
    registry.die().await;
    following.next_turn().await;
    following.next_turn().await;
    assert_eq!(following.shown(), ["A/h:1 UP"]);
    let away = following.client.health().fetch_away.unwrap();
    assert_eq!((away.failures, away.since_ms, away.last_error.kind()), (2, START_MS + 30_000, FailureKind::Away));
    assert!(away.last_error.to_string().contains(&registry.url()), "{}", away.last_error);
    assert_eq!(following.client.last_fetch().unwrap().age_ms, 60_000);

    registry.revive();
    registry.serves_delta(list("7", "UP_2_", &[("B", "h:2", "UP", "ADDED")]));
    following.next_turn().await;
    assert_eq!(following.client.health().fetch_away, None);
    assert_eq!(following.shown(), ["A/h:1 UP", "B/h:2 UP"]);
    following.stop().await;
}

#[tokio::test]
async fn a_registry_that_is_away_at_the_start_is_asked_again_soon() {
    let registry = Scripted::start().await;
    registry.die().await;
    let following = Following::start(&registry, false).await;
    assert!(following.shown().is_empty());
    assert_eq!(following.client.last_fetch(), None);
    registry.revive();
    registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
    following.hand.advance_ms(1_000).await.unwrap();
    following.hand.settle().await.unwrap();
    assert_eq!(following.shown(), ["A/h:1 UP"]);
    following.stop().await;
}

#[tokio::test]
async fn a_malformed_body_keeps_the_old_copy() {
    let registry = Scripted::start().await;
    registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
    let following = Following::start(&registry, false).await;
    for body in ["<html>Sign in</html>", "{\"applications\":{", "", "[]"] {
        registry.serves_delta(body);
        registry.serves_full(body);
        following.next_turn().await;
        assert_eq!(following.shown(), ["A/h:1 UP"], "after {body}");
        let away = following.client.health().fetch_away.unwrap();
        assert_eq!(away.last_error.kind(), FailureKind::Unparsable);
    }
    registry.take_lines();
    registry.serves_delta("<html>");
    registry.serves_full(list("1", "UP_1_", &[("C", "h:3", "UP", "ADDED")]));
    following.next_turn().await;
    assert_eq!((registry.take_lines(), following.shown()), (vec![FULL.to_owned()], vec!["C/h:3 UP".to_owned()]));
    following.next_turn().await;
    assert_eq!(registry.take_lines(), [DELTA, FULL], "a delta that cannot be read: the whole list at once");
    following.stop().await;
}

/// A registry that restarted without a memory: its hash does not fit, its list is empty, then fills again.
#[tokio::test]
async fn a_registry_that_suddenly_shows_no_service_is_not_believed_at_once() {
    let registry = Scripted::start().await;
    registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
    let following = Following::start(&registry, false).await;
    registry.take_lines();
    following.fetches.take_kinds();

    registry.serves_delta(list("1", "", &[]));
    registry.serves_full(list("1", "", &[]));
    for turn in 0..3 {
        following.next_turn().await;
        assert_eq!(following.shown(), ["A/h:1 UP"], "turn {turn}");
        let expected: &[&str] = if turn == 0 { &[DELTA, FULL] } else { &[FULL] };
        assert_eq!(registry.take_lines(), expected, "one request a turn");
    }
    following.client.refresh().await.unwrap();
    assert_eq!(following.fetches.take_kinds(), [], "what is not believed is not told");
    assert_eq!(following.client.last_fetch().unwrap().age_ms, 90_000);

    registry.serves_full(list("2", "UP_1_", &[("B", "h:2", "UP", "ADDED")]));
    registry.serves_delta(list("2", "UP_1_", &[]));
    following.next_turn().await;
    assert_eq!(
        (following.shown(), following.fetches.take_kinds()),
        (vec!["B/h:2 UP".to_owned()], vec![FetchKind::Full])
    );
    registry.take_lines();
    following.next_turn().await;
    assert_eq!(registry.take_lines(), [DELTA]);
    following.stop().await;
}

#[tokio::test]
async fn a_registry_that_goes_on_showing_no_service_is_believed_after_all() {
    for disable_delta in [true, false] {
        let registry = Scripted::start().await;
        registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
        let following = Following::start(&registry, disable_delta).await;
        registry.serves_delta(list("1", "", &[]));
        registry.serves_full(list("1", "", &[]));
        following.next_turn().await;
        following.hand.advance_ms(FetchConfig::default().keep_last_on_empty_ms - 30_000).await.unwrap();
        assert_eq!(following.shown(), ["A/h:1 UP"]);
        following.next_turn().await;
        assert!(following.shown().is_empty());
        following.stop().await;
    }
}

/// It says who has left: a registry without a memory could not.
#[tokio::test]
async fn a_delta_that_takes_the_last_service_out_is_believed_at_once() {
    let registry = Scripted::start().await;
    registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
    let following = Following::start(&registry, false).await;
    registry.serves_delta(list("2", "", &[("A", "h:1", "UP", "DELETED")]));
    following.next_turn().await;
    assert!(following.shown().is_empty());
    following.stop().await;
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
