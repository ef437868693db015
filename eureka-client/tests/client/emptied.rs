//! A registry that shows no service any more: when it is believed.

use eurus_client::{FetchConfig, FetchKind};

use crate::following::{DELTA, FULL, Following};
use crate::lists::list;
use crate::scripted::Scripted;

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
