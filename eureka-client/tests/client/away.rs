//! Fetches that fail: the last known good copy stays.

use eurus_client::FailureKind;

use crate::following::{DELTA, FULL, Following, START_MS};
use crate::lists::list;
use crate::scripted::{Answer, Scripted};

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
