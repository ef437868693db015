//! `watch` over time: connections that break, a server without events, one that says nothing. On a manual clock.

use clap::Parser;
use eurus::downline::{self, Exit, WatchArgs};
use eurus_service::Clock;
use serde_json::json;

use crate::scripted::entry;
use crate::support::{EVENT_BOUND, Scene, Scripted, eurus};

#[derive(Parser)]
struct Watch {
    #[command(flatten)]
    arguments: WatchArgs,
}

/// Longer than any wait before something is tried again, shorter than the silence after which a connection is looked behind.
const RETRIES: i64 = 10_000;
const SILENCE: i64 = 60_000;
/// After which a watch that has not ended never will.
const NEVER_MS: i64 = 3_600_000;

/// Watches to its end. Time passes when somebody waits for at most `pass_ms`: longer waits are for what a socket may still
/// bring.
async fn watch(words: &str, server: &Scripted, pass_ms: i64) -> Exit {
    let line = format!("watch {words} --url {}", server.url);
    let arguments = Watch::try_parse_from(line.split(' ')).unwrap().arguments;
    let (clock, hand) = Clock::manual(0);
    let watching = tokio::spawn(downline::watch(arguments, clock.clone()));
    let time_passes = async {
        while clock.now_ms() < NEVER_MS {
            let wait_ms = hand.next_deadline_ms().map(|at_ms| at_ms - clock.now_ms());
            if let Some(wait_ms) = wait_ms.filter(|wait_ms| *wait_ms <= pass_ms) {
                hand.advance_ms(wait_ms).await.unwrap();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        exit = watching => exit.unwrap(),
        _ = tokio::time::timeout(EVENT_BOUND, time_passes) => panic!("it does not end: {:?}", server.lines()),
    }
}

fn event(state: &str, retrying: bool) -> String {
    format!("event: entry\ndata: {}\n\n", entry(state, retrying))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_is_opened_again() {
    let scenes = vec![
        Scene::events(&event("recorded", false)),
        Scene::json(503, &json!({"error": "busy", "message": "too many listeners"})),
        Scene::events(&(event("partial", true) + ": awake\n\n" + &event("partial", true))),
        Scene::open_events(&event("done", false)),
    ];
    let server = Scripted::start(scenes);
    let exit = watch("offline-7", &server, RETRIES).await;
    assert_eq!((exit, server.lines()), (Exit::Done, vec!["GET /offline/offline-7/events".to_owned(); 4]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_events_is_asked_again_and_again() {
    for no_events in [
        Scene::json(404, &json!({"error": "no-such-path", "message": "not served here"})),
        Scene::json(405, &json!({"error": "no-such-method", "message": "GET is"})),
        Scene::json(200, &entry("partial", true)),
    ] {
        let looks = [Scene::json(200, &entry("partial", true)), Scene::json(200, &entry("partial", false))];
        let server = Scripted::start([no_events].into_iter().chain(looks).collect());
        let exit = watch("offline-7", &server, RETRIES).await;
        let expected = ["GET /offline/offline-7/events", "GET /offline/offline-7", "GET /offline/offline-7"];
        assert_eq!((exit, server.lines()), (Exit::Partial, expected.map(str::to_owned).to_vec()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_connection_is_looked_behind() {
    let scenes = vec![Scene::open_events(&event("partial", true)), Scene::json(200, &entry("done", false))];
    let server = Scripted::start(scenes);
    let exit = watch("offline-7", &server, SILENCE).await;
    assert_eq!(exit, Exit::Done);
    assert_eq!(server.lines(), ["GET /offline/offline-7/events", "GET /offline/offline-7"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_to_watch_and_patience_have_an_end() {
    let server = Scripted::start(vec![Scene::open_events(&event("partial", true))]);
    let exit = watch("offline-7 --timeout 20s", &server, SILENCE).await;
    assert_eq!(exit, Exit::Partial);

    let server = Scripted::start(vec![Scene::json(503, &json!({"error": "busy", "message": "full"}))]);
    let exit = watch("offline-7", &server, RETRIES).await;
    assert_eq!((exit, server.lines().len()), (Exit::Failed, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_end_the_entry_is_still_shown() {
    // Whoever comes late hears only that it is over.
    let scenes = vec![Scene::events("event: end\ndata: {}\n\n"), Scene::json(200, &entry("failed", false))];
    let server = Scripted::start(scenes);
    let said = eurus(&format!("watch offline-7 --url {}", server.url), &[]).await;
    said.expect(1, &["offline-7 failed"], &["no gateway was told"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_is_a_line_of_json() {
    let events = event("recorded", false) + &event("recorded", false) + &event("done", false);
    let server = Scripted::start(vec![Scene::events(&events)]);
    let said = eurus(&format!("watch offline-7 --json --url {}", server.url), &[]).await.expect(0, &[], &[]);
    let lines: Vec<serde_json::Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, [entry("recorded", false), entry("done", false)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_rolling_one_waits_for_is_said_once() {
    const WHY: &str = "the next share waits: 1 of A is UP besides it, 2 must be";
    let (mut rolling, mut recorded) = (entry("rolling", true), entry("recorded", false));
    rolling["note"] = json!(WHY);
    recorded["note"] = json!("taken in");
    let events = [&recorded, &rolling, &rolling].map(|entry| format!("event: entry\ndata: {entry}\n\n")).concat();
    let events = events + &event("rolling", true) + &event("done", false);
    let scenes = || vec![Scene::json(202, &recorded), Scene::events(&events)];

    let server = Scripted::start(scenes()[1..].to_vec());
    let watched = eurus(&format!("watch offline-7 --url {}", server.url), &[]).await.expect(0, &[WHY], &[]);
    assert_eq!((watched.out.matches(WHY).count(), watched.err.as_str()), (1, ""), "{watched:?}");

    // Its result is at the end; why it takes so long is no result.
    let server = Scripted::start(scenes());
    let line = format!("offline --app A --rolling 50% --url {}", server.url);
    let rolled =
        eurus(&line, &[]).await.expect(0, &["offline-7 done"], &["eurus: offline-7: the next share waits: 1 of A"]);
    assert!(rolled.err.matches(WHY).count() == 1 && !rolled.out.contains(WHY), "{rolled:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_is_not_asked_again() {
    let server = Scripted::start(vec![Scene::json(404, &json!({"error": "no-such-entry", "message": "none"}))]);
    let exit = watch("offline-7", &server, RETRIES).await;
    server.until_asked(1).await;
    assert_eq!((exit, server.lines().len()), (Exit::Failed, 1));
}
