//! After a downline, copies that are older than it still arrive: none may bring the instance back. Each case is run
//! a second time with the fetch listener off, where it must come back: so the proof can fail.

use compat_tests::Failure;
use compat_tests::link::Fault;
use compat_tests::scene::Scene;

const CHOSEN: usize = 1;
/// Just after a tick of the read-only cache (80 s) and a fetch (90 s): the next tick comes at 110 s, the next fetch at
/// 120 s. With ticks held back by a stale cache in between, what the fetch brings is older than the downline.
const OFFLINE_AT_MS: i64 = 111_000;
const FETCH_AT_MS: i64 = 120_000;

/// What makes the fetch at 120 s bring an old copy.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stale {
    /// The delta of the read-only cache of 110 s, which says ADDED, UP.
    Delta,
    /// The delta's hash is wrong, and the full fetch is answered by the read-only cache of 110 s.
    FullAfterHashMismatch,
    /// The fetch begins before the downline and its answer arrives after it.
    FetchUnderWay,
}

/// Whether the instance is called once the stale copy has arrived.
async fn is_called_after(stale: Stale, listener_on: bool) -> Result<bool, Failure> {
    let scene = Scene::start_with(|gateway, _| gateway.fetch_listener_enabled = listener_on).await?;
    let chosen = &scene.producers[CHOSEN];
    if stale == Stale::FetchUnderWay {
        scene.move_to_ms(FETCH_AT_MS - 5_000).await?;
        scene.link.set("apps/delta", Fault::Held);
        scene.link.set("/apps", Fault::Held);
        let hand = scene.hand.clone();
        let moving = tokio::spawn(async move { hand.advance_ms(5_000).await });
        scene.link.wait_until_held().await;
        scene.offline(chosen).await?;
        assert!(!scene.is_called(chosen).await?, "it is out at once, whatever comes later");
        scene.link.set("apps/delta", Fault::None);
        scene.link.set("/apps", Fault::None);
        scene.link.release();
        moving.await.map_err(|error| Failure::new(error.to_string()))??;
    } else {
        scene.move_to_ms(OFFLINE_AT_MS).await?;
        scene.offline(chosen).await?;
        assert!(!scene.is_called(chosen).await?, "it is out at once, whatever comes later");
        if stale == Stale::FullAfterHashMismatch {
            scene.link.set("apps/delta", Fault::WrongHash);
        }
        scene.move_to_ms(FETCH_AT_MS).await?;
    }
    // A heartbeat of the same moment may come before or after the fetch.
    let seen = scene.link.seen();
    let last_fetch = seen.iter().rfind(|line| line.starts_with("GET "));
    let fetched_full = last_fetch.is_some_and(|line| !line.ends_with("apps/delta"));
    assert_eq!(fetched_full, stale == Stale::FullAfterHashMismatch, "{:?}", scene.link.seen());
    assert_eq!(scene.registry_status(chosen).await?, "OUT_OF_SERVICE");
    let called = scene.is_called(chosen).await?;
    scene.stack.stop().await?;
    Ok(called)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_delta_does_not_bring_it_back() {
    assert!(!is_called_after(Stale::Delta, true).await.unwrap());
    assert!(is_called_after(Stale::Delta, false).await.unwrap(), "without the listener it must come back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hash_mismatch_and_a_stale_full_fetch_do_not_bring_it_back() {
    assert!(!is_called_after(Stale::FullAfterHashMismatch, true).await.unwrap());
    assert!(
        is_called_after(Stale::FullAfterHashMismatch, false).await.unwrap(),
        "without the listener it must come back"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fetch_under_way_does_not_bring_it_back() {
    assert!(!is_called_after(Stale::FetchUnderWay, true).await.unwrap());
    assert!(is_called_after(Stale::FetchUnderWay, false).await.unwrap(), "without the listener it must come back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_stays_out_for_minutes_and_the_mark_ends_when_a_copy_confirms_it() {
    let scene = Scene::start().await.unwrap();
    let chosen = &scene.producers[CHOSEN];
    scene.move_to_ms(OFFLINE_AT_MS).await.unwrap();
    scene.offline(chosen).await.unwrap();
    for minute in 0..6 {
        assert!(!scene.is_called(chosen).await.unwrap(), "minute {minute}");
        scene.let_pass_ms(60_000).await.unwrap();
    }
    let marks = scene.get(&format!("{}/down-service-cache", scene.gateway.admin)).await.unwrap();
    assert_eq!(marks["marks"].as_array().map(Vec::len), Some(0), "{marks}");
    assert_eq!(scene.listed(chosen).await.unwrap().status, "OUT_OF_SERVICE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn online_brings_it_back_at_once_and_a_stale_copy_does_not_take_it_out_again() {
    let scene = Scene::start().await.unwrap();
    let chosen = &scene.producers[CHOSEN];
    scene.move_to_ms(OFFLINE_AT_MS).await.unwrap();
    scene.offline(chosen).await.unwrap();
    // A tick at 140 s takes the downline into the cache; the online comes just after it.
    scene.move_to_ms(141_000).await.unwrap();
    scene.online(chosen).await.unwrap();
    assert!(scene.is_called(chosen).await.unwrap(), "at once");
    assert_eq!(scene.registry_status(chosen).await.unwrap(), "UP");
    for _ in 0..12 {
        scene.let_pass_ms(10_000).await.unwrap();
        assert!(scene.is_called(chosen).await.unwrap(), "at {} ms", scene.hand.now_ms());
    }
}
